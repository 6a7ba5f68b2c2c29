"""What one paper venue knows of the orders that it was sent in this life: its answer to every question."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Final

from ports.errors import VenueUnavailableError
from ports.reports import AmendReport, FillReport, OrderEvidence, OrderStatusReport, VenueOrderStatus
from ports.requests import SendOrder
from ports.values import ClientOrderId, VenueOrderId

KEPT_CLOSED: Final = 100_000  # closed orders; and as many fills
_CLOSED: Final = frozenset(VenueOrderStatus) - {VenueOrderStatus.ACCEPTED}


class PaperOrder:
    """One order of the book: where it is, and its fills, oldest first."""

    __slots__ = ("filled", "fills", "order", "reason", "status", "time_ns", "venue_order_id")

    def __init__(self, order: SendOrder, now_ns: int) -> None:
        self.order = order
        self.status = VenueOrderStatus.ACCEPTED
        self.venue_order_id: VenueOrderId | None = None
        self.filled = Decimal(0)
        self.fills: list[FillReport] = []
        self.reason = ""
        self.time_ns = now_ns

    @property
    def is_closed(self) -> bool:
        return self.status in _CLOSED

    def report(self) -> OrderStatusReport:
        return OrderStatusReport(
            account=self.order.account,
            instrument=self.order.instrument,
            client_order_id=self.order.client_order_id,
            status=self.status,
            venue_order_id=self.venue_order_id,
            filled_quantity=self.filled,
            quantity=self.order.quantity,
            price=self.order.price,
            reason=self.reason,
            venue_time_ns=self.time_ns,
        )


class PaperBook:
    """Orders by client order id. Remembers every open order, and the last `kept` closed ones and fills.

    After it forgot one, a question that only the forgotten could answer is not answered, rather than wrongly.
    """

    def __init__(self, kept: int = KEPT_CLOSED) -> None:
        self._kept = kept
        self._orders: dict[ClientOrderId, PaperOrder] = {}
        self._open: dict[ClientOrderId, PaperOrder] = {}
        self._closed: deque[ClientOrderId] = deque()
        self._fills: deque[FillReport] = deque()
        self._forgot_orders = False
        self._forgot_fills_until_ns = -1

    def __contains__(self, client_order_id: ClientOrderId) -> bool:
        return client_order_id in self._orders

    def get(self, client_order_id: ClientOrderId) -> PaperOrder | None:
        return self._orders.get(client_order_id)

    def open(self, order: SendOrder, now_ns: int) -> PaperOrder:
        """Enter an order that goes to the matching engine now."""
        entry = PaperOrder(order, now_ns)
        self._orders[order.client_order_id] = self._open[order.client_order_id] = entry
        return entry

    def take(self, report: OrderStatusReport | FillReport) -> bool:
        """Note what happened to an order, and say whether this closed it."""
        entry = self._orders.get(report.client_order_id) if report.client_order_id is not None else None
        if entry is None or entry.is_closed:
            return False
        if isinstance(report, FillReport):
            self._note_fill(entry, report)
        else:
            entry.status, entry.reason = report.status, report.reason
        entry.venue_order_id = report.venue_order_id or entry.venue_order_id
        entry.time_ns = report.venue_time_ns
        return self._close_if_done(entry)

    def amend(self, report: AmendReport) -> None:
        """Note what an order is worked with from now on."""
        entry = self._orders.get(report.client_order_id)
        if entry is not None:
            entry.order = replace(entry.order, quantity=report.quantity, price=report.price)
            entry.time_ns = report.venue_time_ns

    def evidence(self, client_order_id: ClientOrderId) -> OrderEvidence | None:
        """Return an order's state and all its fills; None means it was not sent in this life.

        Raises:
            VenueUnavailableError: it may be one of those forgotten.
        """
        entry = self._orders.get(client_order_id)
        if entry is not None:
            return OrderEvidence(status=entry.report(), fills=tuple(entry.fills))
        if self._forgot_orders:
            raise VenueUnavailableError(f"the paper venue keeps {self._kept} closed orders, and has closed more")
        return None

    def open_orders(self) -> Sequence[OrderStatusReport]:
        """Return every open order, in the order in which they came."""
        return tuple(entry.report() for entry in self._open.values())

    def fills_since(self, since_ns: int) -> Sequence[FillReport]:
        """Return this life's fills at or after `since_ns`, oldest first.

        Raises:
            VenueUnavailableError: some of them are forgotten.
        """
        if since_ns <= self._forgot_fills_until_ns:
            raise VenueUnavailableError(f"the paper venue keeps {self._kept} fills, and older ones were asked for")
        return tuple(fill for fill in self._fills if fill.venue_time_ns >= since_ns)

    def _note_fill(self, entry: PaperOrder, fill: FillReport) -> None:
        entry.fills.append(fill)
        entry.filled += fill.quantity
        if entry.filled == entry.order.quantity:
            entry.status = VenueOrderStatus.FILLED
        self._fills.append(fill)
        if len(self._fills) > self._kept:
            self._forgot_fills_until_ns = self._fills.popleft().venue_time_ns

    def _close_if_done(self, entry: PaperOrder) -> bool:
        if not entry.is_closed:
            return False
        client_order_id = entry.order.client_order_id
        del self._open[client_order_id]
        self._closed.append(client_order_id)
        if len(self._closed) > self._kept:
            del self._orders[self._closed.popleft()]
            self._forgot_orders = True
        return True
