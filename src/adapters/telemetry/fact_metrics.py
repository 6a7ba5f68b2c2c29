"""Metrics made from facts: what traders and operators watch, counted from the truth."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from prometheus_client import CollectorRegistry, Gauge, Histogram

from adapters.telemetry.tallies import Tally
from ports.facts import Fact, OrderFilled, OrderRefused, OrderReleased, OrderRouted, RiskDecided
from ports.journal import Entry
from ports.values import OperationId

_LATENCY_MS = (0.1, 0.2, 0.5, 1, 2, 5, 10, 50, 100, 500, 1_000, 10_000, 60_000)
_TIMED_AT_MOST = 100_000  # orders whose first fill is still awaited; beyond, the oldest are no longer timed


class FactMetrics:
    """A projection into Prometheus: begins where it is told, since counters begin anew with each process."""

    def __init__(self, registry: CollectorRegistry, begin_after: int) -> None:
        self._cursor = begin_after
        self._released_ns: dict[OperationId, int] = {}
        self._facts = Tally("livexec_facts", "Facts of the journal by kind", ["kind"], registry)
        self._routed = Tally("livexec_orders_routed", "Orders by the venue chosen", ["venue"], registry)
        self._refused = Tally("livexec_orders_refused", "Orders refused by us", ["code"], registry)
        self._rules = Tally("livexec_risk_refusals", "Rules that refused an order", ["rule"], registry)
        self._fills = Tally("livexec_fills", "Trades", ["venue", "liquidity"], registry)
        self._to_fill = Histogram(
            "livexec_release_to_first_fill_ms", "Milliseconds from release to the first trade",
            registry=registry, buckets=_LATENCY_MS,
        )  # fmt: skip
        self._sequence = Gauge("livexec_journal_sequence", "Last durable sequence", registry=registry)
        self._counting: Mapping[type[Fact], Callable[[Any], None]] = {
            OrderRouted: self._count_routed,
            OrderRefused: self._count_refused,
            RiskDecided: self._count_rules,
            OrderReleased: self._begin_timing,
            OrderFilled: self._count_fill,
        }

    async def cursor(self) -> int:
        """Return the last sequence counted."""
        return self._cursor

    async def take(self, entries: Sequence[Entry]) -> None:
        """Count entries."""
        kinds: dict[type[Fact], int] = {}
        for entry in entries:
            if entry.seq > self._cursor:
                self._cursor = entry.seq
                kind = type(entry.fact)
                kinds[kind] = kinds.get(kind, 0) + 1
                counting = self._counting.get(kind)
                if counting is not None:
                    counting(entry.fact)
        for kind, count in kinds.items():
            self._facts.add((kind.__name__,), count)
        self._sequence.set(self._cursor)

    async def clear(self) -> None:
        """Counters never go back; the cursor does."""
        self._cursor = 0

    def _count_routed(self, fact: OrderRouted) -> None:
        self._routed.add((fact.venue,))

    def _count_refused(self, fact: OrderRefused) -> None:
        self._refused.add((fact.code,))

    def _count_rules(self, fact: RiskDecided) -> None:
        if not fact.allowed:
            for verdict in fact.verdicts:
                if not verdict.passed:
                    self._rules.add((verdict.rule,))

    def _begin_timing(self, fact: OrderReleased) -> None:
        self._released_ns[fact.operation_id] = fact.released_ns
        if len(self._released_ns) > _TIMED_AT_MOST:
            self._released_ns.pop(next(iter(self._released_ns)))

    def _count_fill(self, fact: OrderFilled) -> None:
        self._fills.add((fact.instrument.venue, fact.liquidity or "UNKNOWN"))
        began_ns = None if fact.operation_id is None else self._released_ns.pop(fact.operation_id, None)
        if began_ns is not None:
            self._to_fill.observe((fact.learnt_ns - began_ns) / 1e6)
