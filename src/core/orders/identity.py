"""Names computed from an operation id, so that a second sending of anything is recognisable for ever."""

from __future__ import annotations

from functools import lru_cache
from hashlib import blake2b
from operator import attrgetter
from typing import Final

from ports.commands import NORMAL, OrderTerms
from ports.records import brief_record
from ports.values import ClientOrderId, DecisionId, OperationId, OrderId, TimeInForce, plain

_NUMBERS: Final = ("trigger_price", "trailing_offset", "display_quantity")
_FLAGS: Final = ("post_only", "reduce_only", "split_allowed")
_NAMES: Final = ("oco_group", "after_operation_id", "parent_operation_id", "account")
_seldom: Final = attrgetter(  # what most orders leave at its default, which is looked at in one step
    *_NUMBERS, "time_in_force", "expire_time_ns", "batch", *_FLAGS, *_NAMES,
    "exec_algorithm", "venues", "exec_algorithm_params", "tags",
)  # fmt: skip
_AS_USUAL: Final[tuple[object, ...]] = (
    *(None for _ in _NUMBERS), TimeInForce.GTC, None, 0, *(False for _ in _FLAGS), "", None, None, None,
    NORMAL, (), {}, {},
)  # fmt: skip
_DIGEST_BYTES: Final = 15  # 30 hexadecimal characters: no two of 10**15 ids alike in practice


@brief_record
class Names:
    """The names of one order. A venue sees 31 lower-case letters and digits, beginning with a letter.

    That is within every venue's limits: Binance 36 of [.A-Z:/a-z0-9_-], OKX 32 letters and digits, Bybit 36,
    Deribit 64.
    """

    order_id: OrderId
    client_order_id: ClientOrderId
    decision_id: DecisionId


@lru_cache(maxsize=1024)  # asked for three times while an order is placed
def names_of(operation_id: OperationId) -> Names:
    """Return the names of an operation id's order."""
    digest = blake2b(operation_id.encode(), digest_size=_DIGEST_BYTES).hexdigest()
    return Names(OrderId(f"ord-{digest}"), ClientOrderId(f"x{digest}"), DecisionId(f"dec-{digest}"))


def client_order_id_of(operation_id: OperationId, unsent: int) -> ClientOrderId:
    """Return the name of an order's next send, after so many that are proven never to have left: each has its own.

    A late word on an earlier send is then never taken for one on this.
    """
    if not unsent:
        return names_of(operation_id).client_order_id
    digest = blake2b(operation_id.encode(), digest_size=_DIGEST_BYTES, salt=unsent.to_bytes(2))
    return ClientOrderId(f"x{digest.hexdigest()}")


def content_hash(terms: OrderTerms) -> str:
    """Return what tells whether two submits say the same: spelling of numbers and order of keys do not count.

    A field that is at its default adds nothing, so that fields added in later releases keep old hashes.
    """
    quantity, side, kind = plain(terms.quantity), terms.side, terms.order_type
    text = (  # as `_piece` writes them; every order passes here, and has all of these
        f"11,{len(terms.strategy_id)}:strategy_id{terms.strategy_id}10,{len(terms.instrument)}:instrument{terms.instrument}"
        f"4,{len(side)}:side{side}8,{len(quantity)}:quantity{quantity}10,{len(kind)}:order_type{kind}"
    )
    if terms.price is not None:
        text += _piece("price", plain(terms.price))
    if _seldom(terms) != _AS_USUAL:
        text += _numbers(terms) + _times(terms) + _flags_and_names(terms) + _collections(terms)
    return blake2b(text.encode(), digest_size=16).hexdigest()


def _collections(terms: OrderTerms) -> str:
    text = "" if terms.exec_algorithm == NORMAL else _piece("exec_algorithm", terms.exec_algorithm)
    if terms.venues:
        text += _piece("venues", "".join([_piece("", venue) for venue in terms.venues]))
    for name, held in (("params", terms.exec_algorithm_params), ("tags", terms.tags)):
        if held:
            text += _piece(name, "".join([_piece(key, held[key]) for key in sorted(held)]))
    return text


def _numbers(terms: OrderTerms) -> str:
    given = [(name, getattr(terms, name)) for name in _NUMBERS]
    return "".join([_piece(name, plain(number)) for name, number in given if number is not None])


def _times(terms: OrderTerms) -> str:
    text = "" if terms.time_in_force is TimeInForce.GTC else _piece("time_in_force", terms.time_in_force)
    if terms.expire_time_ns is not None:
        text += _piece("expire_time_ns", str(terms.expire_time_ns))
    return text


def _flags_and_names(terms: OrderTerms) -> str:
    batch = _piece("batch", str(terms.batch)) if terms.batch else ""
    flags = "".join([_piece(name, "yes") for name in _FLAGS if getattr(terms, name)])
    return batch + flags + "".join([_piece(name, getattr(terms, name)) for name in _NAMES if getattr(terms, name)])


def _piece(name: str, value: str) -> str:
    """Return a name and a value so that no other pair of texts, however chosen, is written alike."""
    return f"{len(name)},{len(value)}:{name}{value}"
