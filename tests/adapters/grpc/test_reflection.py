"""A client that knows nothing but the address: it asks the server what there is, builds the messages, and trades."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any, cast

import grpc
import pytest
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection_pb2, reflection_pb2_grpc

from adapters.doors import Service
from adapters.grpc import GrpcDoor
from ports.errors import InvalidInputError

from fakes.doors import Health, grpc_channel, service_over
from fakes.gateway import PERPETUAL, MemoryService

EXECUTION, CONTROL = "livexec.v1.ExecutionService", "livexec.v1.ControlService"
SERVING = health_pb2.HealthCheckResponse.SERVING
NOT_SERVING = health_pb2.HealthCheckResponse.NOT_SERVING


@pytest.fixture
def memory() -> MemoryService:
    return MemoryService()


@pytest.fixture
def health() -> Health:
    return Health()


@pytest.fixture
async def channel(memory: MemoryService, health: Health) -> AsyncIterator[grpc.aio.Channel]:
    async with grpc_channel(service_over(memory, health)) as opened:
        yield opened


def health_of(channel: grpc.aio.Channel) -> Any:  # the stubs know the blocking channel only
    return health_pb2_grpc.HealthStub(cast("Any", channel))


async def asked(channel: grpc.aio.Channel, **question: Any) -> reflection_pb2.ServerReflectionResponse:
    stub: Any = reflection_pb2_grpc.ServerReflectionStub(cast("Any", channel))
    call = stub.ServerReflectionInfo(iter([reflection_pb2.ServerReflectionRequest(**question)]))
    answers: list[reflection_pb2.ServerReflectionResponse] = [answer async for answer in call]
    assert len(answers) == 1
    return answers[0]


async def described(channel: grpc.aio.Channel, symbol: str) -> descriptor_pool.DescriptorPool:
    """A pool of nothing but what the server said of itself."""
    pool = descriptor_pool.DescriptorPool()
    answer = await asked(channel, file_containing_symbol=symbol)
    for raw in answer.file_descriptor_response.file_descriptor_proto:
        pool.Add(descriptor_pb2.FileDescriptorProto.FromString(raw))
    return pool


async def test_the_server_names_its_services(channel: grpc.aio.Channel) -> None:
    answer = await asked(channel, list_services="")
    names = {service.name for service in answer.list_services_response.service}
    assert names >= {EXECUTION, CONTROL, "grpc.health.v1.Health"}


async def test_a_client_built_from_reflection_alone_submits_watches_and_cancels(
    channel: grpc.aio.Channel, memory: MemoryService
) -> None:
    pool = await described(channel, EXECUTION)
    service = pool.FindServiceByName(EXECUTION)

    def call_of(name: str) -> tuple[Any, Any]:
        method = service.methods_by_name[name]
        request = message_factory.GetMessageClass(method.input_type)
        answer = message_factory.GetMessageClass(method.output_type)
        make = channel.unary_stream if method.server_streaming else channel.unary_unary
        return request, make(
            f"/{EXECUTION}/{name}",
            request_serializer=lambda message: message.SerializeToString(),
            response_deserializer=answer.FromString,
        )

    order, submit = call_of("SubmitOrder")
    result = await submit(
        order(operation_id="op-1", instrument_key=PERPETUAL, side="BUY", amount="1", strategy_id="s-1")
    )
    assert (result.status, result.venue) == ("SUBMITTED", "BINANCE-FUTURES")
    request, watch = call_of("WatchExecutions")
    stream = watch(request(from_beginning=True))
    kinds = [(await stream.read()).kind for _ in range(3)]
    assert kinds == ["HEARTBEAT", "OrderRecorded", "OrderReleased"]
    request, cancel = call_of("CancelOrder")
    assert (await cancel(request(operation_id="op-1"))).status == "PENDING_CANCEL"
    assert len(memory.asked) == 2


@pytest.mark.parametrize("name", ["", EXECUTION, CONTROL])
async def test_health_follows_the_parts(name: str, channel: grpc.aio.Channel, health: Health) -> None:
    stub = health_of(channel)
    request = health_pb2.HealthCheckRequest(service=name)
    assert (await stub.Check(request)).status == SERVING
    health.parts["journal"] = False
    assert (await stub.Check(request)).status == NOT_SERVING


async def test_the_health_of_a_stranger_is_not_found(channel: grpc.aio.Channel) -> None:
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await health_of(channel).Check(health_pb2.HealthCheckRequest(service="livexec.v9"))
    assert caught.value.code() is grpc.StatusCode.NOT_FOUND


async def test_a_watcher_of_health_hears_the_change(memory: MemoryService, health: Health) -> None:
    door = GrpcDoor(service_over(memory, health), port=0)
    port = await door.start()
    async with grpc.aio.insecure_channel(f"127.0.0.1:{port}") as channel:
        watching = health_of(channel).Watch(health_pb2.HealthCheckRequest())
        first = await watching.read()
        second = asyncio.ensure_future(watching.read())  # what comes with a call's end is told to who waits for it
        await door.stop(30.0)  # it returns as soon as the stream has ended
        answers = (first, await second)
    assert [answer.status for answer in answers] == [SERVING, NOT_SERVING]


def test_a_door_without_tokens_or_without_a_certificate_opens_to_this_machine_alone() -> None:
    service: Service = service_over(MemoryService())
    with pytest.raises(InvalidInputError, match=r"^host: '0\.0\.0\.0'"):
        GrpcDoor(service, host="0.0.0.0")
    with pytest.raises(InvalidInputError, match=r"doors\.tls"):
        GrpcDoor(service_over(MemoryService(), tokens=True), host="0.0.0.0")


async def test_a_taken_port_is_said_to_be_taken(memory: MemoryService) -> None:
    first = GrpcDoor(service_over(memory), port=0)
    port = await first.start()
    with pytest.raises(OSError, match=str(port)):
        await GrpcDoor(service_over(memory), port=port).start()
    await first.stop(0)
    await first.stop(0)
