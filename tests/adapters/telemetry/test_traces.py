"""One trace an order, joined to its strategy's own."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from adapters.telemetry.traces import OrderTraces

from fakes.desk import Desk
from fakes.sayings import accepted, set_limits, submit, traded

TRACE, SPAN = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"


async def spans(desk: Desk) -> dict[str, Any]:
    exporter = InMemorySpanExporter()
    traces = OrderTraces(exporter, 0, "1.2.3")
    await traces.take(desk.entries)
    await traces.take(desk.entries)  # a repeat tells nothing new
    traces.close()
    return {span.name: span for span in exporter.get_finished_spans()}


@pytest.mark.parametrize("tag", [f"00-{TRACE}-{SPAN}-01", "", "nonsense"])
async def test_an_order_is_one_trace_from_its_arrival_to_its_trade(tag: str) -> None:
    desk = Desk()
    desk.receive(set_limits())
    desk.receive(submit("op-1", buy="1", at="50000", tags={"traceparent": tag} if tag else {}))
    desk.pass_time(2)
    desk.receive(accepted("op-1"))
    desk.pass_time(3)
    desk.receive(traded("op-1", "t-1", "1"))
    desk.receive(submit("op-2", buy="1", at="50000"))  # under way: no trace yet
    found = await spans(desk)
    assert set(found) == {"order", "queue and decide", "venue: acknowledge", "venue: trade"}
    order = found["order"]
    assert order.attributes["livexec.operation_id"] == "op-1"
    assert order.attributes["livexec.status"] == "FILLED"
    assert len({span.context.trace_id for span in found.values()}) == 1
    joined = tag.startswith("00-")
    assert (order.context.trace_id == int(TRACE, 16)) is joined
    assert (order.parent is not None) is joined
    acknowledge = found["venue: acknowledge"]
    assert acknowledge.end_time - acknowledge.start_time == 2_000_000_000


async def test_a_refused_order_is_a_trace_with_its_reason() -> None:
    desk = Desk()
    desk.receive(set_limits(max_order_value_usd=Decimal(1)))
    desk.receive(submit("op-1", buy="1", at="50000"))
    order = (await spans(desk))["order"]
    assert order.status.description == "RISK_MAX_ORDER_VALUE"
