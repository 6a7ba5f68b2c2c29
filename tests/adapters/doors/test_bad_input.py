"""Whatever is wrong with an order, both doors say which field, what was in it, and what would pass; nobody is asked."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import grpc
import httpx
import pytest

from livexec.v1 import execution_pb2 as pb
from ports.commands import SubmitOrder

from fakes.bad_orders import AT_BOTH_DOORS, AT_REST_ONLY, BAD_BODIES, GOOD, Bad, BadBody
from fakes.gateway import MemoryService

if TYPE_CHECKING:
    from livexec.v1.execution_pb2_grpc import ExecutionServiceAsyncStub

pytestmark = pytest.mark.asyncio(loop_scope="module")
JSON = {"Content-Type": "application/json"}


def as_message(order: dict[str, Any]) -> pb.Order:
    return pb.Order(**order)


async def refusal_of(stub: ExecutionServiceAsyncStub, order: pb.Order) -> grpc.aio.AioRpcError:
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await stub.SubmitOrder(order)
    return caught.value


@pytest.mark.parametrize("case", AT_BOTH_DOORS, ids=lambda case: case.name)
async def test_grpc_names_field_value_and_remedy(
    case: Bad, stub: ExecutionServiceAsyncStub, memory: MemoryService
) -> None:
    error = await refusal_of(stub, as_message(case.order))
    assert error.code() is grpc.StatusCode.INVALID_ARGUMENT
    details = error.details() or ""
    assert details.startswith(f"{case.field}: ")
    assert case.shown in details
    assert case.remedy in details
    assert dict(error.trailing_metadata())["field"] == case.field
    assert memory.asked == []


@pytest.mark.parametrize("case", [*AT_BOTH_DOORS, *AT_REST_ONLY], ids=lambda case: case.name)
async def test_rest_names_field_value_and_remedy(case: Bad, web: httpx.AsyncClient, memory: MemoryService) -> None:
    answer = await web.post("/api/orders", content=json.dumps(case.order), headers=JSON)
    assert_names(answer, case)
    assert memory.asked == []


@pytest.mark.parametrize("case", BAD_BODIES, ids=lambda case: case.name)
async def test_rest_refuses_bodies_that_are_no_order(
    case: BadBody, web: httpx.AsyncClient, memory: MemoryService
) -> None:
    assert_names(await web.post("/api/orders", content=case.body, headers=JSON), case)
    assert memory.asked == []


def assert_names(answer: httpx.Response, case: Bad | BadBody) -> None:
    assert answer.status_code == 422
    said = answer.json()
    assert said["reason_code"] == "INVALID_INPUT"
    assert said["field"] == case.field
    assert case.shown in said["value"]
    assert case.remedy in said["remedy"]
    assert said["error_message"].startswith(f"{case.field}: ")


@pytest.mark.parametrize("case", AT_BOTH_DOORS, ids=lambda case: case.name)
async def test_both_doors_say_the_same(case: Bad, stub: ExecutionServiceAsyncStub, web: httpx.AsyncClient) -> None:
    by_grpc = (await refusal_of(stub, as_message(case.order))).details()
    by_rest = (await web.post("/api/orders", content=json.dumps(case.order), headers=JSON)).json()["error_message"]
    assert by_grpc == by_rest


async def test_grpc_refuses_a_field_it_does_not_know(stub: ExecutionServiceAsyncStub, memory: MemoryService) -> None:
    newer = pb.Order.FromString(as_message(dict(GOOD)).SerializeToString() + b"\xfa\x06\x02hi")  # number 111
    error = await refusal_of(stub, newer)
    assert error.code() is grpc.StatusCode.INVALID_ARGUMENT
    assert "field 111" in (error.details() or "")
    assert "hi" in (error.details() or "")
    assert memory.asked == []


async def test_grpc_refuses_an_unknown_field_inside_another(
    stub: ExecutionServiceAsyncStub, memory: MemoryService
) -> None:
    order = as_message(dict(GOOD))
    order.routing.MergeFromString(b"\xfa\x06\x02hi")
    error = await refusal_of(stub, order)
    assert (error.details() or "").startswith("routing.field 111: ")
    assert memory.asked == []


@pytest.mark.parametrize("raw", [b"\x0a\x02\xff\xfe", b"\x0a\xff", b"GET / HTTP/1.1"], ids=["utf8", "cut", "other"])
async def test_grpc_refuses_what_is_no_message(
    raw: bytes, stub: ExecutionServiceAsyncStub, memory: MemoryService, grpc_port: int
) -> None:
    async with grpc.aio.insecure_channel(f"127.0.0.1:{grpc_port}") as channel:
        call: Any = channel.unary_unary("/livexec.v1.ExecutionService/SubmitOrder")
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await call(raw)
    assert caught.value.code() is grpc.StatusCode.INVALID_ARGUMENT
    assert (caught.value.details() or "").startswith("message: ")
    assert memory.asked == []


async def test_ten_megabytes_are_refused_at_grpc(stub: ExecutionServiceAsyncStub, memory: MemoryService) -> None:
    order = as_message({**GOOD, "tags": {"note": "x" * 10_000_000}})
    error = await refusal_of(stub, order)
    assert error.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
    assert memory.asked == []


async def test_ten_megabytes_are_refused_at_rest(web: httpx.AsyncClient, memory: MemoryService) -> None:
    answer = await web.post("/api/orders", content=b" " * 10_000_000, headers=JSON)
    assert answer.status_code == 413
    assert answer.json()["reason_code"] == "BODY_TOO_LARGE"
    assert memory.asked == []


async def test_ten_megabytes_in_chunks_are_refused_at_rest(web: httpx.AsyncClient, memory: MemoryService) -> None:
    async def chunks() -> Any:
        for _ in range(100):
            yield b" " * 100_000

    answer = await web.post("/api/orders", content=chunks(), headers=JSON)
    assert answer.status_code == 413
    assert answer.json()["field"] == "body"
    assert memory.asked == []


async def test_the_contracts_example_is_read_as_it_stands_numbers_as_text(
    web: httpx.AsyncClient, memory: MemoryService
) -> None:
    example = (
        '{"operation_id": "OP-12345", "instrument_key": "BINANCE-FUTURES:PERPETUAL:BTC-USDT@LIN", "side": "BUY", '
        '"quantity": "1.0", "price": null, "order_type": "MARKET", "strategy_id": "momentum-btc-v1", '
        '"exec_algorithm": "TWAP", "exec_algorithm_params": {"duration_sec": 300, "max_slices": 10}}'
    )
    answer = await web.post("/api/orders", content=example, headers=JSON)
    assert answer.status_code == 201
    (command,) = memory.asked
    assert isinstance(command, SubmitOrder)
    assert command.terms.exec_algorithm == "TWAP"
    assert command.terms.exec_algorithm_params == {"duration_sec": "300", "max_slices": "10"}


async def test_good_orders_pass_at_both_doors(
    stub: ExecutionServiceAsyncStub, web: httpx.AsyncClient, memory: MemoryService
) -> None:
    await stub.SubmitOrder(as_message(dict(GOOD)))
    await web.post("/api/orders", content=json.dumps({**GOOD, "operation_id": "op-2"}), headers=JSON)
    assert len(memory.asked) == 2
