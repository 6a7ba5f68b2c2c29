"""Notices what the private stream kept back, where orders and trades come in messages of their own, in any order."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable
from decimal import Decimal
from typing import Final

from adapters.nautilus.stream_watch import StreamWatch
from ports.reports import FillReport, OrderStatusReport
from ports.values import ZERO, TradeId, VenueOrderId

_ORDERS: Final = 20_000  # remembered with their trades
_TRADES: Final = 100_000


class PairedWatch(StreamWatch):
    """Besides what every watch notes: how much of an order its trades have told, and how much the order itself."""

    def __init__(self) -> None:
        super().__init__()
        self._traded: OrderedDict[VenueOrderId, dict[TradeId, Decimal]] = OrderedDict()
        self._before: dict[VenueOrderId, Decimal] = {}  # filled before the stream began

    def begin(self, orders: Iterable[OrderStatusReport]) -> None:
        """Note the orders that were open before the stream began, and how much of them was filled."""
        begun = tuple(orders)
        super().begin(begun)
        for order in begun:
            if order.venue_order_id is not None:
                self._before[order.venue_order_id] = order.filled_quantity or ZERO

    def hear_trade(self, fill: FillReport) -> None:
        """Note a trade; a repetition counts once."""
        self._trades[fill.instrument, fill.trade_id] = None
        if len(self._trades) > _TRADES:
            self._trades.popitem(last=False)
        if fill.venue_order_id is None:
            return
        self._traded.setdefault(fill.venue_order_id, {})[fill.trade_id] = fill.quantity
        self._traded.move_to_end(fill.venue_order_id)
        if len(self._traded) > _ORDERS:
            self._traded.popitem(last=False)

    def is_short(self, order: OrderStatusReport) -> bool:
        """Say whether an order tells of more than its trades have told."""
        if order.venue_order_id is None:
            return False
        told = sum(self._traded.get(order.venue_order_id, {}).values(), ZERO)
        return (order.filled_quantity or ZERO) > self._before.get(order.venue_order_id, ZERO) + told
