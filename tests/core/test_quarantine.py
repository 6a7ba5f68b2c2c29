"""A message that cannot be processed is set aside in full view, and its instrument is halted."""

import pytest

from ports.actor import Message
from ports.commands import HaltMode, HaltScope
from ports.facts import BreakOpened, HaltRaised, MessageQuarantined
from ports.values import OrderStatus, Side

from fakes.desk import Desk
from fakes.sayings import BYBIT_PERP, PERP, accepted, cancel, halt, not_sent, resume, submit, traded


def poison(desk: Desk) -> Message:
    desk.receive(submit("op-1", buy="1"))
    bad = traded("op-1", "t-1", "0.3", side=Side.SELL)
    with pytest.raises(ValueError, match="does not fit") as raised:
        desk.receive(bad)
    desk.quarantine(bad, str(raised.value))
    return bad


def test_a_poisoned_message_is_recorded_breaks_and_halts_its_instrument(desk: Desk) -> None:
    poison(desk)
    kept, opened, halted = desk.facts[-3:]
    assert isinstance(kept, MessageQuarantined)
    assert isinstance(opened, BreakOpened)
    assert isinstance(halted, HaltRaised)
    assert "t-1" in kept.message
    assert "does not fit" in kept.error
    assert (halted.scope, halted.value) == (HaltScope.INSTRUMENT, PERP)


def test_a_quarantine_halts_that_instrument_alone_until_it_is_lifted(desk: Desk) -> None:
    poison(desk)
    desk.receive(submit("op-2", buy="1"))
    desk.receive(submit("op-3", buy="1", instrument=BYBIT_PERP))
    desk.receive(resume(HaltScope.INSTRUMENT, PERP))
    desk.receive(submit("op-4", buy="1"))
    assert desk.order("op-2").reason_code == "RISK_HALT"
    assert desk.status("op-3") is desk.status("op-4") is OrderStatus.SUBMITTED


@pytest.mark.parametrize("mode", [HaltMode.CANCEL, HaltMode.FLATTEN])
def test_a_quarantine_does_not_end_what_a_person_asked_for_that_is_more(desk: Desk, mode: HaltMode) -> None:
    desk.receive(halt(HaltScope.INSTRUMENT, PERP, mode))
    desk.quarantine(traded("op-1", "t-1", "1"), "ZeroDivisionError")
    assert [one.mode for one in desk.actor.book.halts] == [mode]


def test_a_quarantine_survives_a_restart(desk: Desk) -> None:
    poison(desk)
    desk.restart()
    desk.connect(desk.accounts[0])
    desk.receive(accepted("op-1"))
    desk.receive(submit("op-2", buy="1"))
    assert (desk.order("op-2").reason_code, desk.breaks()) == ("RISK_HALT", ["QUARANTINE"])


@pytest.mark.parametrize("message", [cancel("op-9"), not_sent("op-9")])
def test_a_poisoned_message_of_no_instrument_breaks_and_halts_nothing(desk: Desk, message: Message) -> None:
    outcome = desk.quarantine(message, "ZeroDivisionError")
    assert [type(fact) for fact in outcome.facts] == [MessageQuarantined, BreakOpened]


def test_two_poisons_of_one_instant_are_two_breaks(desk: Desk) -> None:
    desk.quarantine(cancel("op-8"), "ZeroDivisionError")
    desk.quarantine(cancel("op-9"), "ZeroDivisionError")
    assert desk.breaks() == ["QUARANTINE", "QUARANTINE"]


def test_a_message_too_long_to_keep_whole_is_kept_in_part(desk: Desk) -> None:
    outcome = desk.quarantine(submit("op-1", buy="1", tags={"note": "x" * 10_000}), "KeyError")
    kept = outcome.facts[0]
    assert isinstance(kept, MessageQuarantined)
    assert 0 < len(kept.message) < 5_000
