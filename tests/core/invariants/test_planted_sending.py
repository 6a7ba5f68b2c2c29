"""Orders that left twice, early or unknown, and journals that make another book, are found."""

from dataclasses import replace
from typing import Any

import pytest

from core.invariants import RecordedRun, Release, check
from ports.facts import (
    OrderFilled,
    OrderRecorded,
    OrderReleased,
)
from ports.requests import SendCancel, SendOrder
from ports.values import OrderId

from fakes.planting import Plants, changed, find, inserted, into, without
from fakes.sayings import client_id

PLANTS: Plants = {}
plant = into(PLANTS)


@plant("sent_once")
def an_order_that_a_venue_saw_twice(run: RecordedRun) -> RecordedRun:
    return replace(run, sends=[*run.sends, run.sends[0]])


@plant("sent_once")
def an_order_that_a_venue_saw_and_nobody_released(run: RecordedRun) -> RecordedRun:
    return replace(run, sends=[*run.sends, client_id("nobody's")])


@plant("sent_once")
def an_order_that_was_handed_out_twice_although_the_venue_saw_one(run: RecordedRun) -> RecordedRun:
    return replace(run, releases=[*run.releases, first_send(run)])


@plant("one_order_per_operation")
def an_operation_recorded_twice(run: RecordedRun) -> RecordedRun:
    recorded = find(run, OrderRecorded, "spot")
    return inserted(run, recorded, recorded.fact)


@plant("one_order_per_operation")
def an_operation_released_twice(run: RecordedRun) -> RecordedRun:
    released = find(run, OrderReleased, "spot")
    return inserted(run, released, released.fact)


@plant("one_order_per_operation")
def a_release_of_what_was_never_recorded(run: RecordedRun) -> RecordedRun:
    return without(run, lambda fact: isinstance(fact, OrderRecorded) and fact.operation_id == "spot")


@plant("one_order_per_operation")
def two_operations_with_one_order_id(run: RecordedRun) -> RecordedRun:
    first: Any = find(run, OrderRecorded, "bought").fact
    return changed(run, find(run, OrderRecorded, "spot"), order_id=OrderId(first.order_id))


@plant("one_order_per_operation")
def two_operations_with_one_client_order_id(run: RecordedRun) -> RecordedRun:
    return changed(run, find(run, OrderReleased, "spot"), client_order_id=client_id("bought"))


@plant("one_order_per_operation")
def an_operation_that_holds_the_terms_of_another(run: RecordedRun) -> RecordedRun:
    other: Any = find(run, OrderRecorded, "bought").fact
    return changed(run, find(run, OrderRecorded, "spot"), terms=other.terms)


@plant("durable_before_release")
def a_request_that_left_before_its_facts_were_durable(run: RecordedRun) -> RecordedRun:
    request, needs_seq, _ = first_send(run)
    return replace(run, releases=[*run.releases, Release(request, needs_seq, needs_seq - 1)])


@plant("durable_before_release")
def an_order_that_left_before_its_own_release_was_durable(run: RecordedRun) -> RecordedRun:
    request, _, _ = first_send(run)
    return replace(run, releases=[Release(request, 1, 2)])


@plant("durable_before_release")
def an_order_that_left_and_was_never_released(run: RecordedRun) -> RecordedRun:
    request, needs_seq, durable_seq = first_send(run)
    stray = replace(request, client_order_id=client_id("nobody's"))
    return replace(run, releases=[*run.releases, Release(stray, needs_seq, durable_seq)])


@plant("replay_identical")
def a_book_that_lived_another_life(run: RecordedRun) -> RecordedRun:
    return replace(run, live_digest="another")


@plant("replay_identical")
def a_fold_that_differs_from_itself(run: RecordedRun) -> RecordedRun:
    answers = iter([run.live_digest, "another"])
    return replace(run, fold=lambda _: next(answers))


@plant("replay_identical")
def a_fact_that_the_journal_lost(run: RecordedRun) -> RecordedRun:
    return without(run, lambda fact: isinstance(fact, OrderFilled) and fact.operation_id == "spot")


@plant("replay_identical")
def a_journal_that_cannot_be_folded(run: RecordedRun) -> RecordedRun:
    return without(run, lambda fact: isinstance(fact, OrderRecorded) and fact.operation_id == "spot")


@plant("replay_identical")
def a_hole_in_the_sequence(run: RecordedRun) -> RecordedRun:
    return replace(run, entries=run.entries[1:])


@plant("replay_identical")
def an_older_leader_that_wrote_after_a_newer(run: RecordedRun) -> RecordedRun:
    last = run.entries[-1]
    return replace(run, entries=[*run.entries[:-1], replace(last, epoch=last.epoch - 1)])


def test_a_cancel_may_leave_before_its_facts_are_durable(clean: RecordedRun) -> None:
    cancel, needs_seq, _ = next(one for one in clean.releases if isinstance(one[0], SendCancel))
    early = replace(clean, releases=[*clean.releases, Release(cancel, needs_seq, needs_seq - 1)])
    assert check(early)["durable_before_release"].ok


@pytest.mark.parametrize("name", PLANTS)
def test_what_was_planted_is_found(clean: RecordedRun, name: str) -> None:
    invariant, spoil = PLANTS[name]
    before = check(clean)[invariant]
    after = check(spoil(clean))[invariant]
    assert before.ok
    assert not after.ok
    assert after.violations


def first_send(run: RecordedRun) -> tuple[SendOrder, int, int]:
    return next((request, needs, durable) for request, needs, durable in run.releases if isinstance(request, SendOrder))
