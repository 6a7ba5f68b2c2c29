"""What /status says of the places that things are kept in: answering, away, and never the one for the other."""

from __future__ import annotations

from pathlib import Path

from adapters.doors.service import StoreView
from app.settings import Settings
from app.store_watch import StoreWatch, watched_stores
from ports.errors import LimitsChannelError

from fakes.gateway import MemoryService
from fakes.journal import MemoryJournal


async def test_who_answers_and_who_does_not_is_told_apart() -> None:
    answers: list[int | Exception] = [7, LimitsChannelError("redis: read limits: ConnectionError"), 0]

    async def ask() -> int:
        said = answers.pop(0)
        if isinstance(said, Exception):
            raise said
        return said

    watch = StoreWatch([(StoreView(name="redis", kind="limits"), ask), (StoreView(name="other", kind=""), None)])
    seen = []
    for _ in range(3):
        await watch.look()
        (redis, other) = watch.seen()
        seen.append((redis.state, redis.detail, redis.last_write_ns))
        assert other.state == "NOT_ASKED"
    # What was written last is still known when the place is away, and when it does not say.
    assert seen == [("ANSWERS", "", 7), ("AWAY", "redis: read limits: ConnectionError", 7), ("ANSWERS", "", 7)]


async def test_the_database_every_bucket_and_redis_are_told_of(tmp_path: Path) -> None:
    written = tmp_path / "store/live_results/RUN/summary.json"
    written.parent.mkdir(parents=True)
    written.write_text("{}")
    journal = MemoryJournal()
    await journal.open()
    watch = watched_stores(Settings(state_dir=tmp_path), journal, MemoryService(), None)
    await watch.look()
    told = {each.name: each for each in watch.seen()}
    assert {name: each.state for name, each in told.items()} == {
        "database": "ANSWERS",
        **dict.fromkeys(("bucket instruments", "bucket market_data", "bucket execution"), "ANSWERS"),
        "redis": "NOT_CONFIGURED",
    }
    assert told["database"].kind == "SQLite"
    assert told["bucket execution"].last_write_ns == written.stat().st_mtime_ns
    assert told["bucket market_data"].last_write_ns == 0
