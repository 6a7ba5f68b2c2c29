"""The streams that strategies have open, on whose loss their orders are cancelled."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from ports.facts import Fact, OrdersAbandoned, StreamLost, StreamOpened
from ports.values import SYSTEM, Principal, StrategyId


@dataclass(slots=True)
class StrategyStreams:
    """The streams of one strategy by their ids; `cancel_at_ns`: when its orders are cancelled, once all are gone."""

    open: dict[str, StreamOpened] = field(default_factory=dict)
    cancel_at_ns: int | None = None
    principal: Principal = SYSTEM  # whose stream was the last one


class StreamBook:
    """Every strategy that has a stream open, or is awaited."""

    def __init__(self) -> None:
        self._strategies: dict[StrategyId, StrategyStreams] = {}

    def of(self, strategy: StrategyId) -> StrategyStreams:
        """Return a strategy's streams, to read them."""
        return self._strategies.get(strategy) or StrategyStreams()

    def all(self) -> dict[StrategyId, StrategyStreams]:
        """Return every strategy that has a stream open, or is awaited."""
        return self._strategies

    def opened(self, fact: StreamOpened) -> None:
        """It is there."""
        mine = self._strategies.setdefault(fact.strategy_id, StrategyStreams())
        mine.open[fact.stream_id] = fact
        mine.cancel_at_ns, mine.principal = None, fact.principal

    def lost(self, fact: StreamLost) -> None:
        """One of its streams is gone."""
        mine = self._strategies[fact.strategy_id]
        mine.open.pop(fact.stream_id, None)
        mine.cancel_at_ns = fact.cancel_at_ns

    def abandoned(self, fact: OrdersAbandoned) -> None:
        """It did not come back."""
        self._strategies.pop(fact.strategy_id, None)

    def appliers(self) -> Mapping[type[Fact], Callable[[Any], object]]:
        """Return who takes each kind of fact."""
        return {StreamOpened: self.opened, StreamLost: self.lost, OrdersAbandoned: self.abandoned}

    def canonical(self) -> tuple[object, ...]:
        """Return the streams in one fixed shape."""
        return tuple(
            [
                (strategy, tuple([(name, one.grace_ns) for name, one in mine.open.items()]), mine.cancel_at_ns)
                for strategy, mine in sorted(self._strategies.items())
            ]
        )
