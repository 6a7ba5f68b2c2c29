"""Orders that went out under a halt, or ended on our own say, are found."""

from dataclasses import replace
from typing import Any

import pytest

from core.invariants import RecordedRun, check
from ports.commands import HaltMode, HaltScope
from ports.facts import (
    BreakKind,
    BreakOpened,
    CancelRequested,
    HaltLifted,
    HaltRaised,
    LimitsSet,
    OrderCanceled,
    OrderExpired,
    OrderFilled,
    OrderHeld,
    OrderRefused,
    OrderRejected,
    OrderReleased,
    OrderUnseen,
    ParentEnded,
)
from ports.instruments import SMART
from ports.values import OperationId, OrderStatus, Principal

from fakes.planting import Plants, changed, find, inserted, into, without
from fakes.sayings import PERP

PLANTS: Plants = {}
plant = into(PLANTS)
OPERATOR = Principal("operator")
HALT = HaltRaised(
    scope=HaltScope.GLOBAL, value="", mode=HaltMode.HALT, principal=OPERATOR, reason="planted", raised_ns=1
)


@plant("halt_holds")
def an_order_released_while_all_was_halted(run: RecordedRun) -> RecordedRun:
    return inserted(run, find(run, LimitsSet), HALT)


@plant("halt_holds")
def an_order_released_in_a_halted_venue(run: RecordedRun) -> RecordedRun:
    return inserted(run, find(run, LimitsSet), replace(HALT, scope=HaltScope.VENUE, value="DERIBIT"))


@plant("halt_holds")
def an_order_released_in_a_halted_account(run: RecordedRun) -> RecordedRun:
    return inserted(run, find(run, LimitsSet), replace(HALT, scope=HaltScope.ACCOUNT, value="BINANCE-SPOT-main"))


@plant("halt_holds")
def an_order_released_in_a_halted_instrument(run: RecordedRun) -> RecordedRun:
    return inserted(run, find(run, LimitsSet), replace(HALT, scope=HaltScope.INSTRUMENT, value=PERP))


@plant("halt_holds")
def an_order_released_in_an_instrument_halted_at_every_venue(run: RecordedRun) -> RecordedRun:
    return inserted(run, find(run, LimitsSet), replace(HALT, scope=HaltScope.INSTRUMENT, value=PERP.at(SMART)))


@plant("halt_holds")
def an_order_released_by_a_strategy_whose_halt_was_never_lifted(run: RecordedRun) -> RecordedRun:
    return without(run, lambda fact: isinstance(fact, HaltLifted))


@plant("halt_holds")
def a_child_released_while_its_parent_was_halted(run: RecordedRun) -> RecordedRun:
    return inserted(run, find(run, OrderFilled, "big.1"), replace(HALT, scope=HaltScope.ORDER, value="big"))


@plant("terminal_on_evidence")
def a_parent_that_ended_before_its_child(run: RecordedRun) -> RecordedRun:
    ended: Any = find(run, ParentEnded).fact
    return inserted(run, find(run, OrderFilled, "big.2"), ended)


@plant("terminal_on_evidence")
def a_parent_called_filled_before_it_was(run: RecordedRun) -> RecordedRun:
    return changed(run, find(run, ParentEnded), status=OrderStatus.FILLED)


@plant("terminal_on_evidence")
def a_parent_that_a_venue_is_said_to_have_canceled(run: RecordedRun) -> RecordedRun:
    said: Any = find(run, OrderCanceled, "taken-back").fact
    return inserted(run, find(run, OrderCanceled, "big.2"), replace(said, operation_id=OperationId("big")))


@plant("terminal_on_evidence")
def an_order_canceled_on_our_own_say(run: RecordedRun) -> RecordedRun:
    asked = find(run, CancelRequested, "taken-back")
    ended: Any = find(run, OrderCanceled, "taken-back").fact
    return inserted(run, asked, ended)


@plant("terminal_on_evidence")
def an_order_expired_by_our_own_clock(run: RecordedRun) -> RecordedRun:
    return with_cause(run, OrderExpired, "expired", "wake:watch|0|1|expired")


@plant("terminal_on_evidence")
def an_order_refused_after_it_was_released(run: RecordedRun) -> RecordedRun:
    refused = OrderRefused(operation_id=OperationId("spot"), code="SORRY", reason="", refused_ns=1)
    return inserted(run, find(run, OrderReleased, "spot"), refused)


@plant("terminal_on_evidence")
def an_order_rejected_that_was_never_released(run: RecordedRun) -> RecordedRun:
    return without(run, lambda fact: isinstance(fact, OrderReleased) and fact.operation_id == "unsent")


@plant("terminal_on_evidence")
def a_silence_taken_for_a_rejection(run: RecordedRun) -> RecordedRun:
    return with_cause(run, OrderRejected, "lost", "wake:watch|0|1|lost")


@plant("terminal_on_evidence")
def an_order_called_never_seen_after_one_answer(run: RecordedRun) -> RecordedRun:
    first = find(run, OrderUnseen, "lost").fact
    return without(run, lambda fact: fact is first)


@plant("terminal_on_evidence")
def an_order_called_never_seen_on_one_answer_told_twice(run: RecordedRun) -> RecordedRun:
    first, second = [entry for entry in run.entries if is_unseen(entry.fact, "lost")]
    told: Any = first.fact
    return changed(run, second, asked_ns=told.asked_ns)


@plant("terminal_on_evidence")
def an_order_called_never_seen_on_answers_from_before_it_was_released(run: RecordedRun) -> RecordedRun:
    released: Any = find(run, OrderReleased, "lost").fact
    first = find(run, OrderUnseen, "lost")
    return changed(run, first, asked_ns=released.released_ns - 1)


@plant("terminal_on_evidence")
def an_order_called_gone_without_a_break(run: RecordedRun) -> RecordedRun:
    return without(run, lambda fact: isinstance(fact, BreakOpened) and fact.kind is BreakKind.GONE_FROM_VENUE)


@plant("terminal_on_evidence")
def an_order_that_was_taken_back_without_its_venue_and_was_never_held(run: RecordedRun) -> RecordedRun:
    return without(run, lambda fact: isinstance(fact, OrderHeld) and fact.operation_id == "waits")


@plant("terminal_on_evidence")
def an_order_called_never_sent_by_the_venue(run: RecordedRun) -> RecordedRun:
    return with_cause(run, OrderRejected, "unsent", "OrderStatusReport:x")


@plant("terminal_on_evidence")
def an_order_rejected_for_a_reason_that_nobody_knows(run: RecordedRun) -> RecordedRun:
    return changed(run, find(run, OrderRejected, "unsent"), code="TIMED_OUT")


@plant("terminal_on_evidence")
def an_order_called_filled_before_it_was(run: RecordedRun) -> RecordedRun:
    return changed(run, find(run, OrderFilled, "bought"), status=OrderStatus.FILLED)


@plant("terminal_on_evidence")
def an_ended_order_that_came_back_to_life(run: RecordedRun) -> RecordedRun:
    asked: Any = find(run, CancelRequested, "taken-back").fact
    return inserted(run, find(run, OrderCanceled, "taken-back"), asked)


@pytest.mark.parametrize("name", PLANTS)
def test_what_was_planted_is_found(clean: RecordedRun, name: str) -> None:
    invariant, spoil = PLANTS[name]
    before = check(clean)[invariant]
    after = check(spoil(clean))[invariant]
    assert before.ok
    assert not after.ok
    assert after.violations


def is_unseen(fact: object, operation_id: str) -> bool:
    return isinstance(fact, OrderUnseen) and fact.operation_id == operation_id


def with_cause(run: RecordedRun, kind: type, operation_id: str, cause: str) -> RecordedRun:
    victim = find(run, kind, operation_id)
    return replace(run, entries=[replace(entry, cause=cause) if entry is victim else entry for entry in run.entries])
