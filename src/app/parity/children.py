"""The children of a run, as they were placed and as they ended, and what differs between two runs."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from ports.facts import OrderFilled, OrderRecorded, ParentEnded
from ports.journal import Entry
from ports.market_data import Quote
from ports.values import OperationId, OrderType, Side, TimeInForce, plain

type ChildKey = tuple[str, int]  # its parent, and its number
NO_SUCH: Final = "none"


@dataclass(frozen=True, slots=True, kw_only=True)
class PlacedChild:
    """One child: what was asked for, when, and what of it traded for how much in all."""

    instrument: str
    side: Side
    quantity: Decimal
    order_type: OrderType
    price: Decimal | None
    time_in_force: TimeInForce
    post_only: bool
    placed_ns: int
    filled: Decimal = Decimal(0)
    paid: Decimal = Decimal(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """A child of which two runs say something else; values are as text."""

    parent: str
    child: int
    what: str
    live: str
    other: str

    def as_json(self) -> Mapping[str, Any]:
        """Return it as a document."""
        return {"parent": self.parent, "child": self.child, "what": self.what, "live": self.live, "other": self.other}


def children_of(entries: Iterable[Entry]) -> dict[ChildKey, PlacedChild]:
    """Return every child that facts tell of, by parent and number."""
    placed: dict[OperationId, OrderRecorded] = {}
    filled: dict[OperationId, Decimal] = {}
    paid: dict[OperationId, Decimal] = {}
    for entry in entries:
        fact = entry.fact
        if isinstance(fact, OrderRecorded) and fact.terms.parent_operation_id is not None:
            placed[fact.terms.operation_id] = fact
        elif isinstance(fact, OrderFilled) and fact.operation_id is not None:
            filled[fact.operation_id] = filled.get(fact.operation_id, Decimal(0)) + fact.quantity
            paid[fact.operation_id] = paid.get(fact.operation_id, Decimal(0)) + fact.quantity * fact.price
    return {_key(name): _child(fact, filled.get(name), paid.get(name)) for name, fact in placed.items()}


def ended_in(entries: Iterable[Entry]) -> dict[OperationId, ParentEnded]:
    """Return the end of every parent that came to one."""
    return {entry.fact.operation_id: entry.fact for entry in entries if isinstance(entry.fact, ParentEnded)}


def _key(operation_id: OperationId) -> ChildKey:
    parent, _, number = operation_id.rpartition(".")
    return parent, int(number)


def _child(fact: OrderRecorded, filled: Decimal | None, paid: Decimal | None) -> PlacedChild:
    terms = fact.terms
    return PlacedChild(
        instrument=terms.instrument,
        side=terms.side,
        quantity=terms.quantity,
        order_type=terms.order_type,
        price=terms.price,
        time_in_force=terms.time_in_force,
        post_only=terms.post_only,
        placed_ns=fact.recorded_ns,
        filled=filled or Decimal(0),
        paid=paid or Decimal(0),
    )


class QuoteTimes:
    """When each instrument was quoted: what "within one quote interval" is measured by."""

    def __init__(self, quotes: Iterable[Quote]) -> None:
        self._times: dict[str, list[int]] = {}
        for quote in quotes:
            self._times.setdefault(quote.instrument, []).append(quote.received_ns)

    def are_near(self, instrument: str, one_ns: int, other_ns: int) -> bool:
        """Say whether no quote came between two times."""
        times = self._times.get(instrument, [])
        first, last = sorted((one_ns, other_ns))
        return bisect_left(times, last) <= bisect_right(times, first)


def differences(
    live: Mapping[ChildKey, PlacedChild], other: Mapping[ChildKey, PlacedChild], quotes: QuoteTimes
) -> Sequence[Difference]:
    """Return every difference: side, quantity, price and terms are exact, time is within one quote interval."""
    found: list[Difference] = []
    for key in sorted(live.keys() | other.keys()):
        one, two = live.get(key), other.get(key)
        if one is None or two is None:
            found.append(_different(key, "child", _named(one), _named(two)))
            continue
        for what, ours, theirs in _compared(one, two):
            if ours != theirs:
                found.append(_different(key, what, _text(ours), _text(theirs)))
        if not quotes.are_near(one.instrument, one.placed_ns, two.placed_ns):
            found.append(_different(key, "time", str(one.placed_ns), str(two.placed_ns)))
    return found


def _compared(one: PlacedChild, two: PlacedChild) -> Sequence[tuple[str, object, object]]:
    names = ("instrument", "side", "quantity", "order_type", "price", "time_in_force", "post_only", "filled", "paid")
    return [(name, getattr(one, name), getattr(two, name)) for name in names]


def _different(key: ChildKey, what: str, ours: str, theirs: str) -> Difference:
    return Difference(parent=key[0], child=key[1], what=what, live=ours, other=theirs)


def _named(child: PlacedChild | None) -> str:
    return NO_SUCH if child is None else f"{child.side} {plain(child.quantity)} at {child.placed_ns}"


def _text(value: object) -> str:
    return plain(value) if isinstance(value, Decimal) else str(value)
