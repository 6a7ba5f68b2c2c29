"""One signal is one order at most, and it makes its strategy hold what it wants."""

from __future__ import annotations

from decimal import Decimal

import pytest

from core.signals.changes import changes, newest
from core.signals.deciding import NoOrder, Why, decide, operation_id_of
from ports.commands import SubmitOrder
from ports.instruments import InstrumentKey
from ports.reports import VenueOrderStatus
from ports.signals import INTERVAL_NS, Signal, SignalStrategy
from ports.values import OrderStatus, Principal, Side, StrategyId

from fakes.desk import START_NS, Desk
from fakes.sayings import BYBIT_PERP, PERP, SMART_PERP, said, submit
from fakes.sayings import traded as trade

MOMENTUM = StrategyId("momentum")
DESK = Principal("desk")


def strategy(size: str | None = "0.5", **more: object) -> SignalStrategy:
    terms: dict[str, object] = {
        "strategy_id": MOMENTUM,
        "size": None if size is None else Decimal(size),
        "exec_algorithm": "NORMAL",
    }
    return SignalStrategy(**{**terms, **more})  # type: ignore[arg-type]


def signal(
    direction: int, *, number: int = 0, instrument: InstrumentKey = PERP, target: str | None = None, **more: object
) -> Signal:
    return Signal(
        strategy_id=MOMENTUM,
        instrument=instrument,
        start_ns=START_NS + number * INTERVAL_NS,
        direction=direction,
        target_position=None if target is None else Decimal(target),
        exec_algorithm=str(more.get("exec_algorithm", "")),
        exec_algorithm_params=more.get("params", {}),  # type: ignore[arg-type]
    )


def asked(desk: Desk, one: Signal, how: SignalStrategy | None = None) -> SubmitOrder | NoOrder:
    return decide(desk.actor.book, how or strategy(), one, DESK, max(desk.now_ns, one.start_ns))


def traded(desk: Desk, one: Signal, how: SignalStrategy | None = None) -> tuple[Side, Decimal]:
    """Hand the signal's order to the book, fill it whole, and return what it was."""
    found = asked(desk, one, how)
    assert isinstance(found, SubmitOrder), found
    desk.receive(found)
    terms = found.terms
    order = desk.order(terms.operation_id)
    name = terms.operation_id
    desk.receive(trade(name, f"t-{name}", str(terms.quantity), instrument=order.instrument, side=terms.side))
    assert desk.status(terms.operation_id) is OrderStatus.FILLED
    return terms.side, terms.quantity


def why(found: SubmitOrder | NoOrder) -> Why:
    assert isinstance(found, NoOrder), found
    return found.why


def test_only_changes_of_direction_are_left_of_a_days_signals() -> None:
    directions = (0, 1, 1, 1, -1, -1, 0, 0, 1)
    kept = changes([signal(each, number=number) for number, each in enumerate(directions)])
    assert [(each.start_ns - START_NS) // INTERVAL_NS for each in kept] == [1, 4, 6, 8]
    assert [each.direction for each in kept] == [1, -1, 0, 1]


def test_instruments_change_by_themselves() -> None:
    kept = changes([signal(1), signal(1, instrument=BYBIT_PERP, number=1), signal(1, number=2)])
    assert [(each.instrument, each.direction) for each in kept] == [(PERP, 1), (BYBIT_PERP, 1)]


def test_the_newest_signal_is_the_one_in_force_and_later_ones_wait() -> None:
    day = [signal(1), signal(-1, number=1), signal(0, number=2)]
    (before, now) = newest(day, START_NS + INTERVAL_NS)[PERP]
    assert before is not None
    assert (before.direction, now.direction) == (1, -1)


def test_a_strategy_turns_from_long_to_short_to_flat(desk: Desk) -> None:
    assert traded(desk, signal(1)) == (Side.BUY, Decimal("0.5"))
    assert traded(desk, signal(-1, number=1)) == (Side.SELL, Decimal(1))
    assert traded(desk, signal(0, number=2)) == (Side.BUY, Decimal("0.5"))
    assert desk.position() == 0


def test_a_target_goes_before_the_size(desk: Desk) -> None:
    assert traded(desk, signal(1, target="0.2")) == (Side.BUY, Decimal("0.2"))
    assert traded(desk, signal(1, number=1, target="0.3")) == (Side.BUY, Decimal("0.1"))


def test_the_same_signal_has_the_same_operation_id_and_never_trades_twice(desk: Desk) -> None:
    traded(desk, signal(1))
    assert why(asked(desk, signal(1))) is Why.TRADED
    desk.restart()
    assert why(asked(desk, signal(1))) is Why.TRADED
    assert operation_id_of(signal(1)) == operation_id_of(signal(-1, target="-3"))
    assert len({operation_id_of(signal(1, number=number)) for number in range(300)}) == 300
    assert operation_id_of(signal(1)) != operation_id_of(signal(1, instrument=BYBIT_PERP))


def test_what_is_on_its_way_is_counted_as_held(desk: Desk) -> None:
    first = asked(desk, signal(1))
    assert isinstance(first, SubmitOrder)
    desk.receive(first)
    assert why(asked(desk, signal(1, number=1))) is Why.AT_TARGET
    turned = asked(desk, signal(-1, number=1))
    assert isinstance(turned, SubmitOrder)
    assert (turned.terms.side, turned.terms.quantity) == (Side.SELL, Decimal(1))


def test_an_order_in_doubt_is_waited_for(desk: Desk) -> None:
    first = asked(desk, signal(1))
    assert isinstance(first, SubmitOrder)
    desk.receive(first)
    desk.pass_time(6)
    assert desk.status(first.terms.operation_id) is OrderStatus.UNCONFIRMED
    assert why(asked(desk, signal(-1, number=1))) is Why.IN_DOUBT


def test_what_was_refused_before_is_not_taken_for_held(desk: Desk) -> None:
    first = asked(desk, signal(1))
    assert isinstance(first, SubmitOrder)
    desk.receive(first)
    desk.receive(said(first.terms.operation_id, VenueOrderStatus.REJECTED))
    assert traded(desk, signal(-1, number=1)) == (Side.SELL, Decimal("0.5"))


def test_other_strategies_are_none_of_its_business(desk: Desk) -> None:
    desk.receive(submit("theirs", buy="0.7", strategy="other"))
    desk.receive(trade("theirs", "t-1", "0.7"))
    assert traded(desk, signal(1)) == (Side.BUY, Decimal("0.5"))


def test_a_smart_signal_counts_what_is_held_at_every_venue(desk: Desk) -> None:
    assert traded(desk, signal(1, instrument=BYBIT_PERP)) == (Side.BUY, Decimal("0.5"))
    assert why(asked(desk, signal(1, instrument=SMART_PERP, number=1))) is Why.AT_TARGET


@pytest.mark.parametrize(
    ("one", "how", "expected"),
    [
        (signal(1, target="-0.5"), None, Why.CONTRADICTS),
        (signal(0, target="0.5"), None, Why.CONTRADICTS),
        (signal(0), None, Why.AT_TARGET),
        (signal(1), strategy(None), Why.NO_SIZE),
        (signal(1), strategy("0.0001"), Why.AT_TARGET),
        (signal(1), strategy(instruments=(BYBIT_PERP,)), Why.NOT_WANTED),
        (signal(1, instrument=InstrumentKey("OKX:PERPETUAL:BTC-USDT@LIN")), None, Why.NOT_LISTED),
        (signal(1, number=-2), None, Why.STALE),
    ],
)
def test_a_signal_that_is_no_order_says_why(desk: Desk, one: Signal, how: SignalStrategy | None, expected: Why) -> None:
    assert why(asked(desk, one, how)) is expected


def test_a_signal_is_worked_as_it_says_else_as_its_strategy_does(desk: Desk) -> None:
    usual = strategy(exec_algorithm="TWAP", exec_algorithm_params={"horizon_secs": "60"})
    found = asked(desk, signal(1), usual)
    assert isinstance(found, SubmitOrder)
    assert (found.terms.exec_algorithm, found.terms.exec_algorithm_params) == ("TWAP", {"horizon_secs": "60"})
    said_so = asked(desk, signal(1, exec_algorithm="NORMAL"), usual)
    assert isinstance(said_so, SubmitOrder)
    assert (said_so.terms.exec_algorithm, said_so.terms.exec_algorithm_params) == ("NORMAL", {})
