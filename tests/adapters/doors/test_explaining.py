"""Why an order went where it went is told at both doors: every sum, who was left out, and whether it was right."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import TYPE_CHECKING

import httpx
import pytest

from adapters.doors.explaining import routes_of
from adapters.doors.routes import body_of
from adapters.http.models_decisions import ExplainAnswer
from app.cli.decisions import explained_text
from livexec.v1 import execution_pb2 as pb
from ports.facts import CostLine, RouteCandidate, RouteDecided, RouteExclusion, RouteLeg
from ports.instruments import InstrumentKey
from ports.projections import OrderHistory, TimelineEvent
from ports.values import AccountId, Liquidity, OperationId, Price, Quantity

from fakes.doors import JSON
from fakes.gateway import PERPETUAL, MemoryService

if TYPE_CHECKING:
    from livexec.v1.execution_pb2_grpc import ExecutionServiceAsyncStub

pytestmark = pytest.mark.asyncio(loop_scope="module")
BODY = {"operation_id": "op-1", "instrument_key": PERPETUAL, "side": "BUY", "amount": "0.1", "strategy_id": "s-1"}
KEY = InstrumentKey(PERPETUAL)
HERE, THERE = AccountId("here"), AccountId("there")


def decided(reason: str = "cheapest at 1 of 2 venues", at_ns: int = 1_000) -> RouteDecided:
    candidate = RouteCandidate(
        account=HERE,
        instrument=KEY,
        quantity=Decimal(2),
        liquidity=Liquidity.TAKER,
        notional_usd=Decimal(100_000),
        total_usd=Decimal(53),
        lines=(
            CostLine("spread", Decimal("0.5")),
            CostLine("book", Decimal(1)),
            CostLine("impact", Decimal("1.5")),
            CostLine("fee", Decimal(50)),
        ),
    )
    return RouteDecided(
        operation_id=OperationId("op-1"),
        policy="split",
        reason=reason,
        quantity=Decimal(2),
        reference_price=Decimal(50_000),
        legs=(
            RouteLeg(
                account=HERE,
                instrument=KEY,
                quantity=Quantity(Decimal(2)),
                price=Price(Decimal("50000.1")),
                waits=Decimal(0),
                cost_usd=Decimal(53),
                notional_usd=Decimal(100_000),
            ),
        ),
        candidates=(candidate,),
        excluded=(RouteExclusion(account=THERE, instrument=KEY, code="DOWN", reason="its session is away"),),
        fallbacks=(THERE,),
        is_proven=True,
        decided_ns=at_ns,
    )


async def history_of(memory: MemoryService, web: httpx.AsyncClient, *events: TimelineEvent) -> OrderHistory:
    await web.post("/api/orders", content=json.dumps(BODY), headers=JSON)
    told = await memory.order(OperationId("op-1"), 0)
    assert told is not None
    return OrderHistory(told.order, [*told.timeline, *events], told.children)


async def test_a_direct_route_is_explained_over_rest(web: httpx.AsyncClient) -> None:
    await web.post("/api/orders", content=json.dumps(BODY), headers=JSON)
    said = ExplainAnswer.model_validate((await web.get("/api/orders/op-1/explain")).json())
    assert said.result["operation_id"] == "op-1"
    assert said.risk is not None
    assert said.routing is not None
    assert (said.routing["policy"], said.routing["legs"][0]["amount"]) == ("direct", "0.1")
    assert [one["kind"] for one in said.timeline][:2] == ["OrderRecorded", "RiskDecided"]


async def test_a_direct_route_is_explained_over_grpc(web: httpx.AsyncClient, stub: ExecutionServiceAsyncStub) -> None:
    await web.post("/api/orders", content=json.dumps(BODY), headers=JSON)
    said = await stub.ExplainOrder(pb.ExplainOrderRequest(operation_id="op-1"))
    assert (said.result.operation_id, said.routing.policy) == ("op-1", "direct")
    assert said.risk.verdicts[0].rule == "max_order_value"
    assert said.timeline[0].details["order_id"] == said.result.order_id


@pytest.mark.parametrize("path", ["/api/orders/op-9/explain"])
async def test_an_order_that_is_not_there_is_said_so(web: httpx.AsyncClient, path: str) -> None:
    assert (await web.get(path)).status_code == 404


async def test_every_sum_is_told_in_usd_and_in_basis_points(web: httpx.AsyncClient, memory: MemoryService) -> None:
    event = TimelineEvent(seq=90, ts_ns=1_000, kind="RouteDecided", body=body_of(decided()))
    (route,) = routes_of(await history_of(memory, web, event))
    here, there = route["candidates"]
    assert (here["total_bps"], here["fee_bps"], here["spread_bps"], here["impact_bps"]) == ("5.3", "5", "0.05", "0.25")
    assert [(line["name"], line["bps"]) for line in here["lines"]][-1] == ("fee", "5")
    assert (there["eligible"], there["reason"]) == (False, "DOWN: its session is away")
    assert route["legs"][0]["cost_bps"] == "5.3"
    assert pb.RoutingDecision(**route).candidates[0].lines[0].name == "spread"


async def test_later_routes_come_after_the_first_and_the_regret_with_the_last(
    web: httpx.AsyncClient, memory: MemoryService
) -> None:
    events = [
        TimelineEvent(seq=90, ts_ns=1_000, kind="RouteDecided", body=body_of(decided())),
        TimelineEvent(seq=91, ts_ns=2_000, kind="RouteDecided", body=body_of(decided("goes on", 2_000))),
        TimelineEvent(
            seq=92, ts_ns=3_000, kind="RouteJudged",
            body={"paid_usd": "53", "best_usd": "50", "regret_usd": "3", "regret_bps": "0.3", "best_at": ["there"]},
        ),
    ]  # fmt: skip
    first, last = routes_of(await history_of(memory, web, *events))
    assert (first["reason"], last["reason"]) == ("cheapest at 1 of 2 venues", "goes on")
    assert "regret" not in first
    assert pb.RoutingDecision(**last).regret.regret_usd == "3"
    text = explained_text({"result": {"operation_id": "op-1"}, "routing": first, "rerouted": [last]})
    for word in ("spread", "DOWN: its session is away", "fallbacks", "regret_bps", "rerouted"):
        assert word in text
