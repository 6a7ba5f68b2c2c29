"""What the node says about orders, as reports to the right session."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from decimal import Decimal
from typing import Final, Protocol

from nautilus_trader.common.component import MessageBus
from nautilus_trader.model.enums import LiquiditySide, OrderSide
from nautilus_trader.model.events import (
    OrderAccepted,
    OrderCanceled,
    OrderCancelRejected,
    OrderDenied,
    OrderEvent,
    OrderExpired,
    OrderFilled,
    OrderModifyRejected,
    OrderRejected,
    OrderUpdated,
)
from nautilus_trader.model.identifiers import InstrumentId

from adapters.nautilus.translate import money
from ports.instruments import InstrumentKey
from ports.reports import (
    AmendRefused,
    AmendReport,
    CancelRefused,
    FillReport,
    OrderOutcomeUnknown,
    OrderStatusReport,
    Report,
    VenueOrderStatus,
)
from ports.values import (
    AccountId,
    ClientOrderId,
    Liquidity,
    Price,
    Quantity,
    Side,
    TradeId,
    VenueOrderId,
)

_log = logging.getLogger(__name__)
# One wildcard: a subscription, or a topic, per order would slow every later order.
ORDER_EVENTS: Final = "events.order.*"
# The node's own guesses about orders whose acknowledgement never came; no venue said so.
_GUESSES: Final = frozenset({"UNKNOWN", "INFLIGHT_TIMEOUT"})
_LIQUIDITY: Final = {LiquiditySide.MAKER: Liquidity.MAKER, LiquiditySide.TAKER: Liquidity.TAKER}
_STATUSES: Final = (
    (OrderAccepted, VenueOrderStatus.ACCEPTED),
    (OrderCanceled, VenueOrderStatus.CANCELED),
    (OrderExpired, VenueOrderStatus.EXPIRED),
    (OrderRejected, VenueOrderStatus.REJECTED),
    (OrderDenied, VenueOrderStatus.REJECTED),  # by the node, before anything was sent
)


class Inbox(Protocol):
    """Who takes the reports of one venue's instruments."""

    @property
    def account(self) -> AccountId: ...

    def key_of(self, identifier: InstrumentId) -> InstrumentKey: ...

    def filled(self, client_order_id: ClientOrderId) -> Decimal:
        """Return how much of an order its venue has filled so far."""

    def take(self, report: Report) -> None: ...


class EventBridge:
    """Follows every order event of one node from `open` to `close`. `inboxes` is keyed by Nautilus's venue name."""

    def __init__(self, bus: MessageBus, inboxes: Mapping[str, Inbox]) -> None:
        self._bus = bus
        self._inboxes = inboxes

    def open(self) -> None:
        self._bus.subscribe(ORDER_EVENTS, self.deliver)

    def close(self) -> None:
        self._bus.unsubscribe(ORDER_EVENTS, self.deliver)

    def deliver(self, event: OrderEvent) -> None:
        """Hand the report that `event` means, if any, to its inbox."""
        inbox = self._inboxes.get(event.instrument_id.venue.value)
        if inbox is None:
            _log.error("an order event of no venue of ours: %s", event)
            return
        if (report := report_of(event, inbox)) is not None:
            inbox.take(report)


def report_of(event: OrderEvent, inbox: Inbox) -> Report | None:
    """Return what an order event means to us; None where it tells nothing of the venue (submitted, pending).

    An event that the node made up (reconciliation, a guess after silence) is never booked: the order's outcome is
    unknown, and whoever hears so asks the venue.
    """
    client_order_id = ClientOrderId(event.client_order_id.value)
    if _is_made_up(event):
        reason = f"Nautilus inferred {type(event).__name__} by itself: {getattr(event, 'reason', '')}"
        return OrderOutcomeUnknown(account=inbox.account, client_order_id=client_order_id, reason=reason)
    if isinstance(event, OrderFilled):
        return _fill(event, inbox, client_order_id)
    if isinstance(event, OrderCancelRejected):
        return CancelRefused(account=inbox.account, client_order_id=client_order_id, reason=event.reason or "")
    if isinstance(event, OrderModifyRejected):
        return AmendRefused(account=inbox.account, client_order_id=client_order_id, reason=event.reason or "")
    if isinstance(event, OrderUpdated):
        return _amended(event, inbox, client_order_id)
    for kind, status in _STATUSES:
        if isinstance(event, kind):
            return _status(event, inbox, client_order_id, status)
    return None


def _is_made_up(event: OrderEvent) -> bool:
    if isinstance(event, OrderRejected) and event.reason in _GUESSES:
        return True
    # A denial is the node's own by nature and carries no mark; submitted and pending events are not booked anyway.
    return isinstance(
        event,
        OrderAccepted
        | OrderCanceled
        | OrderCancelRejected
        | OrderExpired
        | OrderFilled
        | OrderModifyRejected
        | OrderRejected
        | OrderUpdated,
    ) and bool(event.reconciliation)


def _amended(event: OrderUpdated, inbox: Inbox, client_order_id: ClientOrderId) -> AmendReport | None:
    if event.price is None:  # a market order that the engine resized: nobody asked for it
        return None
    return AmendReport(
        account=inbox.account,
        instrument=inbox.key_of(event.instrument_id),
        client_order_id=client_order_id,
        venue_order_id=None if event.venue_order_id is None else VenueOrderId(event.venue_order_id.value),
        quantity=Quantity(event.quantity.as_decimal()),
        price=Price(event.price.as_decimal()),
        venue_time_ns=event.ts_event,
    )


def _fill(event: OrderFilled, inbox: Inbox, client_order_id: ClientOrderId) -> FillReport:
    return FillReport(
        account=inbox.account,
        instrument=inbox.key_of(event.instrument_id),
        client_order_id=client_order_id,
        venue_order_id=VenueOrderId(event.venue_order_id.value),
        trade_id=TradeId(event.trade_id.value),
        side=Side.BUY if event.order_side == OrderSide.BUY else Side.SELL,
        quantity=Quantity(event.last_qty.as_decimal()),
        price=Price(event.last_px.as_decimal()),
        fee=money(event.commission),
        liquidity=_LIQUIDITY.get(event.liquidity_side),
        venue_time_ns=event.ts_event,
    )


def _status(
    event: OrderEvent, inbox: Inbox, client_order_id: ClientOrderId, status: VenueOrderStatus
) -> OrderStatusReport:
    venue_order_id = event.venue_order_id
    refused = status is VenueOrderStatus.REJECTED
    return OrderStatusReport(
        account=inbox.account,
        instrument=inbox.key_of(event.instrument_id),
        client_order_id=client_order_id,
        status=status,
        venue_order_id=None if venue_order_id is None else VenueOrderId(venue_order_id.value),
        filled_quantity=inbox.filled(client_order_id),
        reason=event.reason if refused else "",
        venue_time_ns=event.ts_event,
    )
