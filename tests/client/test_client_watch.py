"""Watching through doors that close, connections that go silent and services that come back: no hole, no repeat."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator

import grpc
import pytest

from adapters.grpc import GrpcDoor
from livexec.client import ExecutionClient, Order, Patience, RefusedError
from livexec.v1 import execution_pb2 as pb

from fakes.doors import grpc_door, service_over
from fakes.gateway import PERPETUAL, MemoryService

EAGER = Patience(first_pause_s=0.001, longest_pause_s=0.01)


def order(operation_id: str) -> Order:
    return Order(
        operation_id=operation_id, instrument_key=PERPETUAL, side="BUY", amount="1", price="64000", strategy_id="s-1"
    )


async def test_a_watcher_from_the_beginning_hears_everything_in_order() -> None:
    memory = MemoryService()
    async with grpc_door(service_over(memory)) as port, ExecutionClient(f"127.0.0.1:{port}", patience=EAGER) as client:
        await client.submit(order("op-1"))
        memory.fill("op-1", "1", "64000")
        heard = [update async for update in first(client.watch(0), 3)]
    assert [(update.sequence, update.result.status) for update in heard] == [
        (1, "PENDING"),
        (4, "SUBMITTED"),
        (5, "FILLED"),
    ]
    assert heard[2].fill is not None
    assert heard[2].result.fills == (heard[2].fill,)


async def test_a_watcher_from_now_hears_nothing_of_before() -> None:
    memory = MemoryService()
    async with grpc_door(service_over(memory)) as port, ExecutionClient(f"127.0.0.1:{port}", patience=EAGER) as client:
        await client.submit(order("op-1"))
        watching = client.watch()
        hearing = asyncio.ensure_future(anext(watching))
        await memory.followed.wait()
        await client.submit(order("op-2"))
        heard = [(await hearing).result.operation_id, (await anext(watching)).result.operation_id]
        await watching.aclose()
    assert heard == ["op-2", "op-2"]


async def test_a_door_that_closes_and_opens_again_costs_the_watcher_nothing() -> None:
    memory = MemoryService()
    service = service_over(memory)
    door = GrpcDoor(service, port=0)
    port = await door.start()
    heard: list[int] = []
    async with ExecutionClient(f"127.0.0.1:{port}", patience=EAGER) as client:
        watching = client.watch(0)
        for number in range(4):
            await client.submit(order(f"op-{number}"))
            memory.acknowledge(f"op-{number}")
            heard += [update.sequence async for update in first(watching, 2, close=False)]
            await door.stop(0)
            memory.fill(f"op-{number}", "1", "64000")
            door = GrpcDoor(service, port=port)
            await door.start()
            heard += [update.sequence async for update in first(watching, 2, close=False)]
        await watching.aclose()
    await door.stop(0)
    assert heard == [seq for start in range(0, 24, 6) for seq in (start + 1, start + 4, start + 5, start + 6)]


async def test_a_filter_holds_over_a_new_connection() -> None:
    memory = MemoryService()
    async with grpc_door(service_over(memory)) as port, ExecutionClient(f"127.0.0.1:{port}", patience=EAGER) as client:
        await client.submit(order("op-1"))
        await client.submit(order("op-2"))
        heard = [update.result.operation_id async for update in first(client.watch(0, operation_id="op-2"), 2)]
    assert heard == ["op-2", "op-2"]


async def test_a_journal_that_never_reached_the_sequence_is_refused() -> None:
    memory = MemoryService()
    async with grpc_door(service_over(memory)) as port, ExecutionClient(f"127.0.0.1:{port}", patience=EAGER) as client:
        with pytest.raises(RefusedError, match="after_sequence"):
            await anext(client.watch(99))


async def test_repeats_and_silence_of_a_server_are_kept_from_the_watcher() -> None:
    """A server that forgets, repeats and falls silent: each connection is asked from where the last one ended."""
    asked: list[tuple[int, bool]] = []
    scripts = [[0, 1, 2], [2, 3], [4]]  # what each connection sends before it falls silent; 0: a sign of life

    never = asyncio.Event()

    async def watch(request: pb.WatchExecutionsRequest, _: object) -> AsyncIterator[pb.ExecutionUpdate]:
        asked.append((request.after_sequence, request.from_beginning))
        for sequence in scripts[len(asked) - 1]:
            yield pb.ExecutionUpdate(sequence=sequence, kind="OrderFilled" if sequence else "HEARTBEAT")
        await never.wait()

    handler = grpc.unary_stream_rpc_method_handler(
        watch, pb.WatchExecutionsRequest.FromString, pb.ExecutionUpdate.SerializeToString
    )
    offered = {"WatchExecutions": handler}
    server = grpc.aio.server()
    server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler("livexec.v1.ExecutionService", offered),))
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    impatient = Patience(first_pause_s=0.001, longest_pause_s=0.001, silence_s=0.05)
    async with ExecutionClient(f"127.0.0.1:{port}", patience=impatient) as client:
        heard = [update.sequence async for update in first(client.watch(), 4)]
    await server.stop(0)
    assert heard == [1, 2, 3, 4]
    assert asked == [(0, False), (2, False), (3, False)]


async def first[T](updates: AsyncGenerator[T], count: int, *, close: bool = True) -> AsyncIterator[T]:
    """Yield the first `count` and, unless told not to, leave the stream."""
    for _ in range(count):
        yield await anext(updates)
    if close:
        await updates.aclose()
