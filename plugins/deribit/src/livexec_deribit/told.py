"""What the venue has told over one connection, and what of it is news: answers and stream both tell everything."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Collection
from typing import Final

from livexec_deribit.words import NANOS_A_MILLI, TRIGGERED, OrderState, status_of
from ports.reports import AmendReport, FillReport, Report
from ports.values import AccountId, ClientOrderId, Price, Quantity, VenueOrderId

_REMEMBERED: Final = 100_000


class Told:
    """Reports each trade, state and amend once, in whichever order it is told."""

    def __init__(self, account: AccountId, put: Callable[[Report], None]) -> None:
        self._account = account
        self._put = put
        self._unnamed: set[ClientOrderId] = set()  # about to leave or sent, and the venue has not said a word of it
        self._works_with: OrderedDict[str, OrderState] = OrderedDict()  # newest state of each order, by the venue's id
        self._by_label: OrderedDict[ClientOrderId, str] = OrderedDict()
        self._trades: OrderedDict[tuple[str, str], None] = OrderedDict()
        self.at_work: dict[str, OrderState] = {}  # by the venue's id, by hand ones too

    @property
    def working(self) -> Collection[OrderState] | None:
        """Return every open order; None while the venue has not yet named one that was sent over this connection."""
        return None if self._unnamed else self.at_work.values()

    def sending(self, name: ClientOrderId) -> None:
        """Note that an order is about to leave."""
        self._unnamed.add(name)

    def unsent(self, name: ClientOrderId) -> None:
        """Note that an order is not at the venue: it did not leave, or was refused."""
        self._unnamed.discard(name)

    def of_label(self, name: ClientOrderId) -> OrderState | None:
        """Return the newest state of the order that a label names; None: it was not told."""
        return self._works_with.get(self._by_label.get(name, ""))

    def fill(self, fill: FillReport) -> None:
        """Report a trade, once."""
        trade = (fill.instrument, fill.trade_id)
        if trade not in self._trades:
            _keep(self._trades, trade, None)
            self._put(fill)

    def order(self, order: OrderState) -> None:
        """Report what is new about an order."""
        before = self._works_with.get(order.order_id)
        if before is not None and (order.updated_ms, order.filled) < (before.updated_ms, before.filled):
            return  # an older word
        self.note(order)
        if order.client_order_id is None or order.state == TRIGGERED or (before is not None and before.has_ended):
            return
        is_amended = before is not None and (order.amount, order.price) != (before.amount, before.price)
        if is_amended and order.is_open and order.price is not None:
            self._put(self._amended(order, order.client_order_id, order.price))
        if before is None or (order.state, order.filled) != (before.state, before.filled):
            self._put(status_of(self._account, order))

    def note(self, order: OrderState) -> None:
        """Remember how an order is, and report nothing."""
        _keep(self._works_with, order.order_id, order)
        if order.is_open:
            self.at_work[order.order_id] = order
        else:
            self.at_work.pop(order.order_id, None)
        if order.client_order_id is not None:
            self._unnamed.discard(order.client_order_id)
        if order.client_order_id is not None and order.state != TRIGGERED:
            _keep(self._by_label, order.client_order_id, order.order_id)

    def _amended(self, order: OrderState, name: ClientOrderId, price: Price) -> AmendReport:
        return AmendReport(
            account=self._account,
            instrument=order.instrument,
            client_order_id=name,
            venue_order_id=VenueOrderId(order.order_id),
            quantity=Quantity(order.amount),
            price=price,
            venue_time_ns=order.updated_ms * NANOS_A_MILLI,
        )


def _keep[K, V](memory: OrderedDict[K, V], one: K, value: V) -> None:
    memory[one] = value
    memory.move_to_end(one)
    if len(memory) > _REMEMBERED:
        memory.popitem(last=False)
