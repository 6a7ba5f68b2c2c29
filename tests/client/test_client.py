"""The client against the real door: answers become typed, refusals become errors, silence is asked again."""

from __future__ import annotations

from collections.abc import AsyncIterator
from decimal import Decimal
from typing import Any

import grpc
import pytest

from livexec.client import ExecutionClient, NoAnswerError, Order, Patience, RefusedError, Signal
from livexec.v1.execution_pb2 import ExecutionResult
from ports.commands import AmendOrder, CancelAll, LiftHalt, RaiseHalt
from ports.errors import JournalUnavailableError, MailboxFullError, ShuttingDownError
from ports.replies import AmendReply
from ports.values import OperationId, OrderStatus

from fakes.doors import TOKEN, grpc_door, rest, service_over
from fakes.gateway import ACCOUNT, NOW_NS, PERPETUAL, MemoryService, position

EAGER = Patience(deadline_s=30.0, attempt_s=5.0, first_pause_s=0.001, longest_pause_s=0.002)


@pytest.fixture
def memory() -> MemoryService:
    return MemoryService()


@pytest.fixture
async def client(memory: MemoryService) -> AsyncIterator[ExecutionClient]:
    async with (
        grpc_door(service_over(memory)) as port,
        ExecutionClient(f"127.0.0.1:{port}", patience=EAGER) as opened,
    ):
        yield opened


def order(operation_id: str = "op-1", amount: str = "0.5", strategy_id: str = "s-1") -> Order:
    return Order(
        operation_id=operation_id,
        instrument_key=PERPETUAL,
        side="BUY",
        amount=amount,
        price="64000.5",
        strategy_id=strategy_id,
        tags={"note": "x"},
    )


async def test_a_submit_returns_the_order_with_decimals_and_none_for_what_is_not_there(
    client: ExecutionClient, memory: MemoryService
) -> None:
    result = await client.submit(order())
    assert (result.operation_id, result.status, result.is_terminal) == ("op-1", OrderStatus.SUBMITTED, False)
    assert (result.amount, result.price, result.filled_amount) == (Decimal("0.5"), Decimal("64000.5"), Decimal(0))
    assert (result.average_price, result.venue_order_id, result.fills) == (None, None, ())
    assert (result.venue, result.account, result.tags) == ("BINANCE-FUTURES", ACCOUNT, {"note": "x"})
    assert result.sequence == memory.sequence


async def test_a_submit_is_repeated_with_the_same_id_until_it_is_answered(
    client: ExecutionClient, memory: MemoryService
) -> None:
    memory.failures += [MailboxFullError(), JournalUnavailableError(), ShuttingDownError(), JournalUnavailableError()]
    result = await client.submit(order())
    assert result.status == OrderStatus.SUBMITTED
    assert len(memory.asked) == 5
    assert len({str(command) for command in memory.asked}) == 1
    assert list(memory.orders_by_id) == ["op-1"]


async def test_a_signal_is_pushed_until_it_is_answered_and_its_answer_is_typed(memory: MemoryService) -> None:
    service = service_over(memory)
    signal = Signal(strategy_id="momentum", instrument_key=PERPETUAL, timestamp_ns=NOW_NS, direction=1)
    async with (
        grpc_door(service) as port,
        rest(service) as web,
        ExecutionClient(f"127.0.0.1:{port}", patience=EAGER) as client,
    ):
        with pytest.raises(RefusedError) as unknown:
            await client.push_signal(signal)
        assert unknown.value.reason == "NOT_FOUND"
        await web.post("/api/strategies", json={"strategy_id": "momentum", "size": "0.5"})
        await web.post("/api/strategies/momentum/start", headers={"X-Livexec": "1"})
        answer = await client.push_signal(signal)
    assert (answer.ordered, answer.why, answer.again) == (False, "NOT_LISTED", True)
    assert answer.operation_id


async def test_an_answer_that_was_lost_is_given_again(client: ExecutionClient, memory: MemoryService) -> None:
    await client.submit(order())
    memory.fill("op-1", "0.5", "64000.5")
    again = await client.submit(order())
    assert (again.status, again.is_terminal, again.filled_amount) == ("FILLED", True, Decimal("0.5"))
    assert [(fill.quantity, fill.fee, fill.liquidity) for fill in again.fills] == [
        (Decimal("0.5"), Decimal("0.01"), "TAKER")
    ]
    assert len(memory.orders_by_id) == 1


async def test_a_call_that_a_stopping_server_cut_off_is_asked_again() -> None:
    answers = [grpc.StatusCode.CANCELLED, grpc.StatusCode.UNAVAILABLE]

    async def cut_off(_: object, context: grpc.aio.ServicerContext[bytes, bytes]) -> bytes:
        if answers:
            await context.abort(answers.pop(0), "the server stops")
        return ExecutionResult(operation_id="op-1", order_id="ord-1", status="SUBMITTED").SerializeToString()

    server = grpc.aio.server()
    handlers: dict[str, Any] = {"SubmitOrder": grpc.unary_unary_rpc_method_handler(cut_off)}
    server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler("livexec.v1.ExecutionService", handlers),))
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    async with ExecutionClient(f"127.0.0.1:{port}", patience=EAGER) as client:
        assert (await client.submit(order())).order_id == "ord-1"
    assert answers == []
    await server.stop(0)


@pytest.mark.parametrize(
    ("amount", "status", "reason", "field"),
    [
        ("-1", "INVALID_ARGUMENT", "INVALID_INPUT", "amount"),
        ("0.7", "ALREADY_EXISTS", "OPERATION_CONFLICT", "operation_id"),
    ],
)
async def test_a_no_is_not_asked_again(
    amount: str, status: str, reason: str, field: str, client: ExecutionClient, memory: MemoryService
) -> None:
    await client.submit(order())
    asked = len(memory.asked)
    with pytest.raises(RefusedError, match=field) as refusal:
        await client.submit(order(amount=amount))
    assert (refusal.value.status, refusal.value.reason, refusal.value.field) == (status, reason, field)
    assert len(memory.asked) <= asked + 1


async def test_an_incident_is_not_asked_again(client: ExecutionClient, memory: MemoryService) -> None:
    memory.failures.append(ZeroDivisionError())
    with pytest.raises(RefusedError, match="reference") as refusal:
        await client.submit(order())
    assert (refusal.value.status, len(memory.asked)) == ("INTERNAL", 1)


async def test_when_time_is_up_nothing_is_claimed(memory: MemoryService) -> None:
    hasty = Patience(deadline_s=0.05, first_pause_s=0.001, longest_pause_s=0.01)
    memory.failures += [JournalUnavailableError()] * 1_000
    async with grpc_door(service_over(memory)) as port, ExecutionClient(f"127.0.0.1:{port}", patience=hasty) as client:
        with pytest.raises(NoAnswerError, match="no answer in"):
            await client.submit(order())
    assert memory.orders_by_id == {}


async def test_an_order_that_is_too_large_is_refused_before_it_is_sent(
    client: ExecutionClient, memory: MemoryService
) -> None:
    huge = order()
    huge.tags["note"] = "x" * 5_000_000
    with pytest.raises(RefusedError, match="at most 4194304"):
        await client.submit(huge)
    assert memory.asked == []


async def test_a_cancel_returns_the_order_and_an_unknown_id_is_refused(client: ExecutionClient) -> None:
    await client.submit(order())
    assert (await client.cancel("op-1", "late")).status == OrderStatus.PENDING_CANCEL
    with pytest.raises(RefusedError, match="op-9") as refusal:
        await client.cancel("op-9")
    assert refusal.value.reason == "NOT_FOUND"


async def test_an_amend_is_one_amend_however_often_it_is_repeated_on_the_way(
    client: ExecutionClient, memory: MemoryService
) -> None:
    await client.submit(order())
    memory.failures += [JournalUnavailableError(), MailboxFullError()]
    assert (await client.amend("op-1", amount=Decimal("2E+1"), price="64000.5")).operation_id == "op-1"
    assert (await client.amend("op-1", amount=Decimal("2E+1"), price="64000.5")).operation_id == "op-1"
    sent = [command for command in memory.asked if isinstance(command, AmendOrder)]
    assert {(command.quantity, command.price) for command in sent} == {(Decimal(20), Decimal("64000.5"))}
    assert len({command.amend_id for command in sent[:3]}) == 1
    assert len({command.amend_id for command in sent}) == 2  # a later call is another amend, or one may say otherwise


async def test_an_amend_that_cannot_be_now_says_why_and_one_at_a_venue_that_is_away_is_asked_again(
    client: ExecutionClient, memory: MemoryService
) -> None:
    await client.submit(order())
    known = memory.orders_by_id[OperationId("op-1")]
    for code in ("VENUE_UNAVAILABLE", "FILLED_BEYOND"):
        memory.replies.append(
            AmendReply(operation_id=known.operation_id, order=known, code=code, reason="0.4 is filled")
        )
    with pytest.raises(RefusedError, match=r"0\.4 is filled") as caught:
        await client.amend("op-1", amount="0.3", amend_id="a-1")
    assert (caught.value.status, caught.value.reason) == ("FAILED_PRECONDITION", "FILLED_BEYOND")
    assert len([command for command in memory.asked if isinstance(command, AmendOrder)]) == 2
    with pytest.raises(RefusedError) as caught:
        await client.amend("op-9", price="1")
    assert caught.value.status == "NOT_FOUND"


async def test_cancel_all_names_what_it_concerns(client: ExecutionClient, memory: MemoryService) -> None:
    await client.submit(order("op-1", strategy_id="a"))
    await client.submit(order("op-2", strategy_id="b"))
    assert await client.cancel_all(strategy_id="b") == ("op-2",)
    assert isinstance(memory.asked[-1], CancelAll)


async def test_an_order_that_nobody_knows_is_none(client: ExecutionClient) -> None:
    submitted = await client.submit(order())
    known = await client.order("op-1", submitted.sequence)
    assert known is not None
    assert known.status == OrderStatus.SUBMITTED
    assert await client.order("op-9") is None
    with pytest.raises(RefusedError, match="operation_id"):
        await client.order("not an id")


async def test_orders_come_page_by_page_as_one_sequence(client: ExecutionClient) -> None:
    for number in range(7):
        await client.submit(order(f"op-{number}", strategy_id=f"s-{number % 2}"))
    every = [each.operation_id async for each in client.orders(page=2)]
    some = [each.operation_id async for each in client.orders(page=2, strategy_id="s-1", open_only=True)]
    assert every == [f"op-{number}" for number in (6, 5, 4, 3, 2, 1, 0)]
    assert some == ["op-5", "op-3", "op-1"]


async def test_positions_are_typed(client: ExecutionClient, memory: MemoryService) -> None:
    memory.held = [position("s-1", "-0.5"), position("s-2", "0")]
    (held,) = await client.positions()
    assert (held.quantity, held.realized_pnl, held.fees) == (Decimal("-0.5"), Decimal("1.5"), {"USDT": Decimal("0.02")})
    flat = (await client.positions(include_flat=True))[1]
    assert (flat.quantity, flat.average_entry_price) == (Decimal(0), None)


async def test_a_halt_and_a_resume_say_whether_they_changed_anything(
    client: ExecutionClient, memory: MemoryService
) -> None:
    assert await client.halt("STRATEGY", "s-1", "stale prices")
    assert await client.resume("STRATEGY", "s-1", "prices are back")
    assert [type(command) for command in memory.asked] == [RaiseHalt, LiftHalt]


async def test_a_token_names_its_owner(memory: MemoryService) -> None:
    async with grpc_door(service_over(memory, tokens=True)) as port:
        async with ExecutionClient(f"127.0.0.1:{port}", patience=EAGER) as nobody:
            with pytest.raises(RefusedError, match="authorization"):
                await nobody.submit(order())
        async with ExecutionClient(f"127.0.0.1:{port}", TOKEN, patience=EAGER) as trader:
            await trader.submit(order())
    assert [command.principal for command in memory.asked] == ["trader"]
