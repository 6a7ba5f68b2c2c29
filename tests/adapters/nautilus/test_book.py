"""The paper venue's own book: bounded, and honest about what it forgot."""

from decimal import Decimal

import pytest

from adapters.nautilus.book import PaperBook
from ports.errors import VenueUnavailableError
from ports.reports import FillReport, OrderStatusReport, VenueOrderStatus
from ports.requests import SendOrder
from ports.values import ClientOrderId, Currency, Liquidity, Money, Price, Quantity, TradeId, VenueOrderId

from fakes.paper_trader import SPOT, order


def fill_of(sent: SendOrder, trade: str, quantity: str, time_ns: int) -> FillReport:
    return FillReport(
        account=sent.account,
        instrument=SPOT,
        client_order_id=sent.client_order_id,
        venue_order_id=VenueOrderId("v-1"),
        trade_id=TradeId(trade),
        side=sent.side,
        quantity=Quantity(Decimal(quantity)),
        price=Price(Decimal(1)),
        fee=Money(Decimal(0), Currency("USDT")),
        liquidity=Liquidity.TAKER,
        venue_time_ns=time_ns,
    )


def test_an_order_is_filled_when_its_fills_add_up() -> None:
    book, sent = PaperBook(), order(SPOT, "BUY", "2", "1")
    book.open(sent, 1)
    assert not book.take(fill_of(sent, "t-1", "0.5", 2))
    assert book.open_orders()[0].filled_quantity == Decimal("0.5")
    assert book.take(fill_of(sent, "t-2", "1.5", 3))
    assert book.open_orders() == ()
    evidence = book.evidence(sent.client_order_id)
    assert evidence is not None
    assert evidence.status.status is VenueOrderStatus.FILLED


def test_a_closed_order_does_not_change_any_more() -> None:
    book, sent = PaperBook(), order(SPOT, "BUY", "2", "1")
    entry = book.open(sent, 1)
    assert book.take(fill_of(sent, "t-1", "2", 2))
    late = OrderStatusReport(
        account=sent.account,
        instrument=SPOT,
        client_order_id=sent.client_order_id,
        status=VenueOrderStatus.CANCELED,
    )
    assert not book.take(late)
    assert entry.status is VenueOrderStatus.FILLED


def test_a_book_that_forgot_orders_does_not_call_the_unknown_unknown() -> None:
    book = PaperBook(kept=2)
    sent = [order(SPOT, "BUY", "1") for _ in range(3)]
    for number, each in enumerate(sent):
        assert book.evidence(ClientOrderId("never-sent")) is None
        book.open(each, number)
        book.take(fill_of(each, f"t-{number}", "1", number))
    assert book.evidence(sent[2].client_order_id) is not None
    for asked in (sent[0].client_order_id, ClientOrderId("never-sent")):
        with pytest.raises(VenueUnavailableError):
            book.evidence(asked)


def test_a_book_that_forgot_fills_says_so_when_they_are_asked_for() -> None:
    book = PaperBook(kept=2)
    sent = order(SPOT, "BUY", "9")
    book.open(sent, 0)
    for number in (10, 20, 30):
        book.take(fill_of(sent, f"t-{number}", "1", number))
    with pytest.raises(VenueUnavailableError):
        book.fills_since(10)
    assert [fill.trade_id for fill in book.fills_since(11)] == ["t-20", "t-30"]


def test_an_open_order_is_never_forgotten() -> None:
    book, resting = PaperBook(kept=1), order(SPOT, "BUY", "1", "1")
    book.open(resting, 0)
    for number in range(5):
        each = order(SPOT, "BUY", "1")
        book.open(each, number)
        book.take(fill_of(each, f"t-{number}", "1", number))
    assert [each.client_order_id for each in book.open_orders()] == [resting.client_order_id]
    assert book.evidence(resting.client_order_id) is not None
