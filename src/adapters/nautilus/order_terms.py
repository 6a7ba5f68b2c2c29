"""What each order is worked with, as its venue last told: words that differ from it tell of an amend."""

from __future__ import annotations

from collections import OrderedDict
from typing import Final, NamedTuple

from ports.reports import AmendReport, FillReport, OrderStatusReport
from ports.values import ClientOrderId, Price, Quantity

_REMEMBERED: Final = 100_000


class Terms(NamedTuple):
    """A whole quantity and a limit price, and since when, on the venue's clock."""

    quantity: Quantity
    price: Price
    since_ns: int


class OrderTerms:
    """The terms of the orders of one connection."""

    def __init__(self) -> None:
        self._terms: OrderedDict[ClientOrderId, Terms] = OrderedDict()

    def get(self, client_order_id: ClientOrderId) -> Terms | None:
        """Return what an order is worked with; None where nothing told it."""
        return self._terms.get(client_order_id)

    def note(self, client_order_id: ClientOrderId, quantity: Quantity, price: Price, since_ns: int) -> None:
        """Take what an order is worked with from here on."""
        self._terms[client_order_id] = Terms(quantity, price, since_ns)
        self._terms.move_to_end(client_order_id)
        if len(self._terms) > _REMEMBERED:
            self._terms.popitem(last=False)

    def note_report(self, order: OrderStatusReport) -> None:
        """Take what a report says, where it says it."""
        if order.quantity is not None and order.price is not None:
            self.note(order.client_order_id, order.quantity, order.price, order.venue_time_ns)

    def amended(self, said: OrderStatusReport | FillReport, quantity: Quantity, price: Price) -> AmendReport | None:
        """Return the amend that a word of the venue tells of, ours or by hand. A late message tells of none."""
        if said.client_order_id is None:
            return None
        before = self._terms.get(said.client_order_id)
        if before is not None and said.venue_time_ns < before.since_ns:
            return None
        self.note(said.client_order_id, quantity, price, said.venue_time_ns)
        if before is None or before[:2] == (quantity, price):
            return None
        return AmendReport(
            account=said.account,
            instrument=said.instrument,
            client_order_id=said.client_order_id,
            venue_order_id=said.venue_order_id,
            quantity=quantity,
            price=price,
            venue_time_ns=said.venue_time_ns,
        )
