"""`livexec replay`: days of a strategy's signals worked by the unchanged core over recorded windows of the market."""

from app.replay.job import run_replay
from app.replay.pools import pool_of
from app.replay.spec import PREFIX, ReplaySpec, read_days

__all__ = ["PREFIX", "ReplaySpec", "pool_of", "read_days", "run_replay"]
