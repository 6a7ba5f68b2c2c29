"""One trace an order, from its arrival to its end, made from facts; joined to the strategy's own by its tag."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from opentelemetry.context import Context
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter
from opentelemetry.trace import (
    NonRecordingSpan,
    SpanContext,
    Status,
    StatusCode,
    TraceFlags,
    set_span_in_context,
)

from ports.facts import (
    OrderAcknowledged,
    OrderCanceled,
    OrderExpired,
    OrderFilled,
    OrderRecorded,
    OrderRefused,
    OrderRejected,
    OrderReleased,
    OrderRouted,
    status_after,
)
from ports.journal import Entry
from ports.values import OperationId, OrderStatus

TAG: Final = "traceparent"  # of an order: where its strategy's own trace is (W3C Trace Context)
OPEN_AT_MOST: Final = 100_000  # orders under way; beyond, the oldest gets no trace
_PARENT: Final = re.compile(r"00-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})")
_ENDS: Final = {OrderStatus.FILLED, OrderStatus.CANCELED, OrderStatus.REJECTED, OrderStatus.EXPIRED}


class OrderTraces:
    """A projection into OpenTelemetry: begins where it is told; an order's spans are sent when it has ended."""

    def __init__(self, exporter: SpanExporter, begin_after: int, version: str) -> None:
        self._cursor = begin_after
        self._under_way: dict[OperationId, list[Entry]] = {}
        self._provider = TracerProvider(
            resource=Resource.create({"service.name": "livexec", "service.version": version}), shutdown_on_exit=False
        )
        self._provider.add_span_processor(BatchSpanProcessor(exporter))
        self._tracer = self._provider.get_tracer("livexec")

    async def cursor(self) -> int:
        """Return the last sequence taken in."""
        return self._cursor

    async def take(self, entries: Sequence[Entry]) -> None:
        """Keep what is told of orders under way, and trace those that ended."""
        for entry in entries:
            if entry.seq > self._cursor:
                self._cursor = entry.seq
                self._keep(entry)

    async def clear(self) -> None:
        """Begin again."""
        self._cursor = 0
        self._under_way.clear()

    def close(self) -> None:
        """Send what waits; blocks for as long as that takes, within the exporter's own bounds."""
        self._provider.shutdown()

    def _keep(self, entry: Entry) -> None:
        fact = entry.fact
        operation_id = getattr(fact, "operation_id", None)
        if operation_id is None:
            return
        if isinstance(fact, OrderRecorded):
            self._under_way[operation_id] = []
            if len(self._under_way) > OPEN_AT_MOST:
                self._under_way.pop(next(iter(self._under_way)))
        told = self._under_way.get(operation_id)
        if told is None:
            return
        told.append(entry)
        if status_after(fact) in _ENDS:
            self._trace(self._under_way.pop(operation_id))

    def _trace(self, told: Sequence[Entry]) -> None:
        recorded = told[0].fact
        if not isinstance(recorded, OrderRecorded):
            return
        terms, last = recorded.terms, told[-1]
        order = self._tracer.start_span(
            "order",
            context=_parent_of(terms.tags.get(TAG, "")),
            start_time=recorded.received_ns,
            attributes={
                "livexec.operation_id": recorded.operation_id,
                "livexec.strategy_id": terms.strategy_id,
                "livexec.instrument_key": str(terms.instrument),
                "livexec.sequence": told[0].seq,
            },
        )
        within = set_span_in_context(order)
        released_ns = acknowledged_ns = 0
        self._step("queue and decide", recorded.received_ns, told[0].ts_ns, within)
        for entry in told:
            match entry.fact:
                case OrderRouted() as fact:
                    order.set_attribute("livexec.venue", fact.venue)
                case OrderReleased() as fact:
                    released_ns = fact.released_ns
                case OrderAcknowledged() as fact if released_ns and not acknowledged_ns:
                    acknowledged_ns = fact.learnt_ns
                    self._step("venue: acknowledge", released_ns, acknowledged_ns, within)
                case OrderFilled() as fact if released_ns:
                    self._step("venue: trade", acknowledged_ns or released_ns, fact.learnt_ns, within)
                case OrderRefused() | OrderRejected() as fact:
                    order.set_status(Status(StatusCode.ERROR, fact.code))
                case OrderCanceled() | OrderExpired() as fact:
                    order.add_event(type(fact).__name__, {"reason": fact.reason}, entry.ts_ns)
        order.set_attribute("livexec.status", str(status_after(last.fact)))
        order.end(max(last.ts_ns, recorded.received_ns))

    def _step(self, name: str, began_ns: int, ended_ns: int, within: Context) -> None:
        span = self._tracer.start_span(name, context=within, start_time=began_ns)
        span.end(max(began_ns, ended_ns))


def _parent_of(traceparent: str) -> Context | None:
    """Return the context that a strategy named; one that it named wrongly is none."""
    found = _PARENT.fullmatch(traceparent)
    if found is None:
        return None
    parent = SpanContext(
        int(found[1], 16), int(found[2], 16), is_remote=True, trace_flags=TraceFlags(int(found[3], 16))
    )
    return set_span_in_context(NonRecordingSpan(parent)) if parent.is_valid else None
