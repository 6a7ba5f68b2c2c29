"""Which answers of Bybit prove that an order did not come into being, and what its watch promises."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as some

from adapters.nautilus.bybit_watch import PairedWatch
from adapters.nautilus.bybit_wire import DEFINITIVE, OVER, TOO_MUCH, VenueSaysNoError, judge, words
from adapters.nautilus.live_words import InDoubt, NoAnswerError, Refused
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

BTC = InstrumentKey("BYBIT:PERPETUAL:BTC-USDT@LIN")


@pytest.mark.parametrize("code", sorted(DEFINITIVE))
def test_a_definitive_code_is_a_refusal_in_the_venues_words(code: int) -> None:
    assert judge(VenueSaysNoError(200, code, "Because.")) == Refused(f"{code}: Because.")


@pytest.mark.parametrize(
    "code",
    [-1, None, 0, 10000, 10014, 10016, 10018, 10019, 20006, 110030, 110072, 110079, 170141, 170146, *TOO_MUCH, *OVER],
)
def test_a_code_that_proves_nothing_leaves_the_order_in_doubt(code: int | None) -> None:
    assert isinstance(judge(VenueSaysNoError(200, code, "Because.")), InDoubt)


@pytest.mark.parametrize("status", [400, 401, 403, 404, 429, 500, 502, 503, 504])
def test_an_http_error_proves_nothing_whatever_its_code(status: int) -> None:
    assert isinstance(judge(VenueSaysNoError(status, 110007, "No.")), InDoubt)


@pytest.mark.parametrize(
    "failure", [NoAnswerError("none"), TimeoutError(), ValueError("unreadable"), OSError("broken")]
)
def test_no_answer_proves_nothing(failure: Exception) -> None:
    assert isinstance(judge(failure), InDoubt)


def test_a_duplicate_is_no_refusal() -> None:
    assert isinstance(judge(VenueSaysNoError(200, 10001, "OrderLinkedID is duplicate")), InDoubt)


def test_what_was_asked_for_is_not_repeated() -> None:
    assert words(ValueError("at http://x/y?orderLinkId=1: refused")) == "ValueError: at http://x/y"


def order(filled: int, status: VenueOrderStatus = VenueOrderStatus.ACCEPTED) -> OrderStatusReport:
    return OrderStatusReport(
        account=AccountId("A"),
        instrument=BTC,
        client_order_id=ClientOrderId("c"),
        status=status,
        venue_order_id=VenueOrderId("v"),
        filled_quantity=Decimal(filled),
    )


def trade(number: int, quantity: int) -> FillReport:
    return FillReport(
        account=AccountId("A"),
        instrument=BTC,
        client_order_id=ClientOrderId("c"),
        venue_order_id=VenueOrderId("v"),
        trade_id=TradeId(str(number)),
        side=Side.BUY,
        quantity=Quantity(Decimal(quantity)),
        price=Price(Decimal(1)),
        fee=Money(Decimal(0), Currency("USDT")),
        liquidity=None,
        venue_time_ns=1,
    )


@given(some.lists(some.integers(1, 9), min_size=1, max_size=8), some.data())
def test_an_order_is_short_exactly_while_a_trade_of_it_has_not_been_told(
    amounts: list[int], data: some.DataObject
) -> None:
    watch = PairedWatch()
    watch.begin([order(3)])
    told = data.draw(some.lists(some.integers(0, len(amounts) - 1), max_size=12))
    for number in told:
        watch.hear_trade(trade(number, amounts[number]))
    assert watch.is_short(order(3 + sum(amounts))) is (len(set(told)) < len(amounts))
