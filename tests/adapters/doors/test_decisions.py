"""Decisions explain themselves at both doors, before an order is sent and after."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import httpx
import pytest

from adapters.doors.decisions import headroom
from adapters.http.models_decisions import CheckAnswer, DecisionAnswer
from livexec.v1 import execution_pb2 as pb
from ports.commands import CheckOrder

from fakes.doors import JSON
from fakes.gateway import PERPETUAL, MemoryService

if TYPE_CHECKING:
    from livexec.v1.execution_pb2_grpc import ExecutionServiceAsyncStub

pytestmark = pytest.mark.asyncio(loop_scope="module")
BODY = {"operation_id": "op-1", "instrument_key": PERPETUAL, "side": "BUY", "amount": "1.1", "strategy_id": "s-1"}


async def test_what_would_be_is_told_over_rest_and_nothing_is_submitted(
    web: httpx.AsyncClient, memory: MemoryService
) -> None:
    answer = await web.post("/api/orders/check", content=json.dumps(BODY), headers=JSON)
    said = CheckAnswer.model_validate(answer.json())
    assert (answer.status_code, said.would_accept, said.reason_code) == (200, False, "RISK_MAX_ORDER_VALUE")
    (verdict,) = said.risk.verdicts
    assert (verdict.value, verdict.limit, verdict.headroom, verdict.remedy) == ("110", "100", "-10", "0.9 or less")
    assert said.routing is not None
    assert said.routing["legs"][0]["amount"] == "1.1"
    (command,) = memory.asked
    assert isinstance(command, CheckOrder)
    assert memory.orders_by_id == {}


async def test_what_would_be_is_told_over_grpc(stub: ExecutionServiceAsyncStub) -> None:
    order = pb.Order(operation_id="op-1", instrument_key=PERPETUAL, side="BUY", amount="1.1", strategy_id="s-1")
    answer = await stub.CheckOrder(order)
    assert (answer.would_accept, answer.reason_code) == (False, "RISK_MAX_ORDER_VALUE")
    (verdict,) = answer.risk.verdicts
    assert (verdict.rule, verdict.headroom, verdict.remedy) == ("max_order_value", "-10", "0.9 or less")
    assert answer.routing.legs[0].instrument_key == PERPETUAL


async def test_an_order_that_cannot_be_read_is_refused_before_anybody_is_asked(
    web: httpx.AsyncClient, memory: MemoryService
) -> None:
    answer = await web.post("/api/orders/check", content=json.dumps({**BODY, "amount": "-1"}), headers=JSON)
    assert (answer.status_code, answer.json()["field"]) == (422, "amount")
    assert memory.asked == []


async def test_a_decision_is_read_by_its_id_with_headroom(web: httpx.AsyncClient, memory: MemoryService) -> None:
    placed = (await web.post("/api/orders", content=json.dumps(BODY), headers=JSON)).json()
    detail = (await web.get("/api/orders/op-1")).json()
    assert detail["risk_decision"]["verdicts"][0]["headroom"] == "90"
    decision_id = detail["risk_decision"]["decision_id"]
    said = DecisionAnswer.model_validate((await web.get(f"/api/decisions/{decision_id}")).json())
    assert (said.operation_id, said.risk.approved, said.notional_usd) == (placed["operation_id"], True, "10")
    assert [(one.rule, one.headroom) for one in said.risk.verdicts] == [("max_order_value", "90")]
    assert said.routing is not None
    assert said.routing["reason"] == "the only listing"


@pytest.mark.parametrize(("text", "status"), [("dec-unknown", 404), ("a b", 422)])
async def test_a_decision_that_is_not_there_is_said_so(web: httpx.AsyncClient, text: str, status: int) -> None:
    answer = await web.get(f"/api/decisions/{text}")
    assert (answer.status_code, answer.json()["field"]) == (status, "decision_id")


@pytest.mark.parametrize(
    ("rule", "value", "limit", "room"),
    [
        ("max_order_value", "90.5", "100", "9.5"),
        ("max_order_value", "110", "100", "-10"),
        ("min_order_value", "110", "100", "10"),
        ("price_collar", "-3.5", "100", "103.5"),
        ("max_order_value", "unknown", "100", ""),
        ("halt", "trading", "trading", ""),
    ],
)
async def test_headroom_is_how_far_within_the_limit(rule: str, value: str, limit: str, room: str) -> None:
    assert headroom(rule, value, limit) == room
