"""What a user stream has told, held against what the venue lists."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as some

from adapters.nautilus.live_words import UnreadableError, decimal
from adapters.nautilus.stream_watch import StreamWatch
from ports.instruments import InstrumentKey
from ports.reports import FillReport, OrderStatusReport, VenueOrderStatus
from ports.values import (
    AccountId,
    ClientOrderId,
    Currency,
    Money,
    Price,
    Quantity,
    Side,
    TradeId,
    VenueOrderId,
)

BTC = InstrumentKey("BINANCE-FUTURES:PERPETUAL:BTC-USDT@LIN")
ACCOUNT = AccountId("MAIN")
WORKS, FILLED, ENDED = VenueOrderStatus.ACCEPTED, VenueOrderStatus.FILLED, VenueOrderStatus.CANCELED


def order(number: int, status: VenueOrderStatus = WORKS, filled: str = "0") -> OrderStatusReport:
    """Return where an order is said to be."""
    return OrderStatusReport(
        account=ACCOUNT,
        instrument=BTC,
        client_order_id=ClientOrderId(f"c{number}"),
        status=status,
        venue_order_id=VenueOrderId(str(number)),
        filled_quantity=Decimal(filled),
    )


def trade(number: int, quantity: str = "1") -> FillReport:
    """Return a trade, whose ever."""
    return FillReport(
        account=ACCOUNT,
        instrument=BTC,
        client_order_id=None,
        venue_order_id=None,
        trade_id=TradeId(str(number)),
        side=Side.BUY,
        quantity=Quantity(Decimal(quantity)),
        price=Price(Decimal(1)),
        fee=Money(Decimal(0), Currency("USDT")),
        liquidity=None,
        venue_time_ns=1,
    )


def test_a_stream_that_told_everything_missed_nothing() -> None:
    watch = StreamWatch()
    watch.begin([order(1)])
    watch.accepted(BTC, VenueOrderId("2"))
    assert not watch.hear(order(2), None)
    assert not watch.hear(order(2, filled="1"), trade(7))
    assert watch.missed([order(1), order(2, filled="1")], [trade(7)]) == frozenset()
    assert not watch.hear(order(2, FILLED, "3"), trade(8, "2"))
    assert watch.missed([order(1)], [trade(7), trade(8)]) == frozenset()
    assert watch.busy == {BTC}


@pytest.mark.parametrize(
    ("open_orders", "trades", "said"),
    [
        ([order(1), order(9)], [], f"order 9 of {BTC} is open"),
        ([], [], f"order 1 of {BTC} is open no more"),
        ([order(1)], [trade(5)], f"trade 5 of {BTC}"),
    ],
)
def test_what_it_did_not_tell_is_named(
    open_orders: list[OrderStatusReport], trades: list[FillReport], said: str
) -> None:
    watch = StreamWatch()
    watch.begin([order(1)])
    assert watch.missed(open_orders, trades) == {said}


def test_an_accepted_order_must_be_told_of() -> None:
    watch = StreamWatch()
    watch.accepted(BTC, VenueOrderId("3"))
    assert watch.missed([], []) == {f"order 3 of {BTC} was accepted"}
    watch.hear(order(3, ENDED), None)
    watch.accepted(BTC, VenueOrderId("3"))  # the answer came after the stream
    assert watch.missed([], []) == frozenset()


def test_a_hole_between_two_trades_is_seen() -> None:
    watch = StreamWatch()
    watch.hear(order(1), None)
    assert watch.hear(order(1, filled="3"), trade(2))
    assert watch.hear(order(1, ENDED, "4"), None)


@given(some.lists(some.integers(1, 9), min_size=1, max_size=8), some.data())
def test_a_hole_is_seen_by_the_last_word_at_the_latest(amounts: list[int], data: some.DataObject) -> None:
    """Whatever trades are kept back, unless the last word itself is."""
    total = 0
    told: list[tuple[OrderStatusReport, FillReport | None]] = [(order(1), None)]
    kept_back = data.draw(some.sets(some.integers(0, len(amounts) - 2))) if len(amounts) > 1 else set()
    for number, amount in enumerate(amounts):
        total += amount
        status = FILLED if number == len(amounts) - 1 else WORKS
        if number not in kept_back:
            told.append((order(1, status, str(total)), trade(number + 1, str(amount))))
    watch = StreamWatch()
    assert any(watch.hear(*word) for word in told) is bool(kept_back)


@pytest.mark.parametrize("text", ["", "NaN", "Infinity", "1e400", "0.0000000000000000001", "one"])
def test_a_number_that_cannot_be_held_is_unreadable(text: str) -> None:
    with pytest.raises(UnreadableError):
        decimal(text)
