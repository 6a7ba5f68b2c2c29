"""The count that chaos ends with finds what is lost, repeated or wrong: a clean run is no accident of the counter."""

from __future__ import annotations

from copy import deepcopy
from decimal import Decimal
from typing import Any

import pytest

from chaos.verdict import Verdict, judge
from end_to_end.traders import LINEAR, Tally
from ports.commands import OrderTerms
from ports.facts import (
    CancelRequested,
    Fact,
    FoundBy,
    OrderExpired,
    OrderFilled,
    OrderRecorded,
    OrderReleased,
    PositionChanged,
)
from ports.instruments import InstrumentKey
from ports.journal import Entry
from ports.values import (
    AccountId,
    ClientOrderId,
    Currency,
    Money,
    OperationId,
    OrderId,
    OrderStatus,
    OrderType,
    Price,
    Principal,
    Quantity,
    Side,
    StrategyId,
    TradeId,
)

OPERATION, ACCOUNT, STRATEGY = OperationId("one"), AccountId("desk"), StrategyId("s")
KEY, AMOUNT, PRICE = InstrumentKey(LINEAR), Quantity(Decimal("0.01")), Price(Decimal(60000))
VENUE: dict[str, Any] = {
    "asked": {"x1": 1},
    "orders": [{"clientOrderId": "x1", "orderId": 7, "status": "FILLED", "executedQty": "0.010"}],
    "trades": [{"id": 8, "orderId": 7, "symbol": "BTCUSDT", "side": "BUY", "qty": "0.010", "price": "60000.00"}],
    "positions": {"main": {"BTCUSDT": "0.010"}},
}
DOORS = [{"instrument_key": LINEAR, "quantity": "0.01"}]
TERMS = OrderTerms(
    operation_id=OPERATION,
    strategy_id=STRATEGY,
    instrument=KEY,
    side=Side.BUY,
    quantity=AMOUNT,
    order_type=OrderType.MARKET,
)
RECORDED = OrderRecorded(
    operation_id=OPERATION,
    order_id=OrderId("ord-1"),
    content_hash="",
    terms=TERMS,
    principal=Principal("local"),
    received_ns=1,
    recorded_ns=1,
)
RELEASED = OrderReleased(
    operation_id=OPERATION, account=ACCOUNT, instrument=KEY, client_order_id=ClientOrderId("x1"), released_ns=1
)
FILLED = OrderFilled(
    operation_id=OPERATION,
    status=OrderStatus.FILLED,
    filled_quantity=AMOUNT,
    average_price=PRICE,
    strategy_id=STRATEGY,
    account=ACCOUNT,
    instrument=KEY,
    trade_id=TradeId("8"),
    side=Side.BUY,
    quantity=AMOUNT,
    price=PRICE,
    fee=Money(Decimal(0), Currency("USDT")),
    liquidity=None,
    venue_order_id=None,
    found_by=FoundBy.STREAM,
    venue_time_ns=1,
    learnt_ns=1,
)
POSITION = PositionChanged(
    account=ACCOUNT,
    strategy_id=STRATEGY,
    instrument=KEY,
    quantity=AMOUNT,
    open_cash=Decimal(-600),
    average_entry_price=PRICE,
    realized_pnl=Decimal(0),
    fees={},
    trade_id=TradeId("8"),
    changed_ns=1,
)
FACTS = (RECORDED, RELEASED, FILLED, POSITION)


def verdict(venue: dict[str, Any] | None = None, facts: tuple[Fact, ...] = FACTS, order_id: str = "ord-1") -> Verdict:
    entries = [Entry(seq=seq, ts_ns=1, epoch=1, actor="a", cause="c", fact=fact) for seq, fact in enumerate(facts, 1)]
    return judge(
        ACCOUNT, Tally(orders={"one": order_id}), entries, VENUE if venue is None else venue, DOORS, {"BTCUSDT": LINEAR}
    )


def changed(*path: str | int, to: Any) -> dict[str, Any]:
    """Return the venue's record with something in it changed."""
    venue = deepcopy(VENUE)
    place: Any = venue
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = to
    return venue


def test_two_sides_that_agree_leave_nothing_to_find() -> None:
    found = verdict()
    assert (found.lost, found.repeated, found.wrong_positions) == ([], [], [])
    assert (found.orders, found.trades) == (1, 1)


@pytest.mark.parametrize(
    ("venue", "said"),
    [
        (changed("orders", 0, "status", to="NEW"), "at the venue NEW"),
        (changed("orders", 0, "executedQty", to="0.009"), "at the venue FILLED with 0.009"),
        (changed("orders", 0, "clientOrderId", to="x2"), "the venue holds x2"),
        (changed("orders", to=[]), "it is not known"),
        (changed("trades", to=[]), "we alone have the trade"),
        (changed("trades", 0, "price", to="60001"), "the venue alone has the trade"),
    ],
)
def test_an_order_or_trade_that_one_side_lacks_is_lost(venue: dict[str, Any], said: str) -> None:
    assert said in "\n".join(verdict(venue).lost)


def test_an_acknowledged_order_that_the_journal_lacks_is_lost() -> None:
    assert "was acknowledged" in "\n".join(verdict(order_id="ord-2").lost)


def test_an_order_that_we_took_back_because_its_time_was_over_is_canceled_at_the_venue() -> None:
    ended = OrderExpired(operation_id=OPERATION, reason="", venue_time_ns=0, learnt_ns=1)
    asked = CancelRequested(
        operation_id=OPERATION, status=OrderStatus.PENDING_CANCEL, principal=Principal("livexec"), reason="",
        requested_ns=1, expired=True,
    )  # fmt: skip
    canceled = changed("orders", 0, "status", to="CANCELED") | {"trades": [], "positions": {}}
    canceled["orders"][0]["executedQty"] = "0"
    released = (RECORDED, RELEASED)
    assert "ended EXPIRED" in "\n".join(verdict(canceled, (*released, ended)).lost)
    assert verdict(canceled, (*released, asked, ended)).lost == []


@pytest.mark.parametrize(
    "found",
    [
        verdict(changed("asked", "x1", to=2)),
        verdict(changed("orders", to=[*VENUE["orders"], {**VENUE["orders"][0], "orderId": 9}])),
        verdict(facts=(*FACTS, FILLED)),
        verdict(facts=(*FACTS, RELEASED)),
    ],
)
def test_what_happened_twice_is_repeated(found: Verdict) -> None:
    assert len(found.repeated) == 1


@pytest.mark.parametrize("held", ["0.011", "-0.010"])
def test_a_position_that_the_venue_counts_otherwise_is_wrong(held: str) -> None:
    assert len(verdict(changed("positions", "main", "BTCUSDT", to=held)).wrong_positions) == 1
