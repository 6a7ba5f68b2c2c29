"""Somebody else's tools trade with the service: curl, a client built from reflection alone, and a browser's page."""

from __future__ import annotations

import asyncio
import json
import re
import shutil
from collections.abc import AsyncIterator, Callable
from decimal import Decimal
from typing import Any, cast

import grpc
import httpx
import pytest
import pytest_asyncio
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory
from grpc_reflection.v1alpha import reflection_pb2, reflection_pb2_grpc

from end_to_end.process import Printing, Service, printed
from end_to_end.traders import LINEAR, SPOT

pytestmark = pytest.mark.asyncio(loop_scope="module")
EXECUTION = "livexec.v1.ExecutionService"
EXAMPLE = (
    '{"operation_id": "OP-12345", "instrument_key": "BINANCE-FUTURES:PERPETUAL:BTC-USDT@LIN", "side": "BUY", '
    '"quantity": "1.0", "price": null, "order_type": "MARKET", "strategy_id": "momentum-btc-v1", '
    '"exec_algorithm": "TWAP", "exec_algorithm_params": {"duration_sec": 300, "max_slices": 10}}'
)
RESTING = {"instrument_key": SPOT, "side": "BUY", "quantity": "0.01", "price": "30000", "strategy_id": "curl"}
WAIT_S = 30.0

type Curl = Callable[..., Any]


@pytest.fixture(scope="module")
def curl(serving: Service) -> Curl:
    """Return a function that runs curl against the service and gives the status and the JSON answered."""
    if shutil.which("curl") is None:
        pytest.skip("curl is not installed")

    async def run(path: str, *options: str) -> tuple[int, Any]:
        out = await printed("curl", "-sS", "--noproxy", "*", "-w", "\n%{http_code}", *options, serving.url + path)
        body, _, status = out.rpartition("\n")
        return int(status), json.loads(body)

    return run


def sending(body: object) -> tuple[str, ...]:
    text = body if isinstance(body, str) else json.dumps(body)
    return ("-X", "POST", "-H", "Content-Type: application/json", "-d", text)


async def test_curl_submits_reads_watches_and_cancels(curl: Curl, serving: Service) -> None:
    events = f"{serving.url}/api/events?after=0"
    async with Printing("curl", "-sSN", "--noproxy", "*", events) as watching:
        status, order = await curl("/api/orders", *sending({**RESTING, "operation_id": "curl-1"}))
        assert (status, order["operation_id"], order["amount"]) == (201, "curl-1", "0.01")
        await watching.line(r'"kind":"OrderAcknowledged".*"curl-1"')
        status, read = await curl(f"/api/orders/curl-1?min_sequence={order['sequence'] + 1}")
        assert (status, read["status"], read["order_id"]) == (200, "ACCEPTED", order["order_id"])
        assert [event["kind"] for event in read["timeline"]][:2] == ["OrderRecorded", "RiskDecided"]
        status, again = await curl("/api/orders", *sending({**RESTING, "operation_id": "curl-1"}))
        assert (status, again["order_id"]) == (200, order["order_id"])
        status, _ = await curl("/api/orders/curl-1", "-X", "DELETE", "-H", "X-Livexec: 1")
        assert status == 200
        await watching.line(r'"kind":"OrderCanceled".*"curl-1"')


async def test_curl_is_told_what_a_delete_needs(curl: Curl) -> None:
    status, answer = await curl("/api/orders/curl-1", "-X", "DELETE")
    assert status == 415
    assert "X-Livexec: 1" in answer["error_message"]


async def test_curl_sees_a_market_order_fill_and_the_position_it_leaves(curl: Curl, serving: Service) -> None:
    order = {"operation_id": "curl-2", "instrument_key": LINEAR, "side": "SELL", "quantity": "0.5", "price": None}
    async with Printing("curl", "-sSN", "--noproxy", "*", f"{serving.url}/api/events?after=0") as watching:
        assert (await curl("/api/orders", *sending({**order, "strategy_id": "curl-short"})))[0] == 201
        sequence = (await watching.line(r'"sequence":(\d+).*"kind":"OrderFilled".*"curl-2","status":"FILLED"'))[1]
    status, answer = await curl(f"/api/positions?strategy_id=curl-short&min_sequence={int(sequence) + 1}")
    assert status == 200
    assert [(one["instrument_key"], one["quantity"]) for one in answer["positions"]] == [(LINEAR, "-0.5")]


async def test_the_contracts_example_is_accepted_as_it_stands_and_works_until_it_is_canceled(curl: Curl) -> None:
    status, answer = await curl("/api/orders", *sending(EXAMPLE))
    assert status == 201
    assert (answer["operation_id"], answer["amount"], answer["order_type"]) == ("OP-12345", "1", "MARKET")
    assert (answer["status"], answer["exec_algorithm"]) == ("ACCEPTED", "TWAP")
    assert answer.keys() >= {"order_id", "status", "rejection_reason", "fills"}
    _, first = await curl(f"/api/orders/OP-12345?min_sequence={answer['sequence']}")
    assert [(child["operation_id"], child["amount"]) for child in first["children"]] == [("OP-12345.1", "0.1")]
    assert (await curl("/api/orders/OP-12345", "-X", "DELETE", "-H", "X-Livexec: 1"))[0] == 200


async def test_the_contracts_example_with_a_short_horizon_is_worked_until_it_is_filled(
    curl: Curl, serving: Service
) -> None:
    short = EXAMPLE.replace("OP-12345", "OP-12347").replace("300", "3").replace("momentum-btc-v1", "curl-twap")
    async with Printing("curl", "-sSN", "--noproxy", "*", f"{serving.url}/api/events?after=0") as watching:
        assert (await curl("/api/orders", *sending(short)))[0] == 201
        sequence = (await watching.line(r'"sequence":(\d+).*"kind":"ParentEnded".*"OP-12347","status":"FILLED"'))[1]
    _, answer = await curl(f"/api/orders/OP-12347?min_sequence={sequence}")
    count = len(answer["children"])
    assert (answer["status"], answer["filled_amount"]) == ("FILLED", "1")
    assert 2 <= count <= 10  # one every 0.3 s; a machine that is late sends what two were to be as one
    assert sum(Decimal(one["filled_amount"]) for one in answer["children"]) == 1
    assert {(one["status"], one["parent_operation_id"]) for one in answer["children"]} == {("FILLED", "OP-12347")}
    _, listed = await curl("/api/orders?parent_operation_id=OP-12347")
    assert {one["operation_id"] for one in listed["orders"]} == {f"OP-12347.{n}" for n in range(1, count + 1)}


async def test_the_contracts_example_with_a_plain_algorithm_is_an_order(curl: Curl) -> None:
    plain = EXAMPLE.replace("TWAP", "NORMAL").replace("OP-12345", "OP-12346")
    assert (await curl("/api/orders", *sending(plain)))[0] == 201


class Stranger:
    """A gRPC client that knows an address, and learns everything else from the server."""

    def __init__(self, channel: grpc.aio.Channel, pool: descriptor_pool.DescriptorPool) -> None:
        self._channel = channel
        self._service = pool.FindServiceByName(EXECUTION)

    @classmethod
    async def of(cls, channel: grpc.aio.Channel) -> Stranger:
        """Ask the server what it offers."""
        stub: Any = reflection_pb2_grpc.ServerReflectionStub(cast("Any", channel))  # its types know blocking channels
        question = reflection_pb2.ServerReflectionRequest(file_containing_symbol=EXECUTION)
        answers = [answer async for answer in stub.ServerReflectionInfo(iter([question]))]
        pool = descriptor_pool.DescriptorPool()
        for raw in answers[0].file_descriptor_response.file_descriptor_proto:
            pool.Add(descriptor_pb2.FileDescriptorProto.FromString(raw))
        return cls(channel, pool)

    def call(self, name: str, **fields: Any) -> Any:
        """Begin a call with these fields."""
        method = self._service.methods_by_name[name]
        request = message_factory.GetMessageClass(method.input_type)
        make: Any = self._channel.unary_stream if method.server_streaming else self._channel.unary_unary
        begun = make(
            f"/{EXECUTION}/{name}",
            request_serializer=request.SerializeToString,
            response_deserializer=message_factory.GetMessageClass(method.output_type).FromString,
        )
        return begun(request(**fields), timeout=WAIT_S)


@pytest_asyncio.fixture(loop_scope="module")
async def stranger(serving: Service) -> AsyncIterator[Stranger]:
    """Return a client built from reflection."""
    async with grpc.aio.insecure_channel(serving.target) as channel:
        yield await Stranger.of(channel)


async def test_a_client_built_from_reflection_submits_watches_and_cancels(stranger: Stranger) -> None:
    watching = stranger.call("WatchExecutions", from_beginning=True, operation_id="mirror-1")
    result = await stranger.call(
        "SubmitOrder",
        operation_id="mirror-1",
        instrument_key=LINEAR,
        side="SELL",
        amount="0.01",
        price="120000",
        strategy_id="mirror",
    )
    assert result.order_id
    assert result.status in ("SUBMITTED", "ACCEPTED")
    await until(watching, "OrderAcknowledged")
    await stranger.call("CancelOrder", operation_id="mirror-1", reason="seen enough")
    update = await until(watching, "OrderCanceled")
    assert (update.result.status, update.result.order_id) == ("CANCELED", result.order_id)
    read = await stranger.call("GetOrder", operation_id="mirror-1", min_sequence=update.sequence)
    assert (read.result.status, read.result.client_order_id) == ("CANCELED", result.client_order_id)
    watching.cancel()


async def until(watching: Any, kind: str) -> Any:
    """Read the stream up to an update of this kind."""
    async with asyncio.timeout(WAIT_S):
        while (update := await watching.read()).kind != kind:
            assert update.kind in ("HEARTBEAT", "OrderRecorded", "OrderReleased", "CancelRequested")
        return update


async def test_the_page_shows_orders_and_positions_and_fetches_nothing_from_elsewhere(web: httpx.AsyncClient) -> None:
    page = await web.get("/plain")
    assert page.status_code == 200
    assert page.headers["content-type"].startswith("text/html")
    assert 'id="orders"' in page.text
    assert 'id="positions"' in page.text
    fetched = re.findall(r"""(?:src|href)=["']([^"']+)["']""", page.text)
    assert {"/page.js", "/page.css"} <= set(fetched)
    for address in fetched:
        assert address.startswith("/")
        assert not address.startswith("//")
        assert (await web.get(address)).status_code == 200
    assert "//" not in page.text
    assert "//" not in (await web.get("/page.css")).text
    assert not re.findall(r"https?://|url\(|import\(", (await web.get("/page.js")).text)


async def test_the_page_reads_only_what_the_service_answers(web: httpx.AsyncClient) -> None:
    script = (await web.get("/page.js")).text
    read = set(re.findall(r'"(/api/[^"?]*)', script))
    assert {"/api/orders", "/api/positions", "/api/status", "/api/control/halt"} <= read
    for path in read - {"/api/events", "/api/control/halt", "/api/control/resume"}:
        assert (await web.get(path)).status_code == 200


async def test_the_documentation_names_every_call_and_fetches_nothing_from_elsewhere(web: httpx.AsyncClient) -> None:
    page = (await web.get("/docs")).text
    assert "/api/orders/{operation_id}" in page
    assert not re.findall(r"""<(?:script|link|img|iframe)[^>]+(?:https?:)?//""", page)
    described = (await web.get("/openapi.json")).json()
    assert "post" in described["paths"]["/api/orders"]
