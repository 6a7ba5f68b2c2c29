"""Our own open limit orders by account, instrument and side, best price first: what an order of ours would meet."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from decimal import Decimal
from heapq import heapify, heappop, heappush
from typing import Final

from core.orders.order import Order
from ports.instruments import InstrumentKey
from ports.values import AccountId, Side

type _Entry = tuple[Decimal, int, Decimal, Order]  # smallest first: what an order meets first; then the older
type _Key = tuple[AccountId, InstrumentKey, Side]

_TIDY_AT: Final = 64


class RestingOrders:
    """Every open order that has a price; one that closed or was amended leaves when looked at, or at a tidying."""

    def __init__(self) -> None:
        self.is_kept = False  # while limits ask about it
        self._sides: dict[_Key, list[_Entry]] = {}
        self._tidy_at: dict[_Key, int] = {}
        self._added = 0

    def keep(self, orders: Iterable[Order], *, wanted: bool) -> None:
        """Begin to keep the orders that are open, or stop and forget; what was kept already stays."""
        if wanted is self.is_kept:
            return
        self.is_kept = wanted
        self._sides.clear()
        for order in orders if wanted else ():
            self.add(order)

    def add(self, order: Order) -> None:
        """Take in an order that was released or amended, at each price that it may be worked with."""
        if not self.is_kept or order.account is None:
            return
        wanted = order.amending.price if order.amending is not None else order.price
        for price in {order.price, wanted}:
            if price is not None:
                self._push((order.account, order.instrument, order.terms.side), price, order)

    def met_by(
        self, account: AccountId, instrument: InstrumentKey, side: Side, limit_price: Decimal | None
    ) -> Order | None:
        """Return the order that one of `side` would meet first, None where none; `limit_price` None: a market order."""
        entries = self._sides.get((account, instrument, _other(side)))
        while entries:
            _, _, price, order = entries[0]
            if not _rests_at(order, price):
                heappop(entries)
                continue
            return order if _meets(side, limit_price, price) else None
        return None

    def all_met_by(
        self, account: AccountId, instrument: InstrumentKey, side: Side, limit_price: Decimal | None
    ) -> Iterator[Order]:
        """Yield every order that one of `side` would meet, best price first, each once."""
        entries = sorted(self._sides.get((account, instrument, _other(side)), ()), key=lambda entry: entry[:2])
        seen: set[str] = set()
        for _, _, price, order in entries:
            name = order.terms.operation_id
            if name not in seen and _rests_at(order, price) and _meets(side, limit_price, price):
                seen.add(name)
                yield order

    def _push(self, key: _Key, price: Decimal, order: Order) -> None:
        entries = self._sides.setdefault(key, [])
        if len(entries) >= self._tidy_at.get(key, _TIDY_AT):
            kept = {
                (entry[3].terms.operation_id, entry[2]): entry for entry in entries if _rests_at(entry[3], entry[2])
            }
            entries[:] = kept.values()  # once each: an order that is amended to and fro comes with every price again
            heapify(entries)
            self._tidy_at[key] = max(2 * len(entries), _TIDY_AT)
        self._added += 1  # no two entries compare their orders
        heappush(entries, (price if key[2] is Side.SELL else -price, self._added, price, order))


def _other(side: Side) -> Side:
    return Side.SELL if side is Side.BUY else Side.BUY


def _rests_at(order: Order, price: Decimal) -> bool:
    return order.is_open and (price == order.price or (order.amending is not None and price == order.amending.price))


def _meets(side: Side, limit_price: Decimal | None, price: Decimal) -> bool:
    if limit_price is None:
        return True
    return limit_price >= price if side is Side.BUY else limit_price <= price
