"""An amend means the same at both doors, and what is wrong with one is named at both."""

from __future__ import annotations

import json
from collections.abc import Mapping
from decimal import Decimal
from typing import TYPE_CHECKING

import grpc
import httpx
import pytest
import pytest_asyncio

from livexec.v1 import execution_pb2 as pb
from ports.commands import AmendOrder
from ports.replies import AmendReply, InvalidOrder
from ports.values import OperationId

from fakes.bad_orders import GOOD
from fakes.doors import JSON
from fakes.gateway import MemoryService

if TYPE_CHECKING:
    from livexec.v1.execution_pb2_grpc import ExecutionServiceAsyncStub

pytestmark = pytest.mark.asyncio(loop_scope="module")
PATH = "/api/orders/op-1"
TO = {"amount": "0.50", "price": "63990.5", "amend_id": "a-1", "reason": "the market moved"}


@pytest_asyncio.fixture(loop_scope="module")
async def held(web: httpx.AsyncClient, memory: MemoryService) -> None:
    """An order that is known."""
    await web.post("/api/orders", content=json.dumps(GOOD), headers=JSON)
    memory.asked.clear()


async def over_rest(web: httpx.AsyncClient, body: Mapping[str, object], path: str = PATH) -> httpx.Response:
    return await web.patch(path, content=json.dumps(body), headers=JSON)


def as_message(body: Mapping[str, str], operation_id: str = "op-1") -> pb.AmendOrderRequest:
    return pb.AmendOrderRequest(operation_id=operation_id, **body)  # type: ignore[arg-type]  # text alone is given


async def refusal_of(stub: ExecutionServiceAsyncStub, request: pb.AmendOrderRequest) -> grpc.aio.AioRpcError:
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await stub.AmendOrder(request)
    return caught.value


def asked(memory: MemoryService) -> list[AmendOrder]:
    return [command for command in memory.asked if isinstance(command, AmendOrder)]


@pytest.mark.usefixtures("held")
async def test_both_doors_ask_for_the_same_and_answer_with_the_order(
    web: httpx.AsyncClient, stub: ExecutionServiceAsyncStub, memory: MemoryService
) -> None:
    answer = await over_rest(web, TO)
    result = await stub.AmendOrder(as_message(TO))
    assert answer.status_code == 200
    assert (answer.json()["operation_id"], answer.json()["status"]) == (result.operation_id, result.status)
    assert (result.operation_id, result.sequence) == ("op-1", memory.sequence)
    first, second = asked(memory)
    assert first == second
    assert not first.is_named_by_values
    assert (first.operation_id, first.amend_id, first.reason) == ("op-1", "a-1", "the market moved")
    assert (first.quantity, first.price, first.principal) == (Decimal("0.5"), Decimal("63990.5"), "local")


@pytest.mark.usefixtures("held")
@pytest.mark.parametrize(
    ("body", "quantity", "price"),
    [
        ({"price": "64000"}, None, Decimal(64000)),
        ({"amount": 0.3, "price": None}, Decimal("0.3"), None),
        ({"quantity": "0.3"}, Decimal("0.3"), None),
        ({"quantity": "0.3", "amount": "0.3", "price": ""}, Decimal("0.3"), None),
    ],
)
async def test_what_is_not_given_stays_as_it_is_and_the_older_name_of_amount_is_read(
    body: Mapping[str, object],
    quantity: Decimal | None,
    price: Decimal | None,
    web: httpx.AsyncClient,
    memory: MemoryService,
) -> None:
    assert (await over_rest(web, body)).status_code == 200
    (command,) = asked(memory)
    assert (command.quantity, command.price) == (quantity, price)


@pytest.mark.usefixtures("held")
async def test_without_an_amend_id_the_same_values_make_the_same_one_however_they_are_written(
    web: httpx.AsyncClient, stub: ExecutionServiceAsyncStub, memory: MemoryService
) -> None:
    await over_rest(web, {"amount": "0.50", "price": 64000})
    await stub.AmendOrder(as_message({"amount": "0.5", "price": "64000.00"}))
    await over_rest(web, {"amount": "0.5"})
    await over_rest(web, {"price": "0.5"})
    digits = "9" * 18 + "." + "9" * 18
    await over_rest(web, {"amount": digits, "price": digits})
    named = [command.amend_id for command in asked(memory)]
    assert all(command.is_named_by_values for command in asked(memory))
    assert named[:4] == ["amount:0.5:price:64000", "amount:0.5:price:64000", "amount:0.5", "price:0.5"]
    assert len(named[4]) <= 128


@pytest.mark.parametrize(
    ("field", "value", "remedy"),
    [
        ("amount", "0", "greater than zero"),
        ("amount", "1e400", "plain decimal"),
        ("price", "-1", "greater than zero"),
        ("price", "NaN", "plain decimal"),
        ("amend_id", "a 1", "1 to 128"),
        ("amend_id", "x" * 129, "1 to 128"),
        ("reason", "x" * 201, "200"),
        ("trigger_price", "0", "greater than zero"),
        ("display_amount", "1", "not supported yet"),
    ],
)
async def test_what_is_wrong_is_named_at_both_doors_and_nobody_is_asked(
    field: str,
    value: str,
    remedy: str,
    web: httpx.AsyncClient,
    stub: ExecutionServiceAsyncStub,
    memory: MemoryService,
) -> None:
    answer = await over_rest(web, TO | {field: value})
    error = await refusal_of(stub, as_message(TO | {field: value}))
    assert (answer.status_code, answer.json()["field"]) == (422, field)
    assert remedy in answer.json()["remedy"]
    assert error.code() is grpc.StatusCode.INVALID_ARGUMENT
    assert error.details() == answer.json()["error_message"]
    assert memory.asked == []


async def test_an_amend_that_changes_nothing_is_no_amend(
    web: httpx.AsyncClient, stub: ExecutionServiceAsyncStub, memory: MemoryService
) -> None:
    answer = await over_rest(web, {"amend_id": "a-1", "amount": None})
    error = await refusal_of(stub, as_message({"amend_id": "a-1"}))
    assert (answer.status_code, answer.json()["field"]) == (422, "amount")
    assert error.details() == answer.json()["error_message"]
    assert memory.asked == []


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"amount": "1", "quantity": "2"}, "quantity"),
        ({"prise": "1"}, "prise"),
        ({"price": True}, "price"),
        ({"price": "1", "expire_time_ns": 5}, "expire_time_ns"),
        ({"price": "1", "operation_id": "op-2"}, "operation_id"),
    ],
)
async def test_bodies_that_are_no_amend_are_refused_by_field(
    body: Mapping[str, object], field: str, web: httpx.AsyncClient, memory: MemoryService
) -> None:
    answer = await over_rest(web, body)
    assert (answer.status_code, answer.json()["field"]) == (422, field)
    assert memory.asked == []


async def test_an_order_that_is_not_known_is_not_found(web: httpx.AsyncClient, stub: ExecutionServiceAsyncStub) -> None:
    answer = await over_rest(web, TO, "/api/orders/op-9")
    error = await refusal_of(stub, as_message(TO, "op-9"))
    assert (answer.status_code, answer.json()["reason_code"]) == (404, "NOT_FOUND")
    assert error.code() is grpc.StatusCode.NOT_FOUND


@pytest.mark.usefixtures("held")
@pytest.mark.parametrize(
    ("code", "http_status", "grpc_status"),
    [
        ("FILLED_BEYOND", 409, grpc.StatusCode.FAILED_PRECONDITION),
        ("AMEND_PENDING", 409, grpc.StatusCode.FAILED_PRECONDITION),
        ("RISK_HALT", 409, grpc.StatusCode.FAILED_PRECONDITION),
        ("VENUE_UNAVAILABLE", 503, grpc.StatusCode.UNAVAILABLE),
    ],
)
async def test_an_amend_that_cannot_be_now_is_refused_in_the_books_own_word(
    code: str,
    http_status: int,
    grpc_status: grpc.StatusCode,
    web: httpx.AsyncClient,
    stub: ExecutionServiceAsyncStub,
    memory: MemoryService,
) -> None:
    order = memory.orders_by_id[OperationId("op-1")]
    reply = AmendReply(operation_id=order.operation_id, order=order, code=code, reason="it is so")
    memory.replies += [reply, reply]
    answer = await over_rest(web, TO)
    error = await refusal_of(stub, as_message(TO))
    assert (answer.status_code, answer.json()["reason_code"]) == (http_status, code)
    assert ("Retry-After" in answer.headers) == (http_status == 503)
    assert (answer.json()["field"], answer.json()["remedy"]) == ("operation_id", "it is so")
    assert (error.code(), dict(error.trailing_metadata() or ())["reason-code"]) == (grpc_status, code)
    assert error.details() == answer.json()["error_message"] == "operation_id: 'op-1' is not amended: it is so"


@pytest.mark.usefixtures("held")
async def test_what_cannot_be_an_order_of_its_instrument_is_told_like_a_submit(
    web: httpx.AsyncClient, stub: ExecutionServiceAsyncStub, memory: MemoryService
) -> None:
    reply = InvalidOrder(field="price", value="63990.55", remedy="use a multiple of 0.1")
    memory.replies += [reply, reply]
    answer = await over_rest(web, TO)
    error = await refusal_of(stub, as_message(TO))
    assert (answer.status_code, answer.json()["reason_code"], answer.json()["field"]) == (
        *(422, "INVALID_INPUT", "price"),
    )
    assert error.code() is grpc.StatusCode.INVALID_ARGUMENT
