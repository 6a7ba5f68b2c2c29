"""Events that the node makes up by itself are never booked."""

from decimal import Decimal
from typing import Any

import pytest
from nautilus_trader.core.uuid import UUID4
from nautilus_trader.model.enums import LiquiditySide, OrderSide, OrderType
from nautilus_trader.model.events import (
    OrderAccepted,
    OrderCanceled,
    OrderCancelRejected,
    OrderDenied,
    OrderEvent,
    OrderExpired,
    OrderFilled,
    OrderPendingCancel,
    OrderRejected,
    OrderSubmitted,
)
from nautilus_trader.model.identifiers import AccountId as NautilusAccountId
from nautilus_trader.model.identifiers import ClientOrderId as NautilusClientOrderId
from nautilus_trader.model.identifiers import InstrumentId, PositionId, StrategyId, TraderId
from nautilus_trader.model.identifiers import TradeId as NautilusTradeId
from nautilus_trader.model.identifiers import VenueOrderId as NautilusVenueOrderId
from nautilus_trader.model.objects import Currency, Money, Price, Quantity

from adapters.nautilus.bridge import EventBridge, report_of
from adapters.nautilus.translate import instrument_id, instrument_key
from ports.instruments import InstrumentKey
from ports.reports import CancelRefused, FillReport, OrderOutcomeUnknown, OrderStatusReport, Report, VenueOrderStatus
from ports.values import AccountId, ClientOrderId

from fakes.paper_trader import SPOT

NAMES = {
    "trader_id": TraderId("LIVEXEC-001"),
    "strategy_id": StrategyId("LIVEXEC-PAPER"),
    "instrument_id": instrument_id(SPOT),
    "client_order_id": NautilusClientOrderId("order-1"),
    "event_id": UUID4(),
    "ts_init": 7,
}
ACCOUNT = {"account_id": NautilusAccountId("BINANCE_SPOT-001")}
PLACED = {**ACCOUNT, "venue_order_id": NautilusVenueOrderId("venue-1"), "ts_event": 5}


class Inbox:
    account = AccountId("PAPER-BINANCE-SPOT")

    def __init__(self) -> None:
        self.taken: list[Report] = []

    def key_of(self, identifier: InstrumentId) -> InstrumentKey:
        return instrument_key(identifier)

    def filled(self, client_order_id: ClientOrderId) -> Decimal:
        return {"order-1": Decimal("0.25")}[client_order_id]

    def take(self, report: Report) -> None:
        self.taken.append(report)


def rejected(reason: str, **more: Any) -> OrderRejected:
    return OrderRejected(**NAMES, **ACCOUNT, reason=reason, ts_event=5, **more)


def filled(**more: Any) -> OrderFilled:
    return OrderFilled(
        **NAMES,
        **PLACED,
        trade_id=NautilusTradeId("trade-1"),
        position_id=PositionId("P-1"),
        order_side=OrderSide.SELL,
        order_type=OrderType.LIMIT,
        last_qty=Quantity.from_str("0.50000"),
        last_px=Price.from_str("60000.00"),
        currency=Currency.from_str("USDT"),
        commission=Money.from_str("-1.5 USDT"),
        liquidity_side=LiquiditySide.MAKER,
        **more,
    )


@pytest.mark.parametrize(
    ("event", "status"),
    [
        (OrderAccepted(**NAMES, **PLACED), VenueOrderStatus.ACCEPTED),
        (OrderCanceled(**NAMES, **PLACED), VenueOrderStatus.CANCELED),
        (OrderExpired(**NAMES, **PLACED), VenueOrderStatus.EXPIRED),
        (rejected("post only would cross"), VenueOrderStatus.REJECTED),
        (OrderDenied(**NAMES, reason="not enough"), VenueOrderStatus.REJECTED),
    ],
)
def test_a_venues_word_becomes_a_status_report(event: OrderEvent, status: VenueOrderStatus) -> None:
    report = report_of(event, Inbox())
    assert isinstance(report, OrderStatusReport)
    assert (report.status, report.instrument, report.client_order_id) == (status, SPOT, "order-1")
    assert report.filled_quantity == Decimal("0.25")


@pytest.mark.parametrize("reason", ["UNKNOWN", "INFLIGHT_TIMEOUT"])
def test_a_rejection_that_the_node_guessed_leaves_the_outcome_unknown(reason: str) -> None:
    assert isinstance(report_of(rejected(reason), Inbox()), OrderOutcomeUnknown)


@pytest.mark.parametrize(
    "event",
    [
        OrderAccepted(**NAMES, **PLACED, reconciliation=True),
        OrderCanceled(**NAMES, **PLACED, reconciliation=True),
        OrderExpired(**NAMES, **PLACED, reconciliation=True),
        OrderCancelRejected(**NAMES, **PLACED, reason="gone", reconciliation=True),
        rejected("any", reconciliation=True),
        filled(reconciliation=True),
    ],
)
def test_an_event_marked_reconciliation_is_never_booked(event: OrderEvent) -> None:
    report = report_of(event, Inbox())
    assert isinstance(report, OrderOutcomeUnknown)
    assert report.client_order_id == "order-1"
    assert type(event).__name__ in report.reason


def test_a_fill_keeps_every_number_exactly() -> None:
    report = report_of(filled(), Inbox())
    assert isinstance(report, FillReport)
    assert (report.side, report.quantity, report.price) == ("SELL", Decimal("0.5"), Decimal(60000))
    assert (report.fee.amount, report.fee.currency, report.liquidity) == (Decimal("-1.5"), "USDT", "MAKER")
    assert (report.trade_id, report.venue_order_id, report.venue_time_ns) == ("trade-1", "venue-1", 5)


def test_a_cancel_that_was_refused_settles_nothing() -> None:
    report = report_of(OrderCancelRejected(**NAMES, **PLACED, reason="too late"), Inbox())
    assert isinstance(report, CancelRefused)
    assert report.reason == "too late"


@pytest.mark.parametrize(
    "event",
    [
        OrderSubmitted(**NAMES, **ACCOUNT, ts_event=5),
        OrderPendingCancel(**NAMES, **PLACED),
    ],
)
def test_what_only_the_node_did_is_no_report(event: OrderEvent) -> None:
    assert report_of(event, Inbox()) is None


def test_an_event_goes_to_the_inbox_of_its_venue_and_no_other(caplog: pytest.LogCaptureFixture) -> None:
    ours, other = Inbox(), Inbox()
    EventBridge(None, {"BINANCE_SPOT": ours, "OKX": other}).deliver(filled())
    assert (len(ours.taken), len(other.taken)) == (1, 0)
    EventBridge(None, {"OKX": other}).deliver(filled())
    assert other.taken == []
    assert "no venue of ours" in caplog.text
