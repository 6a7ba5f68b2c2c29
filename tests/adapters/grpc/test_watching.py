"""What a watcher is told, and that it is told everything once."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import grpc
import pytest

from livexec.v1 import execution_pb2 as pb
from livexec.v1 import execution_pb2_grpc
from ports.facts import AccountReady, AmendRequested, AmendWasRefused, OrderAmended, OrderFilled
from ports.values import (
    AmendId,
    OperationId,
    OrderStatus,
    Price,
    Principal,
    Quantity,
    StrategyId,
    VenueId,
    VenueOrderId,
)

from fakes.doors import grpc_channel, service_over
from fakes.gateway import ACCOUNT, NOW_NS, PERPETUAL, MemoryService

if TYPE_CHECKING:
    from livexec.v1.execution_pb2_grpc import ExecutionServiceAsyncStub


@pytest.fixture
def memory() -> MemoryService:
    return MemoryService()


@pytest.fixture
async def stub(memory: MemoryService) -> AsyncIterator[ExecutionServiceAsyncStub]:
    async with grpc_channel(service_over(memory)) as channel:
        yield execution_pb2_grpc.ExecutionServiceStub(channel)


async def submit(stub: ExecutionServiceAsyncStub, operation_id: str, strategy_id: str = "s-1") -> None:
    await stub.SubmitOrder(
        pb.Order(
            operation_id=operation_id,
            instrument_key=PERPETUAL,
            side="BUY",
            amount="0.5",
            price="64000.5",
            strategy_id=strategy_id,
        )
    )


async def read(
    call: grpc.aio.UnaryStreamCall[pb.WatchExecutionsRequest, pb.ExecutionUpdate], count: int
) -> list[pb.ExecutionUpdate]:
    found: list[pb.ExecutionUpdate] = []
    while len(found) < count:
        update = await call.read()
        assert isinstance(update, pb.ExecutionUpdate)
        if update.kind != "HEARTBEAT":
            found.append(update)
    return found


async def test_the_first_message_says_where_the_stream_begins(
    stub: ExecutionServiceAsyncStub, memory: MemoryService
) -> None:
    await submit(stub, "op-1")
    for request, start in (
        (pb.WatchExecutionsRequest(), memory.sequence),
        (pb.WatchExecutionsRequest(after_sequence=2), 2),
        (pb.WatchExecutionsRequest(from_beginning=True), 0),
    ):
        first = await stub.WatchExecutions(request).read()
        assert isinstance(first, pb.ExecutionUpdate)
        assert (first.kind, first.sequence, first.HasField("result")) == ("HEARTBEAT", start, False)


async def test_an_orders_life_is_told_change_by_change(stub: ExecutionServiceAsyncStub, memory: MemoryService) -> None:
    call = stub.WatchExecutions(pb.WatchExecutionsRequest())
    await call.read()
    await submit(stub, "op-1")
    memory.acknowledge("op-1")
    memory.fill("op-1", "0.2", "64000")
    memory.fill("op-1", "0.3", "64000.5")
    told = await read(call, 5)
    assert [(update.kind, update.result.status) for update in told] == [
        ("OrderRecorded", "PENDING"),
        ("OrderReleased", "SUBMITTED"),
        ("OrderAcknowledged", "ACCEPTED"),
        ("OrderFilled", "PARTIALLY_FILLED"),
        ("OrderFilled", "FILLED"),
    ]
    assert [update.sequence for update in told] == [1, 4, 5, 6, 7]
    last = told[-1]
    assert (last.result.amount, last.result.filled_amount, last.result.average_price) == ("0.5", "0.5", "64000.5")
    assert (last.result.strategy_id, last.result.side, last.result.venue_order_id) == ("s-1", "BUY", "v-1")
    assert (last.result.decision_id, last.result.venue, last.result.account) == ("dec-1", "BINANCE-FUTURES", ACCOUNT)


async def test_an_amend_is_told_when_it_is_asked_and_when_the_venue_has_spoken(
    stub: ExecutionServiceAsyncStub, memory: MemoryService
) -> None:
    await submit(stub, "op-1")
    known, price = OperationId("op-1"), Price(Decimal(63990))
    wanted: dict[str, Any] = {"operation_id": known, "quantity": Quantity(Decimal("0.7")), "price": price}
    asked: dict[str, Any] = {"principal": Principal("ann"), "reason": "", "requested_ns": 1}
    spoken: dict[str, Any] = {"venue_order_id": VenueOrderId("v-2"), "venue_time_ns": 2, "learnt_ns": 3}
    refused: dict[str, Any] = {"operation_id": known, "reason": "too late", "learnt_ns": 4}
    pending, works = OrderStatus.PENDING_AMEND, OrderStatus.ACCEPTED
    memory.happen(AmendRequested(**wanted, **asked, status=pending, amend_id=AmendId("a-1")))
    memory.happen(OrderAmended(**wanted, **spoken, status=works))
    memory.happen(AmendRequested(**wanted, **asked, status=pending, amend_id=AmendId("a-2")))
    memory.happen(AmendWasRefused(**refused, status=works))
    told = await read(stub.WatchExecutions(pb.WatchExecutionsRequest(from_beginning=True)), 6)
    shown = [(each.kind, each.result.status, each.result.amount, each.result.price) for each in told[2:]]
    assert shown == [
        ("AmendRequested", "PENDING_AMEND", "0.5", "64000.5"),
        ("OrderAmended", "ACCEPTED", "0.7", "63990"),
        ("AmendRequested", "PENDING_AMEND", "0.7", "63990"),
        ("AmendWasRefused", "ACCEPTED", "0.7", "63990"),
    ]
    assert [each.result.venue_order_id for each in told[2:]] == ["", "v-2", "v-2", "v-2"]


async def test_an_updates_fills_hold_that_changes_trade_alone(
    stub: ExecutionServiceAsyncStub, memory: MemoryService
) -> None:
    await submit(stub, "op-1")
    memory.fill("op-1", "0.2", "64000")
    memory.fill("op-1", "0.3", "64000.5")
    told = await read(stub.WatchExecutions(pb.WatchExecutionsRequest(from_beginning=True)), 4)
    assert [[fill.quantity for fill in update.result.fills] for update in told] == [[], [], ["0.2"], ["0.3"]]
    assert [update.HasField("fill") for update in told] == [False, False, True, True]
    assert told[-1].fill == told[-1].result.fills[0]


async def test_a_watcher_that_resumes_is_told_every_change_after_its_sequence_and_no_other(
    stub: ExecutionServiceAsyncStub, memory: MemoryService
) -> None:
    for number in range(4):
        await submit(stub, f"op-{number}")
        memory.fill(f"op-{number}", "0.1", "64000")
    every = await read(stub.WatchExecutions(pb.WatchExecutionsRequest(from_beginning=True)), 12)
    for seen in range(1, 12):
        after = every[seen - 1].sequence
        rest = await read(stub.WatchExecutions(pb.WatchExecutionsRequest(after_sequence=after)), 12 - seen)
        assert rest == every[seen:]


async def test_watchers_that_are_behind_hear_the_same_as_those_that_are_not(
    stub: ExecutionServiceAsyncStub, memory: MemoryService
) -> None:
    for number in range(3):
        await submit(stub, f"op-{number}")
        memory.acknowledge(f"op-{number}")
    ahead = stub.WatchExecutions(pb.WatchExecutionsRequest(after_sequence=8))
    told_ahead = await read(ahead, 4)
    behind = stub.WatchExecutions(pb.WatchExecutionsRequest(after_sequence=4))
    told_behind = await read(behind, 6)
    memory.fill("op-0", "0.5", "64000")
    assert await read(ahead, 1) == await read(behind, 1)
    assert told_behind[-4:] == told_ahead


async def test_a_filter_lets_through_one_strategy_or_one_order(
    stub: ExecutionServiceAsyncStub, memory: MemoryService
) -> None:
    for number in range(4):
        await submit(stub, f"op-{number}", f"s-{number % 2}")
    for number in range(4):
        memory.acknowledge(f"op-{number}")
    strategy = pb.WatchExecutionsRequest(from_beginning=True, strategy_id="s-1")
    one = pb.WatchExecutionsRequest(from_beginning=True, operation_id="op-2")
    assert {each.result.operation_id for each in await read(stub.WatchExecutions(strategy), 6)} == {"op-1", "op-3"}
    assert [each.result.status for each in await read(stub.WatchExecutions(one), 3)] == [
        "PENDING",
        "SUBMITTED",
        "ACCEPTED",
    ]


async def test_whose_order_it_is_is_read_where_the_fact_does_not_say(
    stub: ExecutionServiceAsyncStub, memory: MemoryService
) -> None:
    await submit(stub, "op-1", "s-7")
    call = stub.WatchExecutions(pb.WatchExecutionsRequest(strategy_id="s-7"))
    await call.read()
    memory.acknowledge("op-1")
    (update,) = await read(call, 1)
    assert (update.result.strategy_id, update.result.amount, update.result.status) == ("s-7", "0.5", "ACCEPTED")
    assert update.result.client_order_id == "x-op-1"


async def test_a_trade_that_no_order_explains_is_told_as_such(
    stub: ExecutionServiceAsyncStub, memory: MemoryService
) -> None:
    await submit(stub, "op-1")
    memory.fill("op-1", "0.5", "64000")
    known = memory.entries[-1].fact
    assert isinstance(known, OrderFilled)
    memory.happen(replace(known, operation_id=None, status=None, strategy_id=StrategyId("UNATTRIBUTED")))
    told = await read(stub.WatchExecutions(pb.WatchExecutionsRequest(from_beginning=True)), 4)
    assert (told[-1].result.operation_id, told[-1].result.strategy_id) == ("", "UNATTRIBUTED")
    assert (told[-1].fill.quantity, told[-1].result.status) == ("0.5", "")


async def test_facts_of_no_order_are_passed_over(stub: ExecutionServiceAsyncStub, memory: MemoryService) -> None:
    memory.happen(AccountReady(account=ACCOUNT, venue=VenueId("BINANCE-FUTURES"), since_ns=NOW_NS))
    await submit(stub, "op-1")
    told = await read(stub.WatchExecutions(pb.WatchExecutionsRequest(from_beginning=True)), 2)
    assert [update.sequence for update in told] == [2, 5]


async def test_silence_is_broken_by_a_sign_of_life_that_says_how_far_the_stream_is(memory: MemoryService) -> None:
    async with grpc_channel(service_over(memory), heartbeat_s=0.01) as channel:
        stub = execution_pb2_grpc.ExecutionServiceStub(channel)
        call = stub.WatchExecutions(pb.WatchExecutionsRequest(strategy_id="s-9"))
        await call.read()
        await submit(stub, "op-1", "s-1")
        heard = 0
        while heard < memory.sequence:
            update = await call.read()
            assert isinstance(update, pb.ExecutionUpdate)
            assert update.kind == "HEARTBEAT"
            heard = update.sequence


async def test_a_sequence_that_the_journal_never_gave_is_refused(stub: ExecutionServiceAsyncStub) -> None:
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await stub.WatchExecutions(pb.WatchExecutionsRequest(after_sequence=99)).read()
    assert caught.value.code() is grpc.StatusCode.INVALID_ARGUMENT
    assert "after_sequence: '99'" in (caught.value.details() or "")


async def test_read_tables_that_are_too_far_behind_end_the_stream_so_that_it_can_be_resumed(
    stub: ExecutionServiceAsyncStub, memory: MemoryService
) -> None:
    await submit(stub, "op-1")
    memory.visible = memory.sequence
    call = stub.WatchExecutions(pb.WatchExecutionsRequest())
    start = await call.read()
    memory.acknowledge("op-1")
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await call.read()
    assert caught.value.code() is grpc.StatusCode.DEADLINE_EXCEEDED
    memory.visible = None
    assert isinstance(start, pb.ExecutionUpdate)
    (update,) = await read(stub.WatchExecutions(pb.WatchExecutionsRequest(after_sequence=start.sequence)), 1)
    assert update.result.status == "ACCEPTED"


async def test_a_feed_that_ends_tells_watchers_that_the_service_is_stopping(
    stub: ExecutionServiceAsyncStub, memory: MemoryService
) -> None:
    call = stub.WatchExecutions(pb.WatchExecutionsRequest())
    await call.read()
    memory.stop()
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await call.read()
    assert caught.value.code() is grpc.StatusCode.UNAVAILABLE
