"""Through the whole service, a wrong order is refused with field, value and remedy, and nothing is recorded of it."""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING, Any

import grpc
import httpx
import pytest
import pytest_asyncio

from end_to_end.process import Service
from livexec.client import ExecutionClient, RefusedError
from livexec.v1 import execution_pb2 as pb
from livexec.v1.execution_pb2_grpc import ExecutionServiceStub

from fakes.bad_orders import AT_BOTH_DOORS, AT_REST_ONLY, BAD_BODIES, BY_THE_BOOK, GOOD, Bad, BadBody, bad

if TYPE_CHECKING:
    from livexec.v1.execution_pb2_grpc import ExecutionServiceAsyncStub

pytestmark = pytest.mark.asyncio(loop_scope="module")
JSON = {"Content-Type": "application/json"}
TEN_MB = 10_000_000

# What only a service that knows its instruments can say is wrong.
OF_THE_INSTRUMENT = (
    bad("an instrument that no venue lists", "instrument_key", "OKX:SPOT_PAIR:BTX-USDT", "BTC-USDT"),
    bad("a venue that is not there", "instrument_key", "NOWHERE:SPOT_PAIR:BTC-USDT", "BTC-USDT"),
    bad("a price off its tick", "price", "64000.55", "0.1"),
    bad("an amount off its lot", "amount", "0.2505", "0.001"),
    bad("an amount below the least", "amount", "0.0001", "0.001"),
    bad("an amount above the most", "amount", "1001", "1000"),
)


@pytest_asyncio.fixture(loop_scope="module")
async def stub(serving: Service) -> AsyncIterator[ExecutionServiceAsyncStub]:
    """Return a client of the gRPC door that sends whatever it is given."""
    async with grpc.aio.insecure_channel(serving.target, [("grpc.max_send_message_length", -1)]) as channel:
        yield ExecutionServiceStub(channel)


@pytest_asyncio.fixture(autouse=True, loop_scope="module")
async def _nothing_is_recorded(web: httpx.AsyncClient) -> AsyncIterator[None]:
    """Hold the journal to where it is during every test."""
    before = await sequence_of(web)
    yield
    assert await sequence_of(web) == before


async def sequence_of(web: httpx.AsyncClient) -> int:
    sequence: int = (await web.get("/api/health")).json()["sequence"]
    assert sequence > 0
    return sequence


@pytest.mark.parametrize("case", [*AT_BOTH_DOORS, *BY_THE_BOOK, *OF_THE_INSTRUMENT], ids=lambda case: case.name)
async def test_both_doors_name_field_value_and_remedy(
    case: Bad, stub: ExecutionServiceAsyncStub, web: httpx.AsyncClient
) -> None:
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await stub.SubmitOrder(pb.Order(**case.order))
    by_grpc = caught.value.details() or ""
    assert caught.value.code() is grpc.StatusCode.INVALID_ARGUMENT
    assert by_grpc.startswith(f"{case.field}: ")
    assert case.shown in by_grpc
    assert case.remedy in by_grpc
    by_rest = await web.post("/api/orders", content=json.dumps(case.order), headers=JSON)
    assert_names(by_rest, case)
    assert timeless(by_rest.json()["error_message"]) == timeless(by_grpc)


@pytest.mark.parametrize("case", AT_REST_ONLY, ids=lambda case: case.name)
async def test_rest_names_what_only_json_can_get_wrong(case: Bad, web: httpx.AsyncClient) -> None:
    assert_names(await web.post("/api/orders", content=json.dumps(case.order), headers=JSON), case)


@pytest.mark.parametrize("case", BAD_BODIES, ids=lambda case: case.name)
async def test_rest_refuses_bodies_that_are_no_order(case: BadBody, web: httpx.AsyncClient) -> None:
    assert_names(await web.post("/api/orders", content=case.body, headers=JSON), case)


def timeless(message: str) -> str:
    """Leave out the time of the refusal, which some messages tell."""
    return re.sub(r"\b1\d{18}\b", "(now)", message)


def good(**change: Any) -> pb.Order:
    order: dict[str, Any] = {**GOOD, **change}
    return pb.Order(**order)


def assert_names(answer: httpx.Response, case: Bad | BadBody) -> None:
    assert answer.status_code == 422
    said = answer.json()
    assert (said["reason_code"], said["field"]) == ("INVALID_INPUT", case.field)
    assert case.shown in said["value"]
    assert case.remedy in said["remedy"]


async def test_ten_megabytes_are_refused_at_both_doors(stub: ExecutionServiceAsyncStub, web: httpx.AsyncClient) -> None:
    order = good(tags={"note": "x" * TEN_MB})
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await stub.SubmitOrder(order)
    assert caught.value.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
    answer = await web.post("/api/orders", content=b" " * TEN_MB, headers=JSON)
    assert (answer.status_code, answer.json()["reason_code"]) == (413, "BODY_TOO_LARGE")


async def test_grpc_refuses_a_field_of_a_newer_protocol(stub: ExecutionServiceAsyncStub) -> None:
    newer = pb.Order.FromString(good().SerializeToString() + b"\xfa\x06\x02hi")
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await stub.SubmitOrder(newer)
    assert "field 111" in (caught.value.details() or "")


async def test_the_shipped_client_tells_the_field(serving: Service) -> None:
    async with ExecutionClient(serving.target) as client:
        with pytest.raises(RefusedError, match="amount: '0' is not usable") as caught:
            await client.submit(good(amount="0"))
    assert (caught.value.reason, caught.value.field) == ("INVALID_INPUT", "amount")


async def test_a_cancel_of_something_that_is_no_id_is_refused_at_both_doors(
    stub: ExecutionServiceAsyncStub, web: httpx.AsyncClient
) -> None:
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await stub.CancelOrder(pb.CancelOrderRequest(operation_id="no id"))
    assert "operation_id" in (caught.value.details() or "")
    answer = await web.delete("/api/orders/no%20id", headers={"X-Livexec": "1"})
    assert (answer.status_code, answer.json()["field"]) == (422, "operation_id")


async def test_canceling_everything_has_to_be_said(web: httpx.AsyncClient) -> None:
    answer = await web.delete("/api/orders", headers={"X-Livexec": "1"})
    assert answer.status_code == 422
    assert "all" in answer.json()["remedy"]
