"""Notices what the user stream kept back: a hole in an order's trades, and a stream that has fallen silent."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable
from decimal import Decimal
from typing import Final

from ports.instruments import InstrumentKey
from ports.reports import FillReport, OrderStatusReport, VenueOrderStatus
from ports.values import ZERO, TradeId, VenueOrderId

type _Order = tuple[InstrumentKey, VenueOrderId | None]
_REMEMBERED: Final = 100_000  # trades


class StreamWatch:
    """What the user stream of one connection has told so far, to be held against the venue's own lists."""

    def __init__(self) -> None:
        self._trades: OrderedDict[tuple[InstrumentKey, TradeId], None] = OrderedDict()
        self._filled: dict[_Order, Decimal] = {}  # of working orders, as the venue sums them
        self._ended: OrderedDict[_Order, None] = OrderedDict()
        self._awaited: set[_Order] = set()  # taken by the venue, and not told of yet

    @property
    def busy(self) -> frozenset[InstrumentKey]:
        """The instruments with orders that work or may work."""
        return frozenset(instrument for instrument, _ in (*self._filled, *self._awaited))

    def working(self, instrument: InstrumentKey) -> frozenset[VenueOrderId | None]:
        """Return the orders of an instrument that work or may work."""
        return frozenset(order for key, order in (*self._filled, *self._awaited) if key == instrument)

    def hear(self, status: OrderStatusReport, fill: FillReport | None) -> bool:
        """Note an update; True where trades of its order are missing between this and the last one."""
        order = _named(status)
        self._awaited.discard(order)
        filled = status.filled_quantity or ZERO
        before = self._filled.get(order, ZERO)
        if fill is not None:
            _remember(self._trades, (fill.instrument, fill.trade_id))
        if order in self._ended:
            return False  # a repetition, or a trade that came late
        if status.status is not VenueOrderStatus.ACCEPTED:
            self._filled.pop(order, None)
            _remember(self._ended, order)
        else:
            self._filled[order] = max(filled, before)
        return filled > before + (ZERO if fill is None else fill.quantity)

    def accepted(self, instrument: InstrumentKey, venue_order_id: VenueOrderId) -> None:
        """Note that the venue took an order, in its answer to it: the stream must tell of it, too."""
        if not self._knows((instrument, venue_order_id)):
            self._awaited.add((instrument, venue_order_id))

    def begin(self, orders: Iterable[OrderStatusReport]) -> None:
        """Note the orders that were open before the stream began."""
        for order in orders:
            self._filled[_named(order)] = order.filled_quantity or ZERO

    def missed(self, open_orders: Iterable[OrderStatusReport], trades: Iterable[FillReport]) -> frozenset[str]:
        """Return what the venue lists and the stream has not told (yet), in words."""
        listed = {_named(order) for order in open_orders}
        missed = {f"order {order[1]} of {order[0]} is open" for order in listed if not self._knows(order)}
        missed |= {f"order {order[1]} of {order[0]} is open no more" for order in self._filled if order not in listed}
        missed |= {f"order {order[1]} of {order[0]} was accepted" for order in self._awaited}
        for trade in trades:
            if (trade.instrument, trade.trade_id) not in self._trades:
                missed.add(f"trade {trade.trade_id} of {trade.instrument}")
        return frozenset(missed)

    def _knows(self, order: _Order) -> bool:
        return order in self._filled or order in self._ended


def _named(report: OrderStatusReport) -> _Order:
    return report.instrument, report.venue_order_id


def _remember[K](memory: OrderedDict[K, None], key: K) -> None:
    memory[key] = None
    memory.move_to_end(key)
    if len(memory) > _REMEMBERED:
        memory.popitem(last=False)
