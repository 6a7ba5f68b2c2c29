"""Every call of the gRPC door, over a real connection."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING, Any

import grpc
import pytest
from google.rpc import error_details_pb2, status_pb2  # type: ignore[import-untyped]  # no py.typed

from adapters.doors.attendance import Attendance
from adapters.doors.auth import Authenticator
from adapters.doors.pacing import Streams
from adapters.grpc.calls import Calls
from adapters.grpc.execution import MAX_IN_FLIGHT, ExecutionCalls
from livexec.v1 import control_pb2, control_pb2_grpc, execution_pb2_grpc
from livexec.v1 import execution_pb2 as pb
from ports.commands import CancelAll, CancelOrder, HaltMode, HaltScope, LiftHalt, RaiseHalt, SubmitOrder
from ports.errors import JournalUnavailableError, MailboxFullError, ShuttingDownError
from ports.replies import InvalidOrder
from ports.values import Principal, Side

from fakes.doors import TOKEN, grpc_channel, service_over
from fakes.gateway import PERPETUAL, MemoryService, position

if TYPE_CHECKING:
    from livexec.v1.control_pb2_grpc import ControlServiceAsyncStub
    from livexec.v1.execution_pb2_grpc import ExecutionServiceAsyncStub


@pytest.fixture
def memory() -> MemoryService:
    return MemoryService()


@pytest.fixture
async def channel(memory: MemoryService) -> AsyncIterator[grpc.aio.Channel]:
    async with grpc_channel(service_over(memory)) as opened:
        yield opened


@pytest.fixture
def stub(channel: grpc.aio.Channel) -> ExecutionServiceAsyncStub:
    return execution_pb2_grpc.ExecutionServiceStub(channel)


@pytest.fixture
def control(channel: grpc.aio.Channel) -> ControlServiceAsyncStub:
    return control_pb2_grpc.ControlServiceStub(channel)


def order(operation_id: str = "op-1", **change: Any) -> pb.Order:
    good: dict[str, Any] = {
        "instrument_key": PERPETUAL,
        "side": "BUY",
        "amount": "0.5",
        "price": "64000.5",
        "strategy_id": "s-1",
    }
    return pb.Order(operation_id=operation_id, **{**good, **change})


async def refused(call: object) -> grpc.aio.AioRpcError:
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await call  # type: ignore[misc]  # any call of a stub
    return caught.value


async def test_a_submit_is_answered_with_the_order_as_it_is(
    stub: ExecutionServiceAsyncStub, memory: MemoryService
) -> None:
    result = await stub.SubmitOrder(order(tags={"note": "x"}))
    assert (result.operation_id, result.status, result.order_id) == ("op-1", "SUBMITTED", "ord-op-1")
    assert (result.amount, result.price, result.filled_amount, result.average_price) == ("0.5", "64000.5", "0", "")
    assert (result.venue, result.instrument_key, dict(result.tags)) == ("BINANCE-FUTURES", PERPETUAL, {"note": "x"})
    assert result.sequence == memory.sequence
    command = memory.asked[0]
    assert isinstance(command, SubmitOrder)
    assert command.principal == "local"


async def test_a_repeat_is_answered_with_the_order_as_it_is_now(
    stub: ExecutionServiceAsyncStub, memory: MemoryService
) -> None:
    await stub.SubmitOrder(order())
    memory.fill("op-1", "0.2", "64000.5")
    again = await stub.SubmitOrder(order())
    assert (again.status, again.filled_amount) == ("PARTIALLY_FILLED", "0.2")
    assert [(fill.quantity, fill.fee, fill.liquidity) for fill in again.fills] == [("0.2", "0.01", "TAKER")]


async def test_another_content_under_the_same_id_is_a_conflict(stub: ExecutionServiceAsyncStub) -> None:
    await stub.SubmitOrder(order())
    error = await refused(stub.SubmitOrder(order(amount="0.6")))
    assert error.code() is grpc.StatusCode.ALREADY_EXISTS
    assert "'op-1'" in (error.details() or "")


async def test_an_expired_order_that_is_known_is_still_answered(
    stub: ExecutionServiceAsyncStub, memory: MemoryService
) -> None:
    gone = order(time_in_force="GTD")
    gone.expire_time_ns = 5
    unknown = await refused(stub.SubmitOrder(gone))
    assert unknown.code() is grpc.StatusCode.INVALID_ARGUMENT
    await stub.SubmitOrder(order())
    assert memory.asked  # the order is known now, with other terms: the book decides, not the door
    conflict = await refused(stub.SubmitOrder(gone))
    assert conflict.code() is grpc.StatusCode.ALREADY_EXISTS


@pytest.mark.parametrize(
    ("failure", "code"),
    [
        (MailboxFullError(), grpc.StatusCode.RESOURCE_EXHAUSTED),
        (JournalUnavailableError(), grpc.StatusCode.UNAVAILABLE),
        (ShuttingDownError(), grpc.StatusCode.UNAVAILABLE),
        (ZeroDivisionError("secret inside"), grpc.StatusCode.INTERNAL),
    ],
)
async def test_a_failure_has_its_status_and_tells_nothing_else(
    failure: Exception, code: grpc.StatusCode, stub: ExecutionServiceAsyncStub, memory: MemoryService
) -> None:
    memory.failures.append(failure)
    error = await refused(stub.SubmitOrder(order()))
    assert error.code() is code
    assert "secret" not in (error.details() or "")


async def test_a_refusal_carries_details_that_programs_can_read(
    stub: ExecutionServiceAsyncStub, memory: MemoryService
) -> None:
    memory.replies.append(InvalidOrder(field="price", value="1.05", remedy="use a multiple of 0.1"))
    error = await refused(stub.SubmitOrder(order()))
    metadata = dict(error.trailing_metadata())
    status = status_pb2.Status.FromString(metadata["grpc-status-details-bin"])
    info, request = error_details_pb2.ErrorInfo(), error_details_pb2.BadRequest()
    assert status.details[0].Unpack(info)
    assert status.details[1].Unpack(request)
    assert (info.reason, metadata["reason-code"]) == ("INVALID_INPUT", "INVALID_INPUT")
    assert [violation.field for violation in request.field_violations] == ["price"]
    assert status.message == error.details() == "price: '1.05' is not usable: use a multiple of 0.1"


async def test_a_stream_answers_in_the_order_of_arrival_and_survives_refusals(
    stub: ExecutionServiceAsyncStub, memory: MemoryService
) -> None:
    sent = [order("op-1"), order("op-2", side="HOLD"), order("op-1", amount="9"), order(""), order("op-3")]
    answers = [answer async for answer in stub.SubmitOrders(iter(sent))]
    assert [(answer.operation_id, answer.status, answer.reason_code) for answer in answers] == [
        ("op-1", "SUBMITTED", ""),
        ("op-2", "REJECTED", "INVALID_INPUT"),
        ("op-1", "", "OPERATION_CONFLICT"),  # nothing is said of the order that has this id
        ("", "REJECTED", "INVALID_INPUT"),
        ("op-3", "SUBMITTED", ""),
    ]
    assert "side: 'HOLD'" in answers[1].error_message
    assert len(memory.asked) == 3


async def test_a_stream_says_nothing_of_an_order_whose_outcome_is_not_known(
    stub: ExecutionServiceAsyncStub, memory: MemoryService
) -> None:
    memory.failures += [MailboxFullError(), JournalUnavailableError()]
    answers = [answer async for answer in stub.SubmitOrders(iter([order("op-1"), order("op-2"), order("op-3")]))]
    assert [(answer.status, answer.reason_code) for answer in answers] == [
        ("", "MAILBOX_FULL"),
        ("", "JOURNAL_UNAVAILABLE"),
        ("SUBMITTED", ""),
    ]


async def test_a_stream_of_many_orders_has_a_bounded_number_under_way(memory: MemoryService) -> None:
    sent = [f"op-{number}" for number in range(300)]
    answers: list[pb.ExecutionResult] = []

    async def requests() -> AsyncIterator[bytes]:
        for operation_id in sent:
            yield order(operation_id).SerializeToString()

    async def write(raw: bytes) -> None:
        answers.append(pb.ExecutionResult.FromString(raw))

    memory.gate.clear()
    calls = ExecutionCalls(service_over(memory), Streams(), Attendance(memory))
    stream = asyncio.ensure_future(calls.submit_orders(requests(), Principal("trader"), {}, write))
    for _ in range(1_000):  # turns of the loop: without a bound, every order would be under way by now
        await asyncio.sleep(0)
    assert MAX_IN_FLIGHT <= len(memory.asked) <= MAX_IN_FLIGHT + 2
    memory.gate.set()
    await stream
    assert [answer.operation_id for answer in answers] == sent


async def test_a_cancel_is_answered_with_the_order(stub: ExecutionServiceAsyncStub, memory: MemoryService) -> None:
    await stub.SubmitOrder(order())
    result = await stub.CancelOrder(pb.CancelOrderRequest(operation_id="op-1", reason="changed my mind"))
    assert (result.operation_id, result.status) == ("op-1", "PENDING_CANCEL")
    command = memory.asked[-1]
    assert isinstance(command, CancelOrder)
    assert command.reason == "changed my mind"


async def test_cancelling_an_unknown_order_says_what_follows(stub: ExecutionServiceAsyncStub) -> None:
    error = await refused(stub.CancelOrder(pb.CancelOrderRequest(operation_id="op-9")))
    assert error.code() is grpc.StatusCode.NOT_FOUND
    assert "refused from now on" in (error.details() or "")


async def test_cancel_all_names_what_it_concerns(stub: ExecutionServiceAsyncStub, memory: MemoryService) -> None:
    for number in (1, 2):
        await stub.SubmitOrder(order(f"op-{number}", strategy_id=f"s-{number}"))
    answer = await stub.CancelAll(pb.CancelAllRequest(strategy_id="s-2"))
    assert list(answer.operation_ids) == ["op-2"]
    command = memory.asked[-1]
    assert isinstance(command, CancelAll)
    assert (command.strategy_id, command.venue) == ("s-2", None)
    await stub.CancelAll(pb.CancelAllRequest(account="a", side="SELL"))
    narrow = memory.asked[-1]
    assert isinstance(narrow, CancelAll)
    assert (narrow.account, narrow.side) == ("a", Side.SELL)
    assert "side" in ((await refused(stub.CancelAll(pb.CancelAllRequest(side="sell")))).details() or "")


async def test_an_order_is_read_with_its_trades(stub: ExecutionServiceAsyncStub, memory: MemoryService) -> None:
    submitted = await stub.SubmitOrder(order())
    memory.fill("op-1", "0.5", "64000.5")
    answer = await stub.GetOrder(pb.GetOrderRequest(operation_id="op-1", min_sequence=submitted.sequence))
    assert (answer.result.status, len(answer.result.fills), answer.sequence) == ("FILLED", 1, memory.sequence)
    missing = await refused(stub.GetOrder(pb.GetOrderRequest(operation_id="op-2")))
    assert missing.code() is grpc.StatusCode.NOT_FOUND


async def test_an_order_is_called_unknown_only_by_tables_that_could_know_it(
    stub: ExecutionServiceAsyncStub, memory: MemoryService
) -> None:
    await stub.SubmitOrder(order())
    memory.slow = True  # its tables have not taken in what was acknowledged just now
    answer = await stub.GetOrder(pb.GetOrderRequest(operation_id="op-1"))
    assert answer.result.operation_id == "op-1"
    await refused(stub.GetOrder(pb.GetOrderRequest(operation_id="op-2")))
    assert memory.read_at == [0, memory.sequence] * 2


async def test_a_read_that_waits_in_vain_says_so(stub: ExecutionServiceAsyncStub) -> None:
    late = await refused(stub.GetOrder(pb.GetOrderRequest(operation_id="op-1", min_sequence=99)))
    assert late.code() is grpc.StatusCode.DEADLINE_EXCEEDED


async def test_orders_are_listed_in_pages_newest_first(stub: ExecutionServiceAsyncStub) -> None:
    for number in range(5):
        await stub.SubmitOrder(order(f"op-{number}"))
    first = await stub.ListOrders(pb.ListOrdersRequest(limit=3, open_only=True))
    second = await stub.ListOrders(pb.ListOrdersRequest(limit=3, open_only=True, cursor=first.next_cursor))
    listed = [each.operation_id for each in [*first.orders, *second.orders]]
    assert listed == ["op-4", "op-3", "op-2", "op-1", "op-0"]
    assert second.next_cursor == ""


async def test_filters_that_contradict_one_another_find_nothing(stub: ExecutionServiceAsyncStub) -> None:
    await stub.SubmitOrder(order())
    assert not (await stub.ListOrders(pb.ListOrdersRequest(status=["FILLED"], open_only=True))).orders


@pytest.mark.parametrize(
    ("request_", "field"),
    [
        (pb.ListOrdersRequest(status=["OPEN"]), "status"),
        (pb.ListOrdersRequest(limit=1001), "limit"),
        (pb.ListOrdersRequest(limit=-1), "limit"),
        (pb.ListOrdersRequest(cursor="nonsense"), "cursor"),
        (pb.ListOrdersRequest(from_ns=5, to_ns=4), "to"),
        (pb.ListOrdersRequest(instrument_key="BTC"), "instrument_key"),
        (pb.ListOrdersRequest(venue="okx"), "venue"),
        (pb.ListOrdersRequest(account="main"), "account"),
        (pb.ListOrdersRequest(min_sequence=-1), "min_sequence"),
    ],
)
async def test_a_bad_filter_is_named(
    request_: pb.ListOrdersRequest, field: str, stub: ExecutionServiceAsyncStub
) -> None:
    error = await refused(stub.ListOrders(request_))
    assert error.code() is grpc.StatusCode.INVALID_ARGUMENT
    assert (error.details() or "").startswith(f"{field}: ")


async def test_positions_are_filtered_and_flat_ones_left_out(
    stub: ExecutionServiceAsyncStub, memory: MemoryService
) -> None:
    memory.held = [position("s-1", "-0.5"), position("s-2", "0")]
    some = await stub.GetPositions(pb.GetPositionsRequest())
    every = await stub.GetPositions(pb.GetPositionsRequest(include_flat=True))
    mine = await stub.GetPositions(pb.GetPositionsRequest(strategy_id="s-2", include_flat=True, base_asset="BTC"))
    assert [(each.strategy_id, each.quantity) for each in some.positions] == [("s-1", "-0.5")]
    assert some.positions[0].realized_pnl == "1.5"
    assert dict(some.positions[0].fees) == {"USDT": "0.02"}
    assert [each.strategy_id for each in every.positions] == ["s-1", "s-2"]
    assert [(each.strategy_id, each.average_entry_price) for each in mine.positions] == [("s-2", "")]


async def test_a_halt_and_a_resume_are_answered_with_every_halt_in_force(
    control: ControlServiceAsyncStub, memory: MemoryService
) -> None:
    said = await control.Halt(
        control_pb2.HaltRequest(scope="STRATEGY", scope_value="s-1", mode="CANCEL", reason="stale prices")
    )
    assert [(each.scope, each.scope_value, each.mode) for each in said.halts] == [
        ("STRATEGY", "momentum-btc-v1", "HALT")
    ]
    assert (said.changed, said.sequence) == (True, memory.sequence)
    await control.Resume(control_pb2.ResumeRequest(scope="global", reason="back"))
    halt, resume = memory.asked
    assert isinstance(halt, RaiseHalt)
    assert isinstance(resume, LiftHalt)
    assert (halt.scope, halt.value, halt.mode) == (HaltScope.STRATEGY, "s-1", HaltMode.CANCEL)
    assert (resume.scope, resume.value) == (HaltScope.GLOBAL, "")


@pytest.mark.parametrize(
    ("request_", "field", "remedy"),
    [
        (control_pb2.HaltRequest(scope="ORDER", scope_value="no id", reason="x"), "scope_value", "1 to 128"),
        (control_pb2.HaltRequest(scope="PLANET", reason="x"), "scope", "write one of"),
        (control_pb2.HaltRequest(scope="GLOBAL", mode="FREEZE", reason="x"), "mode", "write one of"),
        (control_pb2.HaltRequest(scope="GLOBAL", scope_value="x", reason="x"), "scope_value", "leave it empty"),
        (control_pb2.HaltRequest(scope="STRATEGY", reason="x"), "scope_value", "1 to 128"),
        (control_pb2.HaltRequest(scope="INSTRUMENT", scope_value="BTC", reason="x"), "instrument_key", "VENUE"),
        (control_pb2.HaltRequest(scope="GLOBAL"), "reason", "say why"),
        (control_pb2.HaltRequest(scope="GLOBAL", reason="x" * 201), "reason", "200"),
    ],
)
async def test_a_bad_halt_is_named_and_nobody_is_asked(
    request_: control_pb2.HaltRequest,
    field: str,
    remedy: str,
    control: ControlServiceAsyncStub,
    memory: MemoryService,
) -> None:
    error = await refused(control.Halt(request_))
    assert error.code() is grpc.StatusCode.INVALID_ARGUMENT
    assert (error.details() or "").startswith(f"{field}: ")
    assert remedy in (error.details() or "")
    assert memory.asked == []


async def test_venues_are_listed_by_name(control: ControlServiceAsyncStub) -> None:
    every = await control.ListVenues(control_pb2.ListVenuesRequest())
    one = await control.ListVenues(control_pb2.ListVenuesRequest(venue="OKX"))
    assert [venue.venue for venue in every.venues] == ["BINANCE-FUTURES", "OKX"]
    assert [(venue.venue, venue.state) for venue in one.venues] == [("OKX", "CONNECTED")]


async def test_every_call_of_the_protocol_is_answered(stub: ExecutionServiceAsyncStub) -> None:
    error = await refused(stub.ExplainOrder(pb.ExplainOrderRequest(operation_id="nobody-knows")))
    assert error.code() is grpc.StatusCode.NOT_FOUND
    calls = Calls(Authenticator({}))
    memory = MemoryService()
    served = {*ExecutionCalls(service_over(memory), Streams(), Attendance(memory)).handlers(calls)}
    assert served == {method.name for method in pb.DESCRIPTOR.services_by_name["ExecutionService"].methods}


async def test_with_tokens_only_their_owners_come_in(memory: MemoryService) -> None:
    async with grpc_channel(service_over(memory, tokens=True)) as channel:
        stub = execution_pb2_grpc.ExecutionServiceStub(channel)
        nobody = await refused(stub.SubmitOrder(order()))
        stranger = await refused(stub.SubmitOrder(order(), metadata=(("authorization", "Bearer x"),)))
        watcher = await refused(stub.WatchExecutions(pb.WatchExecutionsRequest()).read())
        streamer = await refused(stub.SubmitOrders(iter([order()])).read())
        await stub.SubmitOrder(order(), metadata=(("authorization", f"Bearer {TOKEN}"),))
    told = [nobody.code(), stranger.code(), watcher.code(), streamer.code()]
    assert told == [grpc.StatusCode.UNAUTHENTICATED] * 4
    assert [command.principal for command in memory.asked] == ["trader"]
