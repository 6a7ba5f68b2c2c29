"""What was sent, changed, recorded and traded, and when: reckoned from facts alone, for limits on conduct."""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Final

from core.invariants.reckoning import Reckoning
from ports.commands import OrderTerms
from ports.facts import (
    AmendRequested,
    AmendWasRefused,
    CancelRequested,
    CancelWasRefused,
    Fact,
    HeldOrderAmended,
    LimitsSet,
    OrderAmended,
    OrderFilled,
    OrderRecorded,
    OrderReleased,
    OrderUnsent,
)
from ports.instruments import InstrumentKey
from ports.values import AccountId, OperationId, Side

_DAY_NS: Final = 86_400 * 1_000_000_000

type _Content = tuple[object, ...]


@dataclass(slots=True)
class Open:
    """Where an order was released, and at which prices it may be worked: its own, and that of an unanswered amend."""

    account: AccountId
    instrument: InstrumentKey
    side: Side
    price: Decimal | None
    wanted: Decimal | None = None
    cancel_asked: bool = False


class Conduct:
    """Everything that limits on rates, repeats and self-trades are compared with, as of the facts taken so far."""

    def __init__(self, reckoning: Reckoning) -> None:
        self._reckoning = reckoning
        self._times: defaultdict[tuple[str, str], list[int]] = defaultdict(list)
        self._terms: dict[OperationId, OrderTerms] = {}
        self._open: dict[OperationId, Open] = {}
        self._said: dict[_Content, int] = {}
        self._keeps_said = False  # repeats count from when they were first limited

    def take(self, fact: Fact) -> None:  # noqa: C901 - the one place that branches
        """Count one fact in."""
        match fact:
            case LimitsSet():
                self._keeps_said = fact.limits.duplicate_window_ms is not None
                if not self._keeps_said:
                    self._said.clear()
            case OrderRecorded():
                self._terms[fact.operation_id] = fact.terms
                self._add("recorded", fact.terms.strategy_id, fact.recorded_ns)
            case HeldOrderAmended() if fact.operation_id in self._terms:
                terms = self._terms[fact.operation_id]
                self._terms[fact.operation_id] = replace(terms, quantity=fact.quantity, price=fact.price)
            case OrderReleased() if fact.operation_id in self._terms:
                self._released(fact)
            case OrderUnsent() if fact.operation_id in self._open:
                terms = self._terms[fact.operation_id]
                self._said.pop(_content(terms, self._open.pop(fact.operation_id).instrument), None)
            case AmendRequested() | CancelRequested() if fact.operation_id in self._terms:
                self._changed(fact)
            case OrderAmended() if fact.operation_id in self._open:
                self._open[fact.operation_id].price, self._open[fact.operation_id].wanted = fact.price, None
            case AmendWasRefused() if fact.operation_id in self._open:
                self._open[fact.operation_id].wanted = None
            case CancelWasRefused() if fact.operation_id in self._open:
                self._open[fact.operation_id].cancel_asked = False
            case OrderFilled():
                self._add("traded", fact.strategy_id, fact.learnt_ns)
            case _:
                pass

    def within(self, what: str, whose: str, now_ns: int, window_ns: int) -> int:
        """How often something happened in the window that ends now; `whose` is a strategy, a venue, or empty: all."""
        times = self._times[what, whose]
        return len(times) - bisect_right(times, now_ns - window_ns)

    def today(self, what: str, whose: str, now_ns: int) -> int:
        """How often something happened since 00:00 UTC."""
        return self.within(what, whose, now_ns, now_ns % _DAY_NS + 1)

    def said_ns(self, terms: OrderTerms, instrument: InstrumentKey) -> int | None:
        """When the same order was released last; None where never."""
        return self._said.get(_content(terms, instrument))

    def terms(self, operation_id: OperationId) -> OrderTerms:
        """What an order says."""
        return self._terms[operation_id]

    def met(self, account: AccountId, instrument: InstrumentKey, terms: OrderTerms) -> Iterator[Open]:
        """Yield the open orders of the other side that an order would meet."""
        for operation_id, one in self._open.items():
            if not self._reckoning.orders[operation_id].is_open or one.side is terms.side:
                continue
            prices = [price for price in (one.price, one.wanted) if price is not None]
            if one.account == account and one.instrument == instrument and any(_meets(terms, at) for at in prices):
                yield one

    def tidy(self) -> None:
        """Forget orders that have ended."""
        self._open = {name: one for name, one in self._open.items() if self._reckoning.orders[name].is_open}

    def _released(self, fact: OrderReleased) -> None:
        terms = self._terms[fact.operation_id]
        for whose in ("", terms.strategy_id, fact.instrument.venue):
            self._add("orders", whose, fact.released_ns)
            self._add("messages", whose, fact.released_ns)
        if self._keeps_said and terms.parent_operation_id is None:
            self._said[_content(terms, fact.instrument)] = fact.released_ns
        self._open[fact.operation_id] = Open(fact.account, fact.instrument, terms.side, terms.price)
        if len(self._open) % 256 == 0:
            self.tidy()

    def _changed(self, fact: AmendRequested | CancelRequested) -> None:
        terms, opened = self._terms[fact.operation_id], self._open.get(fact.operation_id)
        venue = terms.instrument.venue if opened is None else opened.instrument.venue
        for whose in ("", terms.strategy_id, venue):
            self._add("messages", whose, fact.requested_ns)
            self._add("changes", whose, fact.requested_ns)
        if opened is None:
            return
        if isinstance(fact, AmendRequested):
            opened.wanted = fact.price
        else:
            opened.cancel_asked = True

    def _add(self, what: str, whose: str, now_ns: int) -> None:
        self._times[what, whose].append(now_ns)


def _content(terms: OrderTerms, instrument: InstrumentKey) -> _Content:
    return (terms.strategy_id, instrument, terms.side, Decimal(terms.quantity), terms.price)


def _meets(terms: OrderTerms, price: Decimal) -> bool:
    if terms.price is None:
        return True
    return terms.price >= price if terms.side is Side.BUY else terms.price <= price
