"""Redis: limits told to other processes of ours."""

from adapters.redis.limits import RedisLimits

__all__ = ["RedisLimits"]
