"""Metrics made from facts: what traders and operators watch, counted from the truth."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, NamedTuple

from prometheus_client import CollectorRegistry, Gauge

from adapters.telemetry.durations import Durations
from adapters.telemetry.tallies import Tally
from ports.facts import (
    BreakOpened,
    Fact,
    OrderAcknowledged,
    OrderCanceled,
    OrderExpired,
    OrderFilled,
    OrderRecorded,
    OrderRefused,
    OrderRejected,
    OrderReleased,
    OrderRouted,
    OrderUnconfirmed,
    OrderUnsent,
    RiskDecided,
)
from ports.journal import Entry
from ports.values import OperationId

_TIMED_AT_MOST: Final = 100_000  # orders whose first trade is still awaited; beyond, the oldest are no longer timed
_JUDGED: Final = 256  # newest decisions, which tell how much of each limit is in use
_S: Final = 1e9


class _Timed(NamedTuple):
    released_ns: int
    venue: str
    is_acknowledged: bool


class FactMetrics:
    """A projection into Prometheus: begins where it is told, since counters begin anew with each process.

    `unconfirmed` are the orders that are UNCONFIRMED where it begins, and since when; it is kept up from there.
    """

    def __init__(
        self,
        registry: CollectorRegistry,
        begin_after: int,
        steps: Durations,
        unconfirmed: Mapping[OperationId, int] | None = None,
    ) -> None:
        self._cursor = begin_after
        self._steps = steps
        self._timed: dict[OperationId, _Timed] = {}
        self.unconfirmed = dict(unconfirmed or {})
        self.judged: deque[RiskDecided] = deque(maxlen=_JUDGED)
        self._facts = Tally("livexec_facts", "Facts of the journal by kind", ["kind"], registry)
        self._submitted = Tally("livexec_orders_submitted", "Orders that came in", ["order_type"], registry)
        self._routed = Tally("livexec_orders_routed", "Orders by the venue chosen", ["venue"], registry)
        self._refused = Tally("livexec_orders_refused", "Orders refused by us", ["code"], registry)
        self._acknowledged = Tally("livexec_orders_acknowledged", "Orders that a venue holds", ["venue"], registry)
        self._rejected = Tally("livexec_orders_rejected", "Orders rejected after release", ["venue", "code"], registry)
        self._doubted = Tally("livexec_orders_doubted", "Orders that became UNCONFIRMED", ["venue"], registry)
        self._rules = Tally("livexec_risk_refusals", "Rules that refused an order", ["rule"], registry)
        self._fills = Tally("livexec_fills", "Trades", ["venue", "liquidity"], registry)
        self._breaks = Tally("livexec_breaks_opened", "Breaks that were opened", ["kind"], registry)
        self._sequence = Gauge("livexec_journal_sequence", "Last durable sequence", registry=registry)
        self._counting: Mapping[type[Fact], Callable[[Any], None]] = {
            OrderRecorded: self._count_submitted,
            OrderRouted: self._count_routed,
            OrderRefused: self._count_refused,
            RiskDecided: self._count_rules,
            OrderReleased: self._begin_timing,
            OrderAcknowledged: self._count_acknowledged,
            OrderFilled: self._count_fill,
            OrderRejected: self._count_rejected,
            OrderCanceled: self._settled,
            OrderExpired: self._settled,
            OrderUnsent: self._settled,
            OrderUnconfirmed: self._count_doubted,
            BreakOpened: self._count_break,
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

    def count_of(self, kind: type[Fact]) -> int:
        """Return how many facts of a kind were counted."""
        return self._facts.value((kind.__name__,))

    @property
    def refusals(self) -> Mapping[str, int]:
        """How many orders each rule refused."""
        return {rule: count for (rule,), count in self._rules.items()}

    def _count_submitted(self, fact: OrderRecorded) -> None:
        self._submitted.add((fact.terms.order_type,))
        self._steps.observe("queue", (fact.recorded_ns - fact.received_ns) / _S)

    def _count_routed(self, fact: OrderRouted) -> None:
        self._routed.add((fact.venue,))

    def _count_refused(self, fact: OrderRefused) -> None:
        self._refused.add((fact.code,))

    def _count_rules(self, fact: RiskDecided) -> None:
        self.judged.append(fact)
        if not fact.allowed:
            for verdict in fact.verdicts:
                if not verdict.passed:
                    self._rules.add((verdict.rule,))

    def _begin_timing(self, fact: OrderReleased) -> None:
        self._timed[fact.operation_id] = _Timed(fact.released_ns, fact.instrument.venue, False)
        if len(self._timed) > _TIMED_AT_MOST:
            self._timed.pop(next(iter(self._timed)))

    def _count_acknowledged(self, fact: OrderAcknowledged) -> None:
        self.unconfirmed.pop(fact.operation_id, None)
        timed = self._timed.get(fact.operation_id)
        if timed is not None and not timed.is_acknowledged:
            self._timed[fact.operation_id] = timed._replace(is_acknowledged=True)
            self._acknowledged.add((timed.venue,))
            self._steps.observe("ack", (fact.learnt_ns - timed.released_ns) / _S)

    def _count_fill(self, fact: OrderFilled) -> None:
        self._fills.add((fact.instrument.venue, fact.liquidity or "UNKNOWN"))
        if fact.operation_id is None:
            return
        self.unconfirmed.pop(fact.operation_id, None)
        timed = self._timed.pop(fact.operation_id, None)
        if timed is not None:
            self._steps.observe("fill", (fact.learnt_ns - timed.released_ns) / _S)

    def _count_rejected(self, fact: OrderRejected) -> None:
        timed = self._timed.get(fact.operation_id)
        self._rejected.add(("UNKNOWN" if timed is None else timed.venue, fact.code))
        self._settled(fact)

    def _settled(self, fact: OrderRejected | OrderCanceled | OrderExpired | OrderUnsent) -> None:
        self.unconfirmed.pop(fact.operation_id, None)
        self._timed.pop(fact.operation_id, None)

    def _count_doubted(self, fact: OrderUnconfirmed) -> None:
        timed = self._timed.get(fact.operation_id)
        self._doubted.add(("UNKNOWN" if timed is None else timed.venue,))
        self.unconfirmed.setdefault(fact.operation_id, fact.since_ns)

    def _count_break(self, fact: BreakOpened) -> None:
        self._breaks.add((fact.kind,))
