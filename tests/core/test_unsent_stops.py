"""A stop that could not be sent is not lost: it waits with us again, and is tried again until a person is told."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from core.invariants import check
from core.reconciliation.patience import MOST_UNSENT
from ports.facts import OrderUnsent
from ports.reports import OrderNotSent, VenueOrderStatus
from ports.requests import SendOrder
from ports.values import ClientOrderId, OperationId, OrderStatus, OrderType, Price, Quantity, Side

from fakes.desk import PATIENCE, SECOND_NS, Desk, digest, folded, through_json
from fakes.sayings import (
    ACCOUNTS,
    PERP,
    accepted,
    cancel,
    canceled,
    client_id,
    not_sent,
    outcome_unknown,
    quote,
    said,
    set_limits,
    submit,
    traded,
    with_terms,
)

HELD, REJECTED, SUBMITTED = OrderStatus.HELD, OrderStatus.REJECTED, OrderStatus.SUBMITTED
RESEND_S = PATIENCE.resend_ns / SECOND_NS
STOPPED_OUT = quote(PERP, "48999", "48999.1")


def stop(operation_id: str = "stop", quantity: str = "1", **more: Any) -> Any:
    """A stop below the market that closes what was bought."""
    command = submit(operation_id, sell=quantity, **more)
    return with_terms(command, order_type=OrderType.STOP_MARKET, trigger_price=Price(Decimal(49000)))


@pytest.fixture
def met(desk: Desk) -> Desk:
    """Return a desk whose strategy holds 1 and whose stop has just left."""
    desk.receive(submit("entry", buy="1"))
    desk.receive(traded("entry", "t-1", "1"))
    desk.receive(stop(reduce_only=True))
    desk.receive(STOPPED_OUT)
    assert desk.status("stop") is SUBMITTED
    return desk


def sends(desk: Desk) -> list[SendOrder]:
    return [one.request for one in desk.releases if isinstance(one.request, SendOrder)][1:]


def unsent(desk: Desk) -> OrderNotSent:
    """The worker proves that the stop's last send never left."""
    name = desk.order("stop").client_order_id
    assert name is not None
    return OrderNotSent(account=ACCOUNTS[PERP], client_order_id=name, reason="no session")


def test_proven_never_sent_it_waits_again_and_leaves_after_a_pause(met: Desk) -> None:
    met.receive(unsent(met))
    assert (met.status("stop"), met.reserved()) == (HELD, (Decimal(0), Decimal(0)))
    met.pass_time(RESEND_S, ns=-1)
    assert met.status("stop") is HELD
    met.pass_time(ns=1)
    assert met.status("stop") is SUBMITTED
    assert [(one.side, one.quantity, one.order_type) for one in sends(met)] == [
        (Side.SELL, Decimal(1), OrderType.MARKET)
    ] * 2
    assert len({one.client_order_id for one in sends(met)}) == 2
    assert met.reserved() == (Decimal(0), Decimal(1))


def test_every_pause_is_twice_the_one_before_and_the_end_is_a_break(met: Desk) -> None:
    for times in range(1, MOST_UNSENT):
        met.receive(unsent(met))
        met.pass_time(RESEND_S * 2 ** (times - 1), ns=-1)
        assert (met.status("stop"), len(sends(met))) == (HELD, times)
        met.pass_time(ns=1)
        assert (met.status("stop"), len(sends(met))) == (SUBMITTED, times + 1)
    met.receive(unsent(met))
    order = met.order("stop")
    assert (order.status, order.reason_code, met.breaks()) == (REJECTED, "NOT_SENT", ["STOP_FAILED"])
    met.receive(submit("out", sell="1", reduce_only=True))
    met.receive(traded("out", "t-2", "1", side=Side.SELL))
    assert met.breaks() == []


def test_a_late_word_on_an_earlier_send_says_nothing_of_this_one(met: Desk) -> None:
    first = unsent(met)
    met.receive(first)
    met.pass_time(RESEND_S)
    for late in (first, said("stop", VenueOrderStatus.REJECTED)):
        met.receive(late)
        assert (met.status("stop"), len(sends(met))) == (SUBMITTED, 2)


@pytest.mark.parametrize("word", [accepted("stop"), traded("stop", "t-2", "0.4", side=Side.SELL)])
def test_what_its_venue_has_spoken_of_is_never_sent_again(met: Desk, word: Any) -> None:
    met.receive(word)
    met.receive(not_sent("stop"))
    met.pass_time(60)
    assert len(sends(met)) == 1


def test_in_doubt_it_is_not_sent_again_and_only_the_proof_brings_it_back(met: Desk) -> None:
    met.receive(outcome_unknown("stop"))
    met.pass_time(60)
    assert (met.status("stop"), len(sends(met))) == (OrderStatus.UNCONFIRMED, 1)
    met.receive(unsent(met))
    met.pass_time(RESEND_S)
    assert (met.status("stop"), len(sends(met))) == (SUBMITTED, 2)


def test_while_its_venue_is_away_no_try_is_spent(met: Desk) -> None:
    met.receive(unsent(met))
    met.disconnect()
    met.pass_time(600)
    assert (met.status("stop"), len(sends(met))) == (HELD, 1)
    met.connect(ACCOUNTS[PERP])
    assert (met.status("stop"), len(sends(met))) == (SUBMITTED, 2)


def test_it_is_tried_again_after_a_restart(met: Desk) -> None:
    met.receive(unsent(met))
    assert digest(folded(through_json(met.facts))) == digest(met.actor)
    met.restart()
    met.connect(ACCOUNTS[PERP])
    met.pass_time(RESEND_S)
    met.pass_time(PATIENCE.answer_ns / SECOND_NS)
    assert (met.status("stop"), len(sends(met))) == (SUBMITTED, 2)


def test_taken_back_while_it_waits_again_it_never_leaves(met: Desk) -> None:
    met.receive(unsent(met))
    met.receive(cancel("stop"))
    met.pass_time(60)
    assert (met.status("stop"), len(sends(met))) == (OrderStatus.CANCELED, 1)


def test_wanted_back_when_the_proof_comes_it_ends(met: Desk) -> None:
    met.receive(cancel("stop"))
    met.receive(unsent(met))
    met.pass_time(60)
    assert (met.status("stop"), len(sends(met))) == (REJECTED, 1)


def test_what_its_target_traded_is_taken_off_once_however_often_it_is_sent(desk: Desk) -> None:
    desk.receive(submit("entry", buy="1"))
    desk.receive(traded("entry", "t-1", "1"))
    desk.receive(submit("target", sell="1", at="51000", oco_group="exits"))
    desk.receive(accepted("target"))
    desk.receive(stop(oco_group="exits"))
    desk.receive(traded("target", "t-2", "0.3", "51000", side=Side.SELL))
    desk.receive(STOPPED_OUT)
    desk.receive(canceled("target", filled="0.3"))
    desk.receive(unsent(desk))
    assert desk.order("stop").quantity == Quantity(Decimal(1))
    desk.pass_time(RESEND_S)
    assert [one.quantity for one in sends(desk)[1:]] == [Decimal("0.7")] * 2


def test_the_next_send_repeats_no_order_that_ever_left(met: Desk) -> None:
    met.receive(traded("stop", "t-2", "1", side=Side.SELL))
    met.receive(set_limits(duplicate_window_ms=60_000))
    met.receive(stop("again", "2"))  # opens, so that no rule spares it
    (name,) = [one.client_order_id for one in sends(met)][1:]
    met.receive(OrderNotSent(account=ACCOUNTS[PERP], client_order_id=ClientOrderId(name), reason="no session"))
    met.pass_time(RESEND_S)
    assert met.status("again") is SUBMITTED


def test_an_order_that_never_waited_ends_as_before(desk: Desk) -> None:
    desk.receive(submit("op-1", buy="1"))
    desk.receive(not_sent("op-1"))
    assert (desk.status("op-1"), desk.order("op-1").reason_code) == (REJECTED, "NOT_SENT")


@pytest.mark.parametrize(
    ("word", "told"),
    [
        (said("stop", VenueOrderStatus.REJECTED, reason="margin"), ["STOP_FAILED"]),
        (canceled("stop", filled="0"), ["STOP_FAILED"]),
        (traded("stop", "t-2", "1", side=Side.SELL), []),
    ],
)
def test_a_stop_that_its_venue_ends_with_its_position_open_is_told(met: Desk, word: Any, told: list[str]) -> None:
    met.receive(word)
    assert met.breaks() == told


def test_of_a_stop_that_would_have_opened_something_nobody_is_told(desk: Desk) -> None:
    desk.receive(stop())
    desk.receive(STOPPED_OUT)
    desk.receive(said("stop", VenueOrderStatus.REJECTED))
    assert desk.breaks() == []


def test_the_judges_see_a_send_repeated_without_proof_and_an_old_name_used_again(met: Desk) -> None:
    met.receive(unsent(met))
    met.pass_time(RESEND_S)
    run = met.run()
    assert {name for name, one in check(run).items() if not one.ok} == set()
    forged = [entry for entry in run.entries if not isinstance(entry.fact, OrderUnsent)]
    entries = tuple(replace(entry, seq=seq) for seq, entry in enumerate(forged, start=1))
    assert not check(replace(run, entries=entries))["one_order_per_operation"].ok
    blamed = tuple(replace(one, cause="WakeUp:") if isinstance(one.fact, OrderUnsent) else one for one in run.entries)
    assert not check(replace(run, entries=blamed))["terminal_on_evidence"].ok
    same = tuple(replace(one, fact=_named_as_before(one.fact)) for one in run.entries)
    assert not check(replace(run, entries=same))["one_order_per_operation"].ok


def _named_as_before(fact: Any) -> Any:
    is_stop = getattr(fact, "operation_id", None) == OperationId("stop")
    return replace(fact, client_order_id=client_id("stop")) if is_stop and hasattr(fact, "client_order_id") else fact
