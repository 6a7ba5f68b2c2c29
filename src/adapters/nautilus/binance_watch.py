"""Notices what the user stream kept back: a hole in an order's trades, and a stream that has fallen silent."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable
from decimal import Decimal
from typing import Final

from nautilus_trader.adapters.binance.common.schemas.account import BinanceOrder, BinanceUserTrade

from adapters.nautilus.binance_words import Update, decimal

_REMEMBERED: Final = 100_000  # trades


class StreamWatch:
    """What the user stream of one connection has told so far, to be held against the venue's own lists."""

    def __init__(self, since_ms: int) -> None:
        self.since_ms = since_ms  # the venue's clock when the stream began
        self._trades: OrderedDict[tuple[str, int], None] = OrderedDict()
        self._filled: dict[tuple[str, int], Decimal] = {}  # of working orders, as the venue sums them
        self._ended: OrderedDict[tuple[str, int], None] = OrderedDict()
        self._awaited: set[tuple[str, int]] = set()  # taken by the venue, and not told of yet

    @property
    def busy(self) -> frozenset[str]:
        """The symbols with orders that work or may work."""
        return frozenset(symbol for symbol, _ in (*self._filled, *self._awaited))

    def hear(self, update: Update) -> bool:
        """Note an update; True where trades of its order are missing between this and the last one."""
        order = (update.symbol, update.order_id)
        self._awaited.discard(order)
        filled = decimal(update.filled)
        before = self._filled.get(order, Decimal(0))
        if update.is_trade:
            _remember(self._trades, (update.symbol, update.trade_id))
        if order in self._ended:
            return False  # a repetition, or a trade that came late
        if update.is_last:
            self._filled.pop(order, None)
            _remember(self._ended, order)
        else:
            self._filled[order] = max(filled, before)
        told = decimal(update.last_quantity) if update.is_trade else Decimal(0)
        return filled > before + told

    def accepted(self, symbol: str, order_id: int) -> None:
        """Note that the venue took an order, in its answer to it: the stream must tell of it, too."""
        if not self._knows((symbol, order_id)):
            self._awaited.add((symbol, order_id))

    def begin(self, orders: Iterable[BinanceOrder]) -> None:
        """Note the orders that were open before the stream began."""
        for order in orders:
            self._filled[order.symbol, order.orderId] = decimal(order.executedQty)

    def missed(self, open_orders: Iterable[BinanceOrder], trades: Iterable[BinanceUserTrade]) -> frozenset[str]:
        """Return what the venue lists and the stream has not told (yet), in words."""
        listed = {(order.symbol, order.orderId): order for order in open_orders}
        missed = {f"order {order[1]} of {order[0]} is open" for order in listed if not self._knows(order)}
        missed |= {f"order {order[1]} of {order[0]} is open no more" for order in self._filled if order not in listed}
        missed |= {f"order {order[1]} of {order[0]} was accepted" for order in self._awaited}
        for trade in trades:
            if trade.symbol is not None and trade.id is not None and (trade.symbol, trade.id) not in self._trades:
                missed.add(f"trade {trade.id} of {trade.symbol}")
        return frozenset(missed)

    def _knows(self, order: tuple[str, int]) -> bool:
        return order in self._filled or order in self._ended


def _remember[K](memory: OrderedDict[K, None], key: K) -> None:
    memory[key] = None
    memory.move_to_end(key)
    if len(memory) > _REMEMBERED:
        memory.popitem(last=False)
