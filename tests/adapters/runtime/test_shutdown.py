"""Stopping, and failing for good."""

import asyncio

import pytest

from ports.errors import JournalCorruptError, JournalUnavailableError, ShuttingDownError

from fakes.journal import AppendFails, MemoryJournal
from fakes.rig import Rig
from fakes.scribe import report, submit
from fakes.virtual_loop import pause, turns, virtual_now_ns, within


async def test_a_stopping_host_refuses_new_commands_and_finishes_what_it_took(rig: Rig) -> None:
    rig.journal.hold_appends()
    asked = await rig.submitted("o1", "o2")
    rig.host.refuse_commands()
    with pytest.raises(ShuttingDownError):
        await rig.host.ask(submit("o3"))
    rig.host.put_report(report("r1"))  # what venues say is still taken
    stopping = asyncio.create_task(rig.host.stop())
    await turns()
    assert not stopping.done()
    rig.journal.release_appends()
    await asyncio.gather(*asked)
    await within(60, stopping)
    assert rig.sent == ["o1", "o2"]
    reopened = MemoryJournal(rig.journal.store)  # it was let go
    assert (await reopened.open()).seq == 4


async def test_stopping_twice_is_harmless(rig: Rig) -> None:
    await rig.host.ask(submit("o1"))
    await rig.host.stop()
    await within(60, rig.host.stop())


async def test_a_stop_is_bounded_although_the_journal_never_comes_back(rig: Rig) -> None:
    rig.journal.away = True
    await asyncio.gather(*await rig.submitted("o1"), return_exceptions=True)
    rig.host.put_report(report("r1"))
    began_ns = virtual_now_ns()
    await within(3_600, rig.host.stop(within_s=7))
    assert virtual_now_ns() - began_ns < 8_000_000_000
    assert rig.telemetry.noted("stop.undrained")


async def test_a_stop_is_bounded_although_an_append_hangs_and_its_caller_is_told(rig: Rig) -> None:
    rig.journal.hold_appends()
    (asked,) = await rig.submitted("o1")
    await within(3_600, rig.host.stop(within_s=7))
    with pytest.raises(JournalUnavailableError, match="repeat with the same operation id"):
        await asked
    assert rig.sent == []


async def test_what_is_told_to_a_stopped_host_changes_nothing(rig: Rig) -> None:
    await rig.host.stop()
    rig.host.put_report(report("r1"))
    await pause(60)
    assert rig.scribe.names == []


async def test_after_a_stop_everything_comes_back_from_the_journal(rig: Rig) -> None:
    await rig.host.ask(submit("o1"))
    await rig.host.stop()
    again = Rig()
    again.journal.store.rows.extend(rig.journal.store.rows)
    async with again:
        assert again.scribe.names == ["o1"]
        assert await again.durable() == ["epoch 1", "o1", "epoch 2"]
        assert again.sent == []


async def test_a_corrupt_journal_ends_the_service_and_no_caller_waits_for_ever(rig: Rig) -> None:
    await rig.host.ask(submit("o1"))
    first, second, *_ = rig.journal.store.rows
    rig.journal.fail_next_append(AppendFails.BEFORE_DURABLE)
    rig.journal.hold_appends()
    asked = await rig.submitted("o2")
    rig.journal.store.rows[1] = (*second[:8], second[8] ^ 1)
    rig.journal.release_appends()
    await asyncio.gather(*asked, return_exceptions=True)
    with pytest.raises(JournalCorruptError):
        await within(60, rig.host.failure)
    with pytest.raises(ShuttingDownError):
        await within(60, rig.host.ask(submit("o3")))
    await within(60, rig.host.drained())
    assert not rig.host.is_taking
    assert first[0] == 1


async def test_a_defect_behind_the_host_ends_the_service_and_no_caller_waits_for_ever(rig: Rig) -> None:
    def defective(request: object) -> None:
        raise ZeroDivisionError(request)

    rig.host.venue_request = defective
    rig.journal.hold_appends()
    asked = await rig.submitted("o1", "o2")
    rig.journal.release_appends()
    answers = await within(60, asyncio.gather(*asked, return_exceptions=True))
    assert [type(answer) for answer in answers] == [JournalUnavailableError] * 2
    with pytest.raises(ZeroDivisionError):
        await within(60, rig.host.failure)
    assert await rig.durable() == ["epoch 1", "o1", "o2"]


async def test_a_start_reports_its_progress_and_ends_at_the_whole() -> None:
    async with Rig() as first:
        await asyncio.gather(*[first.host.ask(submit(f"o{number}")) for number in range(30)])
    told: list[tuple[int, int]] = []
    again = Rig()
    again.journal.store.rows.extend(first.journal.store.rows)
    await again.host.start("test", lambda done, of: told.append((done, of)))
    assert told[-1] == (31, 31)
    await again.host.stop()


async def test_a_journal_that_another_process_holds_cannot_be_started_on(rig: Rig) -> None:
    second = Rig()
    second.journal.store = rig.journal.store
    with pytest.raises(JournalUnavailableError, match="another process"):
        await second.host.start("test")
