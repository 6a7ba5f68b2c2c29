"""Whether the places that the service keeps things in answer, how fast, and when they were last written."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from functools import partial
from importlib.metadata import version
from pathlib import Path
from platform import python_version
from typing import Final

from adapters.doors.service import StoreView
from app.buckets import Bucket, Opened, Reach, name_of, open_bucket
from app.settings import Settings
from ports.errors import LivexecError
from ports.execution import FactFeed
from ports.journal import JournalReader
from ports.object_store import ObjectStore
from ports.shared_limits import LimitsChannel

_EVERY_S: Final = 15.0
_WITHIN_S: Final = 10.0
_LOOK_EVERY_S: Final = 300.0  # for what was written last: a listing, which is dear
_LISTED: Final = 1_000

type Ask = Callable[[], Awaitable[int]]  # raises where nobody answers; returns when it was last written, 0: not known


class StoreWatch:
    """Asks every place again and again, each within a bound, and remembers what it said."""

    def __init__(self, places: Sequence[tuple[StoreView, Ask | None]]) -> None:
        """Take every place as it is before it was asked, and how to ask; None: there is nothing to ask."""
        self._asks = {view.name: ask for view, ask in places}
        self._seen = {view.name: view for view, _ in places}

    def seen(self) -> Sequence[StoreView]:
        """Return every place as it was when it was asked last."""
        return list(self._seen.values())

    async def run(self) -> None:
        """Ask until cancelled."""
        while True:
            await self.look()
            await asyncio.sleep(_EVERY_S)

    async def look(self) -> None:
        """Ask every place once."""
        for name, ask in self._asks.items():
            if ask is not None:
                self._seen[name] = await _asked(self._seen[name], ask)


async def _asked(before: StoreView, ask: Ask) -> StoreView:
    began_ns = time.monotonic_ns()
    try:
        async with asyncio.timeout(_WITHIN_S):
            written_ns = await ask()
    except (LivexecError, OSError) as trouble:  # a time-out is one
        words = str(trouble) or f"no answer in {_WITHIN_S:.0f} s"
        return replace(before, state="AWAY", detail=words, asked_ns=time.time_ns())
    return replace(
        before,
        state="ANSWERS",
        detail="",
        latency_us=(time.monotonic_ns() - began_ns) // 1_000,
        last_write_ns=written_ns or before.last_write_ns,
        asked_ns=time.time_ns(),
    )


def watched_stores(
    settings: Settings, journal: JournalReader, feed: FactFeed, channel: LimitsChannel | None
) -> StoreWatch:
    """Return a watch over the database, the buckets, and Redis where limits go through it."""
    is_postgres = settings.database.url is not None and settings.database.url.reveal().startswith("postgres")
    database = StoreView(name="database", kind="PostgreSQL" if is_postgres else "SQLite")
    redis = StoreView(name="redis", kind=f"limits: {settings.redis.limits}", state="NOT_CONFIGURED")
    buckets = [(bucket, open_bucket(settings, name_of(settings, bucket))) for bucket in Bucket]
    return StoreWatch(
        [
            (database, partial(_ask_journal, journal, feed)),
            *[_bucket(settings, bucket, opened) for bucket, opened in buckets],
            (redis, None) if channel is None else (replace(redis, state="NOT_ASKED"), partial(_ask_redis, channel)),
        ]
    )


def versions() -> dict[str, str]:
    """Return what the service is made of, by name."""
    return {"python": python_version(), **{name: version(name) for name in ("nautilus_trader", "sqlalchemy", "grpcio")}}


def _bucket(settings: Settings, bucket: Bucket, opened: Opened) -> tuple[StoreView, Ask]:
    view = StoreView(name=f"bucket {bucket}", kind=str(opened.reach), place=opened.where)
    folder = Path(opened.where) if opened.reach in (Reach.FOLDER, Reach.MOUNT) else None
    written_under = f"{settings.gcs.live_results_prefix}/" if bucket is Bucket.EXECUTION else ""
    return view, _AskBucket(opened.store, folder, written_under)


class _AskBucket:
    """Asks one bucket; of that which we write, also what was written last."""

    def __init__(self, store: ObjectStore, folder: Path | None, written_under: str) -> None:
        self._store = store
        self._folder = folder
        self._written_under = written_under
        self._look_at_s = 0.0

    async def __call__(self) -> int:
        if self._folder is None:
            await self._store.list("", limit=1)
        elif not await asyncio.to_thread(self._folder.is_dir):
            if not await asyncio.to_thread(self._folder.parent.is_dir):
                raise FileNotFoundError("the folder is not there")
            return 0  # it is made by the first write
        if not self._written_under or time.monotonic() < self._look_at_s:
            return 0
        self._look_at_s = time.monotonic() + _LOOK_EVERY_S
        found = await self._store.list(self._written_under, limit=_LISTED)
        return max([each.written_ns for each in found], default=0)


async def _ask_journal(journal: JournalReader, feed: FactFeed) -> int:
    newest = await journal.read(max(feed.sequence - 1, 0), 1)
    return newest[0].ts_ns if newest else 0


async def _ask_redis(channel: LimitsChannel) -> int:
    await channel.ping()
    return 0
