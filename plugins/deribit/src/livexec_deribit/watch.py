"""What the user stream has told, held against what the venue lists: a stream that keeps something back is silent."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable
from decimal import Decimal
from typing import Final

from livexec_deribit.words import OrderState
from ports.reports import FillReport

_REMEMBERED: Final = 100_000


class StreamWatch:
    """One connection's stream."""

    def __init__(self) -> None:
        self._filled: dict[str, Decimal] = {}  # of the open orders
        self._ended: OrderedDict[str, None] = OrderedDict()
        self._trades: OrderedDict[tuple[str, str], None] = OrderedDict()
        self._awaited: set[str] = set()

    def begin(self, orders: Iterable[OrderState]) -> None:
        """Note the orders that were open when the stream began."""
        for order in orders:
            if order.order_id not in self._ended:
                self._filled.setdefault(order.order_id, order.filled)

    def hear(self, order: OrderState) -> None:
        """Note what the stream says of an order."""
        self._awaited.discard(order.order_id)
        if order.is_open:
            if order.order_id not in self._ended:
                self._filled[order.order_id] = max(order.filled, self._filled.get(order.order_id, order.filled))
        else:
            self._filled.pop(order.order_id, None)
            _remember(self._ended, order.order_id)

    def hear_trade(self, fill: FillReport) -> None:
        """Note a trade that the stream tells."""
        _remember(self._trades, (fill.instrument, fill.trade_id))

    def accepted(self, order_id: str) -> None:
        """Note that the venue took an order, in its answer to it: the stream must tell of it, too."""
        if not self._knows(order_id):
            self._awaited.add(order_id)

    def missed(self, open_orders: Iterable[OrderState], trades: Iterable[FillReport]) -> frozenset[str]:
        """Return what the venue lists and the stream has not told (yet), in words."""
        listed = {order.order_id: order for order in open_orders}
        missed = {f"order {order_id} is open" for order_id in listed if not self._knows(order_id)}
        missed |= {
            f"order {order_id} has {order.filled} filled"
            for order_id, order in listed.items()
            if order.filled > self._filled.get(order_id, order.filled)
        }
        missed |= {f"order {order_id} is open no more" for order_id in self._filled if order_id not in listed}
        missed |= {f"order {order_id} was accepted" for order_id in self._awaited}
        heard = self._trades
        return frozenset(
            missed
            | {
                f"trade {one.trade_id} of {one.instrument}"
                for one in trades
                if (one.instrument, one.trade_id) not in heard
            }
        )

    def _knows(self, order_id: str) -> bool:
        return order_id in self._filled or order_id in self._ended


def _remember[K](memory: OrderedDict[K, None], one: K) -> None:
    memory[one] = None
    memory.move_to_end(one)
    if len(memory) > _REMEMBERED:
        memory.popitem(last=False)
