"""What has left memory, known again by filters alone: that a name was never there is certain, that it was is not."""

from __future__ import annotations

import re
from collections.abc import Iterable
from hashlib import blake2b
from typing import Final

from core.orders.identity import names_of
from core.orders.miss_filter import MissFilter
from core.orders.order import Order
from ports.recall import TradeKey
from ports.values import ClientOrderId, OperationId

_OURS: Final = re.compile(r"x[0-9a-f]{30}")  # every client order id of ours: see `names_of`
# Of names such as `X.7`, which an algorithm may want to give a child: a name that is "perhaps" taken is taken to be,
# so that nothing is looked up in the middle of a plan, and so there must be next to no mistakes.
_BITS_OF_A_NUMBERED_NAME: Final = 64
_FIRST_NUMBERED: Final = 1 << 16


class Departed:
    """Operation ids (orders and tombstones), by which client order ids are known too, and trades."""

    def __init__(self) -> None:
        self._names = MissFilter()
        self._numbered = MissFilter(_FIRST_NUMBERED, _BITS_OF_A_NUMBERED_NAME)
        self._trades = MissFilter()

    def order(self, order: Order) -> None:
        """An order has left, with its trades."""
        self.name(order.terms.operation_id, is_child=order.parent is not None)
        last = order.client_order_id
        if last is not None and not self.may_have_client(last):
            self._names.add(_number_of(last))  # one that was proven not sent went out under a name of its own
        self.trades([(fill.account, fill.instrument, fill.trade_id) for fill in order.fills])

    def name(self, operation_id: OperationId, *, is_child: bool = False) -> None:
        """An operation id has left: of an order, or a tombstone."""
        number = _number_of(names_of(operation_id).client_order_id)
        self._names.add(number)
        if not is_child and _is_numbered(operation_id):
            self._numbered.add(number)

    def trades(self, keys: Iterable[TradeKey]) -> None:
        """Trades have left."""
        for key in keys:
            self._trades.add(_number_of_trade(key))

    def may_have(self, operation_id: OperationId) -> bool:
        """Say whether an operation id perhaps left; False: it never did."""
        names = self._names
        return bool(names.count) and names.may_have(_number_of(names_of(operation_id).client_order_id))

    def may_have_client(self, client_order_id: ClientOrderId) -> bool:
        """Say whether the order that a venue knows by this id perhaps left; False: it never did, or is not ours."""
        return (
            bool(self._names.count) and _is_ours(client_order_id) and self._names.may_have(_number_of(client_order_id))
        )

    def may_have_trade(self, key: TradeKey) -> bool:
        """Say whether a trade perhaps left; False: it never did."""
        return bool(self._trades.count) and self._trades.may_have(_number_of_trade(key))

    def has_taken(self, operation_id: OperationId) -> bool:
        """Say whether an order that is nobody's child has left with a child's name, such as `X.7`."""
        return bool(self._numbered.count) and self._numbered.may_have(
            _number_of(names_of(operation_id).client_order_id)
        )

    def canonical(self) -> tuple[object, ...]:
        """Return what is remembered in one short shape."""
        return self._names.canonical(), self._numbered.canonical(), self._trades.canonical()


def _is_numbered(operation_id: OperationId) -> bool:
    return operation_id.rpartition(".")[2].isdecimal() and "." in operation_id


def _is_ours(client_order_id: ClientOrderId) -> bool:
    return _OURS.fullmatch(client_order_id) is not None


def _number_of(client_order_id: ClientOrderId) -> int:
    return int(client_order_id[1:], 16)


def _number_of_trade(key: TradeKey) -> int:
    account, instrument, trade_id = key
    text = f"{len(account)},{len(instrument)}:{account}{instrument}{trade_id}"
    return int.from_bytes(blake2b(text.encode(), digest_size=15).digest())
