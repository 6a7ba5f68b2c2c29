"""Cancels while the journal is away: kept, answered, and decided anew when it is back, once."""

import asyncio

import pytest

from adapters.runtime.outage import Outage
from ports.commands import CancelAll, CancelOrder
from ports.errors import JournalUnavailableError
from ports.spool import Spooled

from fakes.rig import Rig
from fakes.scribe import TESTER, cancel, submit
from fakes.spool import MemorySpool
from fakes.virtual_loop import pause, turns, within


async def begin(rig: Rig) -> None:
    """Let the journal be away, and a submit have met it."""
    rig.journal.full = True
    with pytest.raises(JournalUnavailableError):
        await rig.host.ask(submit("o1"))


async def test_what_is_decided_while_the_journal_is_read_back_is_no_part_of_what_was_read(rig: Rig) -> None:
    await begin(rig)
    rig.spool.may_keep.clear()
    asked = rig.asked(cancel("x"), cancel("y"))
    await turns()
    rig.journal.full = False
    await pause(10)  # read back by now, and waiting for its turn
    rig.spool.may_keep.set()
    await asyncio.gather(*asked)
    await within(60, rig.host.drained())
    assert rig.scribe.facts == [entry.fact for entry in await rig.journal.read(0, 100)]
    assert rig.scribe.names == ["x", "y"]


async def test_callers_are_answered_when_the_service_stops_before_the_journal_is_back(rig: Rig) -> None:
    await begin(rig)
    rig.spool.may_keep.clear()
    (asked,) = rig.asked(cancel("x"))
    await turns()
    rig.host.refuse_commands()
    await rig.host.stop(within_s=1)
    with pytest.raises(JournalUnavailableError):
        await asked


async def test_a_cancel_all_of_before_another_leader_is_left_out_and_a_cancel_is_not() -> None:
    spool = MemorySpool()
    one, everything = cancel("x"), CancelAll(principal=TESTER)
    spool.kept = [Spooled(one, 1), Spooled(everything, 1), Spooled(everything, 2)]
    rig = Rig()
    outage = Outage(spool, rig.host, rig.telemetry)
    await outage.open(2)
    assert [type(command) for command in outage.kept] == [CancelOrder, CancelAll]
