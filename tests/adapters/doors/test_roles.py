"""What each role may do, at every call that there is: by enumeration, so that a new one cannot be forgotten."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any

import grpc
import pytest
from google.protobuf.message import Message

from adapters.doors import Service
from adapters.doors.auth import Authenticator
from adapters.doors.pacing import Streams
from adapters.doors.roles import Grant, PermittedGateway, Role
from adapters.http import HttpDoor
from adapters.http.guard import PROBES
from adapters.http.hooks import PREFIX as HOOKS
from adapters.http.pages import is_page
from livexec.v1 import control_pb2, execution_pb2
from ports.commands import (
    AmendOrder,
    CancelAll,
    CancelOrder,
    HaltMode,
    HaltScope,
    LiftHalt,
    OpenStream,
    RaiseHalt,
    SubmitOrder,
)
from ports.secrets import Secret
from ports.values import AmendId, OperationId, Price, Principal, Quantity, StrategyId

from fakes.doors import grpc_channel, rest, service_over
from fakes.gateway import MemoryService
from fakes.sayings import set_limits, submit

ANNA, TOM, RITA, VERA = map(Principal, ("anna", "tom", "rita", "vera"))
GRANTS = {
    ANNA: Grant(Role.ADMIN),
    TOM: Grant(Role.TRADER, frozenset({"momentum"})),
    RITA: Grant(Role.RISK),
    VERA: Grant(Role.VIEWER),
}
READING = {
    *("GetOrder", "ListOrders", "WatchExecutions", "CheckOrder", "ExplainOrder", "GetPositions", "GetExposure"),
    *("ListVenues", "GetLimits", "ListBreaks"),
}


@pytest.fixture
def memory() -> MemoryService:
    return MemoryService()


@pytest.fixture
def service(memory: MemoryService) -> Service:
    auth = Authenticator({name: Secret(f"token-of-{name}") for name in GRANTS}, GRANTS)
    gateway = PermittedGateway(memory, auth, {OperationId("mine"): StrategyId("momentum"),
                                              OperationId("theirs"): StrategyId("basis")}.get)  # fmt: skip
    return replace(service_over(memory), auth=auth, gateway=gateway)


def bearer(principal: str) -> dict[str, str]:
    return {"Authorization": f"Bearer token-of-{principal}", "Content-Type": "application/json"}


def routes(service: Service) -> list[tuple[str, str]]:
    app = HttpDoor(service).application(Streams())
    found = [(method, getattr(route, "path", "")) for route in app.routes
             for method in sorted(getattr(route, "methods", None) or ())]  # fmt: skip
    return [(method, path.replace("{break_id:path}", "b").replace("{", "").replace("}", "")) for method, path in found
            if not (is_page(path) or path in PROBES or path.startswith(HOOKS))]  # fmt: skip


async def test_every_route_wants_a_token_and_none_that_changes_something_takes_a_viewers(
    service: Service, memory: MemoryService
) -> None:
    asked = [route for route in routes(service) if not route[1].startswith(("/assets", "/live", "/status"))]
    assert len(asked) >= 30
    async with rest(service) as client:
        for method, path in asked:
            answer = await client.request(method, path, headers={"X-Livexec": "1"})
            assert answer.status_code == 401, (method, path)
        for method, path in asked:
            if method == "GET" or path == "/api/orders/check":
                continue
            answer = await client.request(method, path, headers=bearer(VERA), content=b"{}")
            assert (answer.status_code, answer.json()["reason_code"]) == (403, "NOT_PERMITTED"), (method, path)
    assert memory.asked == []


async def test_every_call_wants_a_token_and_none_that_changes_something_takes_a_viewers(
    service: Service, memory: MemoryService
) -> None:
    calls = [(each, method) for file in (execution_pb2, control_pb2)
             for each in file.DESCRIPTOR.services_by_name.values() for method in each.methods]  # fmt: skip
    assert len(calls) >= 20
    async with grpc_channel(service) as channel:
        for service_of, method in calls:
            path = f"/{service_of.full_name}/{method.name}"
            assert await code_of(channel, path, method, ()) is grpc.StatusCode.UNAUTHENTICATED, path
            if method.name not in READING:
                meta = (("authorization", "Bearer token-of-vera"),)
                code = await code_of(channel, path, method, meta)
                assert code in (grpc.StatusCode.PERMISSION_DENIED, grpc.StatusCode.INVALID_ARGUMENT, None), path
    assert memory.asked == []


async def code_of(
    channel: grpc.aio.Channel, path: str, method: Any, metadata: Sequence[tuple[str, str]]
) -> grpc.StatusCode | None:
    """Return how a call with an empty message ends; None: a stream that answers."""
    both: Any = channel.stream_stream(path)
    out: Any = channel.unary_stream(path)
    one: Any = channel.unary_unary(path)
    try:
        if method.client_streaming:
            await both(iter([b""]), metadata=metadata, timeout=10).read()
        elif method.server_streaming:
            await out(b"", metadata=metadata, timeout=10).read()
        else:
            await one(b"", metadata=metadata, timeout=10)
    except grpc.aio.AioRpcError as refused:
        return refused.code()
    return None


def signed(command: Any, principal: Principal) -> Any:
    return replace(command, principal=principal)


BY = Principal("")
COMMANDS: dict[str, Any] = {
    "submit mine": submit("new", buy="1", strategy="momentum"),
    "submit theirs": submit("new", buy="1", strategy="basis"),
    "amend mine": AmendOrder(operation_id=OperationId("mine"), amend_id=AmendId("a"), principal=BY,
                             quantity=Quantity(Decimal(1)), price=Price(Decimal(1))),
    "amend theirs": AmendOrder(operation_id=OperationId("theirs"), amend_id=AmendId("a"), principal=BY,
                               quantity=Quantity(Decimal(1)), price=Price(Decimal(1))),
    "cancel mine": CancelOrder(operation_id=OperationId("mine"), principal=BY),
    "cancel theirs": CancelOrder(operation_id=OperationId("theirs"), principal=BY),
    "cancel unknown": CancelOrder(operation_id=OperationId("unknown"), principal=BY),
    "cancel all mine": CancelAll(principal=BY, strategy_id=StrategyId("momentum")),
    "cancel all": CancelAll(principal=BY),
    "halt mine": RaiseHalt(scope=HaltScope.STRATEGY, value="momentum", mode=HaltMode.CANCEL, principal=BY, reason="r"),
    "halt all": RaiseHalt(scope=HaltScope.GLOBAL, value="", mode=HaltMode.HALT, principal=BY, reason="r"),
    "flatten mine": RaiseHalt(scope=HaltScope.STRATEGY, value="momentum", mode=HaltMode.FLATTEN, principal=BY,
                              reason="r"),
    "resume mine": LiftHalt(scope=HaltScope.STRATEGY, value="momentum", principal=BY, reason="r"),
    "limits": set_limits(),
    "stream mine": OpenStream(strategy_id=StrategyId("momentum"), stream_id="s", grace_ns=1, principal=BY),
    "stream theirs": OpenStream(strategy_id=StrategyId("basis"), stream_id="s", grace_ns=1, principal=BY),
}  # fmt: skip
MAY = {
    ANNA: set(COMMANDS),
    TOM: {"submit mine", "amend mine", "cancel mine", "cancel unknown", "cancel all mine", "halt mine", "stream mine"},
    RITA: {"cancel mine", "cancel theirs", "cancel unknown", "cancel all mine", "cancel all", "halt mine", "halt all",
           "flatten mine", "resume mine", "limits"},
    VERA: set[str](),
}  # fmt: skip


@pytest.mark.parametrize("principal", MAY)
def test_a_role_may_what_it_may_and_nothing_else(principal: Principal, service: Service) -> None:
    gateway = service.gateway
    assert isinstance(gateway, PermittedGateway)
    assert {name for name, one in COMMANDS.items() if gateway.permits(signed(one, principal))} == MAY[principal]


async def test_a_trader_trades_for_its_own_strategy_at_both_doors(service: Service, memory: MemoryService) -> None:
    key = "BINANCE-FUTURES:PERPETUAL:BTC-USDT@LIN"
    body: dict[str, Any] = {
        "operation_id": "op-1", "instrument_key": key, "side": "BUY", "amount": "1", "price": "50000",
    }  # fmt: skip
    meta = (("authorization", "Bearer token-of-tom"),)
    async with rest(service) as client, grpc_channel(service) as channel:
        theirs = await client.post("/api/orders", json=body | {"strategy_id": "basis"}, headers=bearer(TOM))
        mine = await client.post("/api/orders", json=body | {"strategy_id": "momentum"}, headers=bearer(TOM))
        call: Any = channel.unary_unary("/livexec.v1.ExecutionService/SubmitOrder")
        message: Message = execution_pb2.Order(**body | {"operation_id": "op-2", "strategy_id": "basis"})
        with pytest.raises(grpc.aio.AioRpcError) as refused:
            await call(message.SerializeToString(), metadata=meta)
    assert (theirs.status_code, mine.status_code) == (403, 201)
    assert "momentum" in theirs.json()["error_message"]
    assert refused.value.code() is grpc.StatusCode.PERMISSION_DENIED
    assert [one.terms.strategy_id for one in memory.asked if isinstance(one, SubmitOrder)] == ["momentum"]


def test_whom_no_role_names_only_reads_and_without_roles_everybody_does_everything() -> None:
    tokens = {TOM: Secret("a"), VERA: Secret("b")}
    assert Authenticator(tokens).grant(TOM).role is Role.ADMIN
    some = Authenticator(tokens, {TOM: Grant(Role.TRADER)})
    assert (some.grant(TOM).role, some.grant(VERA).role) == (Role.TRADER, Role.VIEWER)
