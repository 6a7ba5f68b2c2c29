"""Limits in one key of Redis, and a channel of the same name that tells when it was written.

The key is what counts: a message of the channel can be lost, a key that is read again cannot.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator
from dataclasses import asdict
from typing import Any, Final

import orjson
from redis.asyncio import Redis
from redis.exceptions import RedisError

from ports.errors import JournalCorruptError, LimitsChannelError
from ports.facts import LimitsSet, decode_fact, kind_of, version_of
from ports.secrets import Secret
from ports.shared_limits import SharedLimits
from ports.values import plain

LOOK_S: Final = 5.0  # how long the key goes unread where no message comes
_CONNECT_S: Final = 3.0
_ANSWER_S: Final = 5.0
_LONGEST: Final = 4_000_000  # bytes of a document; a larger one is not ours


class RedisLimits:
    """One key of one Redis; implements `ports.shared_limits.LimitsChannel`."""

    def __init__(self, url: Secret, key: str, look_s: float = LOOK_S) -> None:
        self._key = key
        self._look_s = look_s
        self._redis = Redis.from_url(
            url.reveal(), socket_connect_timeout=_CONNECT_S, socket_timeout=_ANSWER_S + look_s, protocol=2
        )

    async def put(self, shared: SharedLimits) -> None:
        """See `LimitsChannel.put`."""
        try:
            await self._redis.set(self._key, _written(shared))
            await self._redis.publish(self._key, b"new")
        except (RedisError, OSError) as trouble:
            raise _away("write", trouble) from trouble

    async def follow(self) -> AsyncGenerator[SharedLimits]:
        """See `LimitsChannel.follow`."""
        news = self._redis.pubsub()
        try:
            await news.subscribe(self._key)  # before the key is read: what is put between is told
            while True:
                found = await self._redis.get(self._key)
                if found is not None:
                    yield _read(found if isinstance(found, bytes) else found.encode())
                await self._until_told(news)
        except (RedisError, OSError) as trouble:
            raise _away("follow", trouble) from trouble
        finally:
            await news.aclose()  # type: ignore[no-untyped-call]  # redis-py has no types there

    async def ping(self) -> None:
        """See `LimitsChannel.ping`."""
        try:
            await self._redis.get(self._key)
        except (RedisError, OSError) as trouble:
            raise _away("read", trouble) from trouble

    async def close(self) -> None:
        """See `LimitsChannel.close`."""
        await self._redis.aclose()

    async def _until_told(self, news: Any) -> None:
        """Wait for a message that is one, or until it is time to look without any."""
        while True:
            told = await news.get_message(ignore_subscribe_messages=False, timeout=self._look_s)
            if told is None or told["type"] == "message":
                return


def _written(shared: SharedLimits) -> bytes:
    fact = shared.fact
    document = {
        "origin": shared.origin,
        "sequence": shared.sequence,
        "kind": kind_of(fact),
        "version": version_of(fact),
        "body": asdict(fact),
    }
    return orjson.dumps(document, default=plain)


def _read(text: bytes) -> SharedLimits:
    """Read a document; whoever else writes that key may have written anything.

    Raises:
        LimitsChannelError: it is none of ours.
    """
    try:
        if len(text) > _LONGEST:
            raise ValueError(f"{len(text)} bytes")
        document = orjson.loads(text)
        fact = decode_fact(document["kind"], document["version"], document["body"])
        if not isinstance(fact, LimitsSet):
            raise TypeError(kind_of(fact))
        return SharedLimits(origin=str(document["origin"]), sequence=int(document["sequence"]), fact=fact)
    except (JournalCorruptError, KeyError, TypeError, ValueError) as strange:
        raise LimitsChannelError(
            f"redis: what the key holds is no document of limits ({type(strange).__name__})"
        ) from strange


def _away(doing: str, trouble: Exception) -> LimitsChannelError:
    # The kind alone: an address in its text may carry a password.
    return LimitsChannelError(f"redis: {doing} limits: {type(trouble).__name__}")
