"""The pages and the OpenAPI document: they hold together, and need nobody else."""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator, Iterator
from typing import Any

import httpx
import pytest

from adapters.doors.amending import AmendDraft
from adapters.doors.orders import OrderDraft
from adapters.http import models, models_control, models_positions
from adapters.http.bodies import (
    AMEND_FIELDS,
    CORRECTIONS,
    HALT_FIELDS,
    LIMIT_READERS,
    ORDER_FIELDS,
    RESOLVE_FIELDS,
    RESUME_FIELDS,
    SET_LIMITS_FIELDS,
    read_order_body,
)
from livexec.v1 import control_pb2, execution_pb2

from fakes.doors import JSON, rest, service_over
from fakes.gateway import MemoryService

OPERATIONS = {
    "/api/orders": {"get", "post", "delete"},
    "/api/orders/{operation_id}": {"get", "patch", "delete"},
    "/api/orders/check": {"post"},
    "/api/orders/{operation_id}/explain": {"get"},
    "/api/decisions/{decision_id}": {"get"},
    "/api/positions": {"get"},
    "/api/positions/history": {"get"},
    "/api/alerts": {"get"},
    "/api/alerts/acknowledge": {"post"},
    "/api/algorithms": {"get"},
    "/api/instruments": {"get"},
    "/api/venues": {"get"},
    "/api/control/halt": {"post"},
    "/api/control/flatten": {"post"},
    "/api/control/resume": {"post"},
    "/api/positions/adjust": {"post"},
    "/api/positions/transfer": {"post"},
    "/api/trades/bust": {"post"},
    "/api/breaks": {"get"},
    "/api/streams": {"get"},
    "/api/breaks/{break_id}/resolve": {"post"},
    "/api/risk/limits": {"get", "put"},
    "/api/risk/limits/approve": {"post"},
    "/api/exposure": {"get"},
    "/api/events": {"get"},
    "/api/executions": {"get"},
    "/api/orders/command-line": {"post"},
    "/api/status": {"get"},
    "/api/strategies": {"get", "post"},
    "/api/strategies/{strategy_id}/start": {"post"},
    "/api/strategies/{strategy_id}/stop": {"post"},
    "/api/health": {"get"},
    "/api/hooks/{venue}": {"post"},
    "/api/live/health": {"get"},
    "/metrics": {"get"},
}


@pytest.fixture
async def web() -> AsyncIterator[httpx.AsyncClient]:
    async with rest(service_over(MemoryService())) as client:
        yield client


@pytest.fixture
async def document(web: httpx.AsyncClient) -> dict[str, Any]:
    found: dict[str, Any] = (await web.get("/openapi.json")).json()
    return found


def references(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        for name, value in node.items():
            if name == "$ref":
                yield value
            else:
                yield from references(value)
    elif isinstance(node, list):
        for value in node:
            yield from references(value)


def test_every_endpoint_is_described(document: dict[str, Any]) -> None:
    assert {path: set(methods) for path, methods in document["paths"].items()} == OPERATIONS


def test_every_reference_leads_somewhere(document: dict[str, Any]) -> None:
    found = set(references(document))
    assert found
    assert {name for name in found if name.rpartition("/")[2] not in document["components"]["schemas"]} == set()


def test_every_operation_says_what_its_answers_and_refusals_are(document: dict[str, Any]) -> None:
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            assert operation["summary"], (method, path)
            assert all(answer["description"] for answer in operation["responses"].values()), (method, path)
    submit = document["paths"]["/api/orders"]["post"]
    assert set(submit["responses"]) == {"200", "201", "401", "409", "413", "415", "422", "429", "503"}
    assert submit["requestBody"]["content"]["application/json"]["schema"]["$ref"].endswith("/OrderBody")


def test_the_described_bodies_have_the_fields_that_are_read(document: dict[str, Any]) -> None:
    schemas = document["components"]["schemas"]
    assert set(schemas["OrderBody"]["properties"]) == {*ORDER_FIELDS, "quantity"}
    assert set(schemas["AmendBody"]["properties"]) == set(AMEND_FIELDS)
    assert set(schemas["HaltBody"]["properties"]) == set(HALT_FIELDS)
    assert set(schemas["ResumeBody"]["properties"]) == set(RESUME_FIELDS)
    assert set(schemas["ResolveBody"]["properties"]) == set(RESOLVE_FIELDS)
    assert set(schemas["SetLimitsBody"]["properties"]) == set(SET_LIMITS_FIELDS)
    assert set(schemas["LimitsDocument"]["properties"]) == set(LIMIT_READERS)
    bodies = {"adjust": "AdjustBody", "transfer": "TransferBody", "bust": "BustBody"}
    assert {kind: set(schemas[bodies[kind]]["properties"]) for kind in CORRECTIONS} == {
        kind: set(fields) for kind, fields in CORRECTIONS.items()
    }


def test_what_is_read_is_what_the_protocol_has() -> None:
    assert set(ORDER_FIELDS) == set(execution_pb2.Order.DESCRIPTOR.fields_by_name) == set(OrderDraft.__slots__)
    amends = execution_pb2.AmendOrderRequest.DESCRIPTOR.fields_by_name
    assert {*AMEND_FIELDS, "operation_id"} - {"quantity"} == set(amends) == set(AmendDraft.__slots__)
    assert set(HALT_FIELDS) == set(control_pb2.HaltRequest.DESCRIPTOR.fields_by_name)
    assert set(LIMIT_READERS) == set(control_pb2.Limits.DESCRIPTOR.fields_by_name)
    messages: dict[str, Any] = {
        "adjust": control_pb2.AdjustPositionRequest,
        "transfer": control_pb2.TransferPositionRequest,
        "bust": control_pb2.BustTradeRequest,
    }
    assert {kind: set(fields) for kind, fields in CORRECTIONS.items()} == {
        kind: set(message.DESCRIPTOR.fields_by_name) for kind, message in messages.items()
    }


@pytest.mark.parametrize(
    ("model", "message", "ours", "theirs"),
    [
        (models.OrderAnswer, execution_pb2.ExecutionResult, {"rejection_reason"}, set()),
        (models.FillAnswer, execution_pb2.Fill, {"timestamp"}, set()),
        (models_positions.PositionAnswer, execution_pb2.Position, set(), {"notional"}),
        (models.VenueAnswer, control_pb2.Venue, set(), set()),
        (models.HaltAnswer, control_pb2.HaltState, set(), set()),
        (models.ControlAnswer, control_pb2.ControlResponse, set(), set()),
        (models.CancelAllAnswer, execution_pb2.CancelAllResponse, set(), set()),
        (models_control.BreakAnswer, control_pb2.Break, set(), set()),
        (models_control.BreaksAnswer, control_pb2.ListBreaksResponse, set(), set()),
        (models_control.ChangeAnswer, control_pb2.ChangeResponse, set(), set()),
        (models_control.SetLimitsAnswer, control_pb2.LimitsResponse, {"limits"}, {"document"}),
        (models_control.ExposureGroup, execution_pb2.Exposure, set(), set()),
    ],
)
def test_answers_have_the_protocols_names(model: Any, message: Any, ours: set[str], theirs: set[str]) -> None:
    assert set(model.model_fields) - ours == set(message.DESCRIPTOR.fields_by_name) - theirs


async def test_the_example_of_the_document_is_a_good_order(web: httpx.AsyncClient, document: dict[str, Any]) -> None:
    (example,) = document["components"]["schemas"]["OrderBody"]["examples"]
    models.OrderBody.model_validate(example)
    assert read_order_body(json.dumps(example).encode()).operation_id == "OP-12345"
    assert (await web.post("/api/orders", content=json.dumps(example), headers=JSON)).status_code == 201


async def test_the_document_has_a_page_for_people(web: httpx.AsyncClient) -> None:
    page = await web.get("/docs")
    assert page.headers["content-type"].startswith("text/html")
    for path in OPERATIONS:
        assert path in page.text


@pytest.mark.parametrize("path", ["/", "/docs", "/page.js", "/page.css"])
async def test_no_page_reaches_for_anything_that_is_not_ours(path: str, web: httpx.AsyncClient) -> None:
    page = await web.get(path)
    assert page.status_code == 200
    assert "default-src 'none'" in page.headers["content-security-policy"]
    assert not re.findall(r"(?:https?:)?//[a-z0-9.-]+\.[a-z]{2,}", page.text)


async def test_the_page_shows_what_it_reads_as_text_alone(web: httpx.AsyncClient) -> None:
    page, script = (await web.get("/")).text, (await web.get("/page.js")).text
    assert "<script>" not in page
    assert not re.findall(r"\son[a-z]+=|style=", page)
    assert not re.findall(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(", script)
    for used in ("/api/orders", "/api/positions", "/api/events"):
        assert used in script
