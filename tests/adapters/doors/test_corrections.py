"""Adjustments, transfers and busted trades mean the same at both doors, and what is wrong with one is named at both."""

from __future__ import annotations

import json
from collections.abc import Mapping
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import grpc
import httpx
import pytest
from google.protobuf.message import Message

from livexec.v1 import control_pb2 as pb
from ports.commands import AdjustmentKind, AdjustPosition, BustTrade, TransferPosition
from ports.replies import UnknownSubject

from fakes.doors import JSON
from fakes.gateway import ACCOUNT, PERPETUAL, MemoryService

if TYPE_CHECKING:
    from livexec.v1.control_pb2_grpc import ControlServiceAsyncStub

pytestmark = pytest.mark.asyncio(loop_scope="module")

HELD = {"account": ACCOUNT, "instrument_key": PERPETUAL, "quantity": "-0.250", "price": "64000.5", "reason": "by hand"}
ADJUST = {**HELD, "adjustment_id": "adj-1", "kind": "CORRECTION", "strategy_id": "s-1"}
TRANSFER = {**HELD, "transfer_id": "tr-1", "from_strategy": "UNATTRIBUTED", "to_strategy": "s-1"}
BUST = {"account": ACCOUNT, "instrument_key": PERPETUAL, "trade_id": "t 1/2", "reason": "annulled"}
CALLS: Mapping[str, tuple[str, type[Message], dict[str, str]]] = {
    "AdjustPosition": ("/api/positions/adjust", pb.AdjustPositionRequest, ADJUST),
    "TransferPosition": ("/api/positions/transfer", pb.TransferPositionRequest, TRANSFER),
    "BustTrade": ("/api/trades/bust", pb.BustTradeRequest, BUST),
}
WRONG = [
    ("AdjustPosition", "adjustment_id", "", "1 to 128"),
    ("AdjustPosition", "adjustment_id", "x" * 129, "1 to 128"),
    ("AdjustPosition", "adjustment_id", "bust:1", "kept for the book"),
    ("AdjustPosition", "adjustment_id", "tr-1:out", "kept for the book"),
    ("AdjustPosition", "kind", "TRANSFER", "a call of its own"),
    ("AdjustPosition", "kind", "GIFT", "OPENING CORRECTION"),
    ("AdjustPosition", "account", "", "1 to 128"),
    ("AdjustPosition", "account", "elsewhere", f"is listed in: {ACCOUNT}"),
    ("AdjustPosition", "strategy_id", "", "1 to 128"),
    ("AdjustPosition", "instrument_key", "BTC", "VENUE:TYPE:SYMBOL"),
    ("AdjustPosition", "instrument_key", "OKX:SPOT_PAIR:BTC-USDT", "no venue lists it"),
    ("AdjustPosition", "instrument_key", "SMART:PERPETUAL:BTC-USDT@LIN", "write a venue"),
    ("AdjustPosition", "quantity", "0.00", "must not be zero"),
    ("AdjustPosition", "quantity", "", "plain decimal"),
    ("AdjustPosition", "quantity", "0.0000000000000000001", "18 after the point"),
    ("AdjustPosition", "price", "0", "greater than zero"),
    ("AdjustPosition", "price", "-1", "greater than zero"),
    ("AdjustPosition", "reason", " ", "say why"),
    ("AdjustPosition", "reason", "x" * 201, "200"),
    ("TransferPosition", "transfer_id", "a b", "1 to 128"),
    ("TransferPosition", "to_strategy", "UNATTRIBUTED", "another strategy"),
    ("TransferPosition", "from_strategy", "", "1 to 128"),
    ("TransferPosition", "account", "elsewhere", "is listed in"),
    ("TransferPosition", "quantity", "0", "must not be zero"),
    ("TransferPosition", "reason", "", "say why"),
    ("BustTrade", "trade_id", "", "fill_id"),
    ("BustTrade", "trade_id", "x" * 129, "128"),
    ("BustTrade", "account", "", "1 to 128"),
    ("BustTrade", "instrument_key", "x", "VENUE:TYPE:SYMBOL"),
    ("BustTrade", "reason", "", "say why"),
]


async def over_rest(web: httpx.AsyncClient, call: str, change: Mapping[str, Any] | None = None) -> httpx.Response:
    path, _, good = CALLS[call]
    return await web.post(path, content=json.dumps({**good, **(change or {})}), headers=JSON)


async def over_grpc(control: ControlServiceAsyncStub, call: str, change: Mapping[str, Any] | None = None) -> Any:
    _, kind, good = CALLS[call]
    return await getattr(control, call)(kind(**{**good, **(change or {})}))


async def test_both_doors_make_the_same_commands(
    web: httpx.AsyncClient, control: ControlServiceAsyncStub, memory: MemoryService
) -> None:
    for call in CALLS:
        first = await over_rest(web, call)
        again = await over_grpc(control, call)
        assert (first.status_code, first.json()) == (200, {"changed": True, "sequence": memory.sequence})
        assert (again.changed, again.sequence) == (False, memory.sequence)
    assert memory.asked[0::2] == memory.asked[1::2]
    adjust, transfer, bust = memory.asked[0::2]
    assert isinstance(adjust, AdjustPosition)
    assert isinstance(transfer, TransferPosition)
    assert isinstance(bust, BustTrade)
    assert (adjust.adjustment_id, adjust.kind, adjust.quantity) == (
        "adj-1",
        AdjustmentKind.CORRECTION,
        Decimal("-0.25"),
    )
    assert (adjust.price, adjust.principal, adjust.reason) == (Decimal("64000.5"), "local", "by hand")
    assert (transfer.from_strategy, transfer.to_strategy) == ("UNATTRIBUTED", "s-1")
    assert (bust.trade_id, bust.instrument) == ("t 1/2", PERPETUAL)


@pytest.mark.parametrize(("call", "field", "value", "remedy"), WRONG)
async def test_what_is_wrong_is_named_at_both_doors_and_nobody_is_asked(
    call: str,
    field: str,
    value: str,
    remedy: str,
    web: httpx.AsyncClient,
    control: ControlServiceAsyncStub,
    memory: MemoryService,
) -> None:
    answer = (await over_rest(web, call, {field: value})).json()
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await over_grpc(control, call, {field: value})
    assert (answer["reason_code"], answer["field"]) == ("INVALID_INPUT", field)
    assert remedy in answer["remedy"]
    assert refused.value.code() is grpc.StatusCode.INVALID_ARGUMENT
    assert refused.value.details() == answer["error_message"]
    assert memory.asked == []


async def test_numbers_of_json_keep_their_digits_and_other_types_are_refused(
    web: httpx.AsyncClient, memory: MemoryService
) -> None:
    body = json.dumps(ADJUST).replace('"-0.250"', "-1e-05").replace('"64000.5"', "64000.50")
    assert (await web.post("/api/positions/adjust", content=body, headers=JSON)).status_code == 200
    command = memory.asked[0]
    assert isinstance(command, AdjustPosition)
    assert (str(command.quantity), str(command.price)) == ("-0.00001", "64000.50")
    assert (await over_rest(web, "AdjustPosition", {"strategy_id": 1})).json()["field"] == "strategy_id"
    unknown = (await over_rest(web, "AdjustPosition", {"quantty": "1"})).json()
    assert (unknown["field"], "'quantity'" in unknown["remedy"]) == ("quantty", True)


async def test_a_trade_that_was_never_booked_is_not_found(
    web: httpx.AsyncClient, control: ControlServiceAsyncStub, memory: MemoryService
) -> None:
    nothing = UnknownSubject(field="trade_id", value="t-9", remedy="give a trade of that account and instrument")
    memory.replies += [nothing, nothing]
    answer = await over_rest(web, "BustTrade")
    with pytest.raises(grpc.aio.AioRpcError) as refused:
        await over_grpc(control, "BustTrade")
    assert (answer.status_code, answer.json()["field"], answer.json()["value"]) == (404, "trade_id", "'t-9'")
    assert refused.value.code() is grpc.StatusCode.NOT_FOUND
    assert refused.value.details() == answer.json()["error_message"]
