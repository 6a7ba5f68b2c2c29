"""Cancel on disconnect at the door: the book is told when a strategy's stream begins, and when it ends, however."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import TYPE_CHECKING

import grpc
import pytest

from adapters.doors.attendance import Attendance
from livexec.client import ExecutionClient
from livexec.v1 import execution_pb2 as pb
from livexec.v1 import execution_pb2_grpc
from ports.commands import CloseStream, OpenStream
from ports.errors import JournalUnavailableError, ShuttingDownError
from ports.values import Principal

from fakes.doors import grpc_door, service_over
from fakes.gateway import MemoryService

if TYPE_CHECKING:
    from livexec.v1.execution_pb2_grpc import ExecutionServiceAsyncStub

WATCH = pb.WatchExecutionsRequest(cancel_on_disconnect_ms=500, strategy_id="s-1")


@pytest.fixture
def memory() -> MemoryService:
    return MemoryService()


@pytest.fixture
async def port(memory: MemoryService) -> AsyncIterator[int]:
    async with grpc_door(service_over(memory)) as opened:
        yield opened


@pytest.fixture
async def stub(port: int) -> AsyncIterator[ExecutionServiceAsyncStub]:
    async with grpc.aio.insecure_channel(f"127.0.0.1:{port}") as channel:
        yield execution_pb2_grpc.ExecutionServiceStub(channel)


async def until(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(30):
        while not holds():  # noqa: ASYNC110 - the server's own task, of which nothing is heard here
            await asyncio.sleep(0)


async def test_a_watch_is_told_when_it_begins_and_when_its_client_hangs_up(
    stub: ExecutionServiceAsyncStub, memory: MemoryService
) -> None:
    watching = stub.WatchExecutions(WATCH)
    await watching.read()
    (opened,) = memory.streams
    assert isinstance(opened, OpenStream)
    assert (opened.strategy_id, opened.grace_ns) == ("s-1", 500_000_000)
    watching.cancel()
    await until(lambda: len(memory.streams) == 2)
    closed = memory.streams[1]
    assert isinstance(closed, CloseStream)
    assert (closed.strategy_id, closed.stream_id) == (opened.strategy_id, opened.stream_id)


async def test_a_connection_that_breaks_ends_its_streams(port: int, memory: MemoryService) -> None:
    async with ExecutionClient(f"127.0.0.1:{port}") as client:
        watching = client.watch(strategy_id="s-1", cancel_on_disconnect_ms=500)
        reading = asyncio.ensure_future(anext(watching))
        await until(lambda: len(memory.streams) == 1)
        reading.cancel()
        await asyncio.gather(reading, return_exceptions=True)
    await until(lambda: len(memory.streams) == 2)


async def test_a_stream_of_orders_is_told_by_its_metadata(
    stub: ExecutionServiceAsyncStub, memory: MemoryService
) -> None:
    metadata = (("cancel-on-disconnect-ms", "500"), ("strategy-id", "s-1"))
    orders = stub.SubmitOrders(iter(()), metadata=metadata)
    assert await orders.read() is grpc.aio.EOF
    await until(lambda: len(memory.streams) == 2)
    assert [type(one) for one in memory.streams] == [OpenStream, CloseStream]


async def test_a_stream_that_asks_for_nothing_tells_nothing(
    stub: ExecutionServiceAsyncStub, memory: MemoryService
) -> None:
    await stub.WatchExecutions(pb.WatchExecutionsRequest(strategy_id="s-1")).read()
    assert memory.streams == []


@pytest.mark.parametrize(
    ("request_", "said"),
    [
        (pb.WatchExecutionsRequest(cancel_on_disconnect_ms=500), "strategy_id"),
        (pb.WatchExecutionsRequest(cancel_on_disconnect_ms=-1, strategy_id="s-1"), "cancel_on_disconnect_ms: '-1'"),
        (pb.WatchExecutionsRequest(cancel_on_disconnect_ms=3_600_001, strategy_id="s-1"), "1 to 3600000"),
    ],
)
async def test_a_watch_without_a_strategy_or_with_no_such_time_is_refused_by_name(
    stub: ExecutionServiceAsyncStub, request_: pb.WatchExecutionsRequest, said: str
) -> None:
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await stub.WatchExecutions(request_).read()
    assert refused.value.code() is grpc.StatusCode.INVALID_ARGUMENT
    assert said in (refused.value.details() or "")


@pytest.mark.parametrize("text", ["soon", "0", "-5", "1.5", "99999999"])
async def test_metadata_that_is_no_time_is_refused_by_name(stub: ExecutionServiceAsyncStub, text: str) -> None:
    metadata = (("cancel-on-disconnect-ms", text), ("strategy-id", "s-1"))
    with pytest.raises(grpc.aio.AioRpcError, match="cancel-on-disconnect-ms"):
        await stub.SubmitOrders(iter(()), metadata=metadata).read()


async def test_a_stream_that_the_book_does_not_take_does_not_begin(
    stub: ExecutionServiceAsyncStub, memory: MemoryService
) -> None:
    memory.failures.append(JournalUnavailableError("away"))
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await stub.WatchExecutions(WATCH).read()
    assert refused.value.code() is grpc.StatusCode.UNAVAILABLE


async def test_an_end_that_was_not_taken_is_told_until_it_is(memory: MemoryService) -> None:
    attendance = Attendance(memory)
    async with attendance.of("s-1", 500, Principal("trader")):
        memory.failures += [JournalUnavailableError("away")] * 3
    await until(lambda: len(memory.streams) == 2)


async def test_a_new_epoch_is_told_of_what_is_open_and_a_stopping_service_of_nothing_for_ever(
    memory: MemoryService,
) -> None:
    attendance = Attendance(memory)
    async with attendance.of("s-1", 500, Principal("trader")):
        attendance.announce()
        await until(lambda: len(memory.streams) == 2)
        assert memory.streams[0] == memory.streams[1]
        memory.failures.append(ShuttingDownError())
    await until(lambda: not memory.failures)
    await attendance.stop()
