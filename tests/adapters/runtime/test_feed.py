"""Following the committed journal."""

import asyncio
from collections.abc import Sequence
from itertools import pairwise

import pytest

from adapters.runtime import CommittedFeed, Follower
from adapters.runtime import feed as feed_module
from ports.errors import JournalUnavailableError
from ports.facts import OrderTombstoned
from ports.journal import Entry
from ports.values import OperationId

from fakes.journal import MemoryJournal
from fakes.rig import Rig
from fakes.scribe import TESTER, submit
from fakes.telemetry import RecordingTelemetry
from fakes.virtual_loop import pause, turns, within


def entry(seq: int) -> Entry:
    fact = OrderTombstoned(operation_id=OperationId(f"o{seq}"), principal=TESTER, reason="", requested_ns=seq)
    return Entry(seq=seq, ts_ns=seq, epoch=1, actor="test", cause="", fact=fact)


class Writer:
    """A journal and its feed, written to directly."""

    def __init__(self) -> None:
        self.journal = MemoryJournal()
        self.feed = CommittedFeed(self.journal)
        self._seq = 0

    async def open(self) -> "Writer":
        await self.journal.open()
        return self

    async def write(self, count: int) -> None:
        entries = [entry(seq) for seq in range(self._seq + 1, self._seq + count + 1)]
        await self.journal.append(entries)
        self.feed.publish(entries)
        self._seq += count

    async def followed(self, after_seq: int) -> list[int]:
        """Everything a follower sees from there until the feed is closed."""
        return [one.seq async for batch in self.feed.follow(after_seq) for one in batch]


class Table:
    """A projection in memory that can be made to fail."""

    def __init__(self) -> None:
        self.seen: list[int] = []
        self.troubles: list[Exception] = []

    async def cursor(self) -> int:
        return self.seen[-1] if self.seen else 0

    async def take(self, entries: Sequence[Entry]) -> None:
        await asyncio.sleep(0)
        if self.troubles:
            raise self.troubles.pop(0)
        self.seen.extend([one.seq for one in entries])

    async def clear(self) -> None:
        self.seen.clear()


@pytest.mark.parametrize("after_seq", [0, 1, 49, 50, 51, 99])
async def test_from_any_place_there_is_no_hole_and_no_repeat(after_seq: int) -> None:
    writer = await Writer().open()
    await writer.write(50)
    following = asyncio.create_task(writer.followed(after_seq))
    for _ in range(10):
        await turns(2)
        await writer.write(5)
    writer.feed.close()
    assert await following == list(range(after_seq + 1, 101))


async def test_a_slow_reader_reads_from_the_store_what_memory_no_longer_has(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(feed_module, "_KEPT", 10)
    writer = await Writer().open()
    seen: list[int] = []

    async def slowly() -> None:
        async for batch in writer.feed.follow(0):
            seen.extend([one.seq for one in batch])
            await pause(1)

    reading = asyncio.create_task(slowly())
    for _ in range(200):
        await writer.write(3)
        await pause(0.1)
    writer.feed.close()
    await within(600, reading)
    assert seen == list(range(1, 601))


async def test_the_feed_keeps_a_bounded_number_of_entries_in_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(feed_module, "_KEPT", 10)
    writer = await Writer().open()
    await writer.write(15)
    await writer.write(100)
    writer.journal.away = True
    from_memory = asyncio.create_task(writer.followed(105))
    await turns()
    writer.feed.close()
    assert await from_memory == list(range(106, 116))
    with pytest.raises(JournalUnavailableError):
        await writer.followed(90)


async def test_a_slow_reader_never_holds_the_writer_up() -> None:
    async with Rig() as rig:
        stuck = rig.feed.follow(0)
        await anext(stuck)  # and never asks again
        await asyncio.gather(*[rig.host.ask(submit(f"o{number}")) for number in range(100)])
        assert rig.feed.sequence == 101
        assert [one.seq for one in await anext(stuck)] == list(range(2, 102))  # it lost nothing either


async def test_a_follower_has_everything_before_a_close_ends_it() -> None:
    writer = await Writer().open()
    following = asyncio.create_task(writer.followed(0))
    await turns()
    await writer.write(2_500)
    writer.feed.close()
    assert await following == list(range(1, 2_501))
    assert await writer.followed(2_500) == []


async def test_nobody_reads_ahead_of_what_was_confirmed() -> None:
    writer = await Writer().open()
    await writer.write(3)
    writer.feed.begin_at(3)  # nothing in memory: a reader must go to the store
    await writer.journal.append([entry(4)])  # durable, but not yet told to anybody
    writer.feed.close()
    assert await writer.followed(0) == [1, 2, 3]


async def test_a_projection_in_trouble_is_tried_again_from_where_it_stands() -> None:
    writer, table, telemetry = await Writer().open(), Table(), RecordingTelemetry()
    following = asyncio.create_task(Follower("table", table, writer.feed, (OSError,), telemetry).run())
    await writer.write(5)
    await turns()
    table.troubles = [OSError("disk"), OSError("disk"), JournalUnavailableError("store")]
    await writer.write(5)
    await pause(60)
    assert table.seen == list(range(1, 11))
    assert [details["retry_s"] for details in telemetry.noted("projection.stalled")] == [0.1, 0.2, 0.4]
    writer.feed.close()
    await within(1, following)


async def test_a_projection_that_recovered_is_patient_anew() -> None:
    writer, table, telemetry = await Writer().open(), Table(), RecordingTelemetry()
    following = asyncio.create_task(Follower("table", table, writer.feed, (OSError,), telemetry).run())
    for _ in range(3):
        table.troubles = [OSError("disk")]
        await writer.write(1)
        await pause(10)
    assert [details["retry_s"] for details in telemetry.noted("projection.stalled")] == [0.1] * 3
    writer.feed.close()
    await within(1, following)


async def test_a_defect_of_a_projection_is_not_hidden() -> None:
    writer, table = await Writer().open(), Table()
    following = asyncio.create_task(Follower("table", table, writer.feed, (OSError,), RecordingTelemetry()).run())
    table.troubles = [ZeroDivisionError()]
    await writer.write(1)
    with pytest.raises(ZeroDivisionError):
        await within(60, following)


async def test_a_follower_that_begins_while_the_store_is_away_catches_up() -> None:
    writer, table = await Writer().open(), Table()
    await writer.write(10)
    writer.feed.begin_at(10)
    writer.journal.away = True
    following = asyncio.create_task(Follower("table", table, writer.feed, (), RecordingTelemetry()).run())
    await pause(100)
    assert table.seen == []
    writer.journal.away = False
    await pause(11)
    assert table.seen == list(range(1, 11))
    writer.feed.close()
    await within(1, following)


async def test_many_readers_are_woken_in_turns_and_miss_nothing() -> None:
    writer = await Writer().open()
    seen: list[list[int]] = [[] for _ in range(50)]
    batches = [0] * 50

    async def reader(place: int) -> None:
        async for batch in writer.feed.follow(0):
            batches[place] += 1
            seen[place] += [one.seq for one in batch]

    reading = [asyncio.create_task(reader(place)) for place in range(50)]
    await turns()
    for _ in range(100):
        await writer.write(1)
        await pause(0.0002)
    writer.feed.close()
    await asyncio.wait(reading)
    assert all(one == list(range(1, 101)) for one in seen)
    assert max(batches) < 20


async def test_of_many_readers_only_some_are_woken_in_one_turn_of_the_loop() -> None:
    writer = await Writer().open()
    heard = 0

    async def reader() -> None:
        nonlocal heard
        async for _ in writer.feed.follow(0):
            heard += 1

    reading = [asyncio.create_task(reader()) for _ in range(50)]
    await turns()
    await writer.write(1)
    after: list[int] = []
    for _ in range(10):
        await pause(0.001)
        after.append(heard)
    writer.feed.close()
    await asyncio.wait(reading)
    assert max(later - sooner for sooner, later in pairwise([0, *after])) <= 8
    assert after[-1] == 50
