"""How long a flatten took, from the journal alone: from its halt to the last position closed and order ended."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from core.risk.halts import HaltKey, Whereabouts
from ports.commands import HaltMode, OrderTerms
from ports.facts import (
    Fact,
    HaltLifted,
    HaltRaised,
    LeaderStarted,
    OrderRecorded,
    OrderReleased,
    PositionChanged,
    status_after,
)
from ports.journal import Entry
from ports.values import UNATTRIBUTED, OperationId

MOST_MS: Final = 20_000.0  # on paper, where what closes fills at once; most of it is room for a busy machine


@dataclass(slots=True)
class Flattening:
    """One flatten: what there was to do, and when it was done (None: lifted before, or not yet)."""

    scope: HaltKey
    raised_ns: int
    positions: int
    orders: int
    done_ns: int | None = None
    lifted: bool = False
    restarts: int = 0  # while it went on

    @property
    def took_ms(self) -> float | None:
        """Milliseconds from the halt to flat."""
        return None if self.done_ns is None else (self.done_ns - self.raised_ns) / 1e6

    def plain(self) -> Mapping[str, Any]:
        """Return it as JSON values."""
        took = self.took_ms
        return {
            "scope": str(self.scope[0]),
            "scope_value": str(self.scope[1]),
            "positions": self.positions,
            "orders": self.orders,
            "restarts": self.restarts,
            "took_ms": None if took is None else round(took, 3),
        }


def times_to_flat(entries: Iterable[Entry]) -> Sequence[Flattening]:
    """Return every flatten of a journal, in order."""
    scene, found = _Scene(), list[Flattening]()
    for entry in entries:
        fact = entry.fact
        scene.take(fact)
        if isinstance(fact, HaltRaised) and fact.mode is HaltMode.FLATTEN:
            scope = (fact.scope, fact.value)
            found.append(Flattening(scope, fact.raised_ns, scene.positions_in(scope), scene.orders_in(scope)))
        for one in [one for one in found if one.done_ns is None and not one.lifted]:
            one.restarts += isinstance(fact, LeaderStarted)
            if isinstance(fact, HaltLifted) and (fact.scope, fact.value) == one.scope:
                one.lifted = True
            elif not scene.positions_in(one.scope) and not scene.orders_in(one.scope):
                one.done_ns = entry.ts_ns
    return found


def slowest_ms(flattenings: Iterable[Flattening]) -> float:
    """Return the longest time to flat; one that a restart fell into waited for a process, and is not counted."""
    return max([one.took_ms for one in flattenings if one.took_ms is not None and not one.restarts], default=0.0)


class _Scene:
    """Who holds what, and which orders are open."""

    def __init__(self) -> None:
        self._terms: dict[OperationId, OrderTerms] = {}
        self._held: dict[object, Whereabouts] = {}
        self._open: dict[OperationId, Whereabouts] = {}

    def positions_in(self, scope: HaltKey) -> int:
        """Return how many positions a scope covers."""
        return sum(scope in one.scopes() for one in self._held.values())

    def orders_in(self, scope: HaltKey) -> int:
        """Return how many open orders a scope covers."""
        return sum(scope in one.scopes() for one in self._open.values())

    def take(self, fact: Fact) -> None:
        """Let a fact change the scene."""
        match fact:
            case PositionChanged() if fact.strategy_id != UNATTRIBUTED:
                key = (fact.account, fact.strategy_id, fact.instrument)
                self._held.pop(key, None)
                if fact.quantity:
                    self._held[key] = Whereabouts(
                        fact.strategy_id, fact.instrument, fact.account, fact.instrument.venue
                    )
            case OrderRecorded():
                self._terms[fact.operation_id] = fact.terms
            case OrderReleased():
                terms, venue = self._terms[fact.operation_id], fact.instrument.venue
                self._open[fact.operation_id] = Whereabouts(
                    *(terms.strategy_id, fact.instrument, fact.account, venue),
                    *(fact.operation_id, terms.parent_operation_id),
                )
            case _:
                status, operation_id = status_after(fact), getattr(fact, "operation_id", None)
                if status is not None and status.is_terminal and operation_id is not None:
                    self._open.pop(operation_id, None)
