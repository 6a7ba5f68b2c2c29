"""Halts in force: which scopes may not take new risk (RTS 6 Art. 12, kill functionality)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ports.commands import HaltMode, HaltScope
from ports.facts import Fact, HaltLifted, HaltRaised
from ports.instruments import SMART, InstrumentKey
from ports.values import AccountId, OperationId, StrategyId, VenueId

type HaltKey = tuple[HaltScope, str]


@dataclass(frozen=True, slots=True)
class Whereabouts:
    """What a halt may cover: an order that is to go out, or a position (which has no operation id).

    A halt of a parent covers its children.
    """

    strategy: StrategyId
    instrument: InstrumentKey
    account: AccountId
    venue: VenueId
    operation_id: OperationId | None = None
    parent_operation_id: OperationId | None = None

    def scopes(self) -> tuple[HaltKey, ...]:
        """Return every scope that it is in, the widest first."""
        return (
            (HaltScope.GLOBAL, ""),
            (HaltScope.VENUE, self.venue),
            (HaltScope.ACCOUNT, self.account),
            (HaltScope.INSTRUMENT, self.instrument.at(SMART)),  # the same at every venue
            (HaltScope.INSTRUMENT, self.instrument),
            (HaltScope.STRATEGY, self.strategy),
            (HaltScope.ORDER, self.parent_operation_id or ""),
            (HaltScope.ORDER, self.operation_id or ""),
        )


class Halts:
    """The halts in force, kept until somebody lifts them."""

    def __init__(self) -> None:
        self._raised: dict[HaltKey, HaltRaised] = {}

    def get(self, scope: HaltScope, value: str) -> HaltRaised | None:
        """Return the halt of exactly this scope; None means it is not halted."""
        return self._raised.get((scope, value))

    def __iter__(self) -> Iterator[HaltRaised]:
        return iter(self._raised.values())

    def any(self) -> bool:
        """Say whether anything is halted."""
        return bool(self._raised)

    def covering(self, where: Whereabouts) -> list[HaltRaised]:
        """Return the halts that cover an order or a position, the widest first; empty means that it may trade."""
        if not self._raised:
            return []
        return [self._raised[key] for key in where.scopes() if key in self._raised]

    def flattening(self) -> list[HaltRaised]:
        """Return the halts under which positions are closed."""
        return [halt for halt in self._raised.values() if halt.mode is HaltMode.FLATTEN] if self._raised else []

    def apply_raised(self, fact: HaltRaised) -> None:
        """A scope is halted."""
        self._raised[fact.scope, fact.value] = fact

    def apply_lifted(self, fact: HaltLifted) -> None:
        """A scope trades again."""
        self._raised.pop((fact.scope, fact.value), None)

    def appliers(self) -> Mapping[type[Fact], Callable[[Any], object]]:
        """Return who takes each kind of fact."""
        return {HaltRaised: self.apply_raised, HaltLifted: self.apply_lifted}

    def canonical(self) -> tuple[object, ...]:
        """Return the halts in one fixed shape."""
        return tuple([(*key, str(halt.mode), halt.raised_ns) for key, halt in sorted(self._raised.items())])
