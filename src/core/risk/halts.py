"""Halts in force: which scopes may not take new risk (RTS 6 Art. 12, kill functionality)."""

from __future__ import annotations

from collections.abc import Iterator

from ports.commands import HaltScope
from ports.facts import HaltLifted, HaltRaised
from ports.instruments import InstrumentKey
from ports.values import AccountId, StrategyId, VenueId

type HaltKey = tuple[HaltScope, str]


class Halts:
    """The halts in force, kept until somebody lifts them."""

    def __init__(self) -> None:
        self._raised: dict[HaltKey, HaltRaised] = {}

    def get(self, scope: HaltScope, value: str) -> HaltRaised | None:
        """Return the halt of exactly this scope; None means it is not halted."""
        return self._raised.get((scope, value))

    def __iter__(self) -> Iterator[HaltRaised]:
        return iter(self._raised.values())

    def covering(
        self, strategy: StrategyId, instrument: InstrumentKey, account: AccountId, venue: VenueId
    ) -> HaltRaised | None:
        """Return a halt that covers an order, the widest first; None means it may trade."""
        if not self._raised:
            return None
        for key in (
            (HaltScope.GLOBAL, ""),
            (HaltScope.VENUE, venue),
            (HaltScope.ACCOUNT, account),
            (HaltScope.INSTRUMENT, instrument),
            (HaltScope.STRATEGY, strategy),
        ):
            if key in self._raised:
                return self._raised[key]
        return None

    def apply_raised(self, fact: HaltRaised) -> None:
        """A scope is halted."""
        self._raised[fact.scope, fact.value] = fact

    def apply_lifted(self, fact: HaltLifted) -> None:
        """A scope trades again."""
        self._raised.pop((fact.scope, fact.value), None)

    def canonical(self) -> tuple[object, ...]:
        """Return the halts in one fixed shape."""
        return tuple([(*key, str(halt.mode), halt.raised_ns) for key, halt in sorted(self._raised.items())])
