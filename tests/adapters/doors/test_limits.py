"""Limits are one whole document: what is read can be put back, and a slip of the pen changes nothing."""

from __future__ import annotations

import json
from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import grpc
import httpx
import pytest

from adapters.doors.limits import limits_plain
from adapters.http.models_control import LimitsAnswer, SetLimitsAnswer
from livexec.v1 import control_pb2 as pb
from ports.commands import ApproveLimits, Limits, SetLimits
from ports.facts import LimitChange, LimitsProposed
from ports.instruments import SMART
from ports.replies import NotPermitted
from ports.values import Principal

from fakes.doors import JSON
from fakes.gateway import PERPETUAL, MemoryService

if TYPE_CHECKING:
    from livexec.v1.control_pb2_grpc import ControlServiceAsyncStub

pytestmark = pytest.mark.asyncio(loop_scope="module")
PATH = "/api/risk/limits"
LIMITS = Limits(
    max_orders_per_second=5,
    max_order_quantity={PERPETUAL: Decimal("0.50"), "*": Decimal(2)},
    max_order_value_usd=Decimal("100000.25"),
    max_position_per_strategy_usd={"s-1": Decimal(0)},
    usd_per={"USDT": Decimal(1), "EUR": Decimal("1.08")},
)


async def put(web: httpx.AsyncClient, reason: str = "quiet market", **change: Any) -> httpx.Response:
    body = {"limits": {**limits_plain(LIMITS), **change}, "reason": reason}
    return await web.put(PATH, content=json.dumps(body), headers=JSON)


async def test_what_is_read_over_rest_can_be_put_back(web: httpx.AsyncClient, memory: MemoryService) -> None:
    memory.limits = LIMITS
    read = (await web.get(PATH)).json()
    said = LimitsAnswer.model_validate(read)
    assert said.limits.max_order_quantity == {"*": "2", PERPETUAL: "0.5"}
    assert (said.limits.max_order_value, said.limits.max_total_notional) == ("100000.25", None)
    same = await web.put(PATH, content=json.dumps({"limits": read["limits"], "reason": "as it is"}), headers=JSON)
    assert (same.status_code, same.json()["changed"]) == (200, False)
    (command,) = memory.asked
    assert isinstance(command, SetLimits)
    assert (command.limits, command.reason, command.principal) == (LIMITS, "as it is", "local")


async def test_what_is_read_over_grpc_can_be_put_back(control: ControlServiceAsyncStub, memory: MemoryService) -> None:
    memory.limits = LIMITS
    read = await control.GetLimits(pb.GetLimitsRequest())
    assert not read.document.HasField("max_orders_per_minute")
    assert (read.document.max_orders_per_second, read.document.max_total_notional) == (5, "")
    changed = read.document
    changed.max_total_notional = "1000000"
    done = await control.SetLimits(pb.SetLimitsRequest(document=changed, reason="quiet market"))
    assert (done.changed, done.document.max_total_notional) == (True, "1000000")
    (command,) = memory.asked
    assert isinstance(command, SetLimits)
    assert command.limits.max_total_notional_usd == Decimal(1000000)
    assert command.limits.max_order_quantity == LIMITS.max_order_quantity


async def test_a_limit_that_holds_nothing_is_named_at_both_doors_and_no_other(
    web: httpx.AsyncClient, control: ControlServiceAsyncStub, memory: MemoryService
) -> None:
    """BINANCE is no venue; DERIBIT is one that is not traded here, and OKX one that is."""
    memory.limits = LIMITS
    assert (await web.get(PATH)).json()["warnings"] == []
    put_in_force = await put(web, max_position_per_venue=dict.fromkeys(("*", "BINANCE", "DERIBIT", "OKX"), "1"))
    (said,) = put_in_force.json()["warnings"]
    assert said.startswith("max_position_per_venue: BINANCE: ")
    assert (await web.get(PATH)).json()["warnings"] == [said]
    assert list((await control.GetLimits(pb.GetLimitsRequest())).warnings) == [said]


async def test_numbers_of_json_are_read_exactly(web: httpx.AsyncClient, memory: MemoryService) -> None:
    body = json.dumps({"limits": limits_plain(LIMITS), "reason": "x"}).replace('"100000.25"', "1e5")
    said = SetLimitsAnswer.model_validate((await web.put(PATH, content=body, headers=JSON)).json())
    assert (said.changed, said.limits.max_order_value) == (True, "100000")
    assert memory.limits.max_order_value_usd == Decimal(100000)


@pytest.mark.parametrize(
    ("change", "field", "remedy"),
    [
        ({"max_oder_value": "1"}, "limits.max_oder_value", "'max_order_value'"),
        ({"enabled": None}, "limits.enabled", "write true"),
        ({"enabled": "yes"}, "limits.enabled", "true or false"),
        ({"max_orders_per_second": 0}, "limits.max_orders_per_second", "halt"),
        ({"max_orders_per_second": 1.5}, "limits.max_orders_per_second", "whole number"),
        ({"max_order_value": "-1"}, "limits.max_order_value", "below zero"),
        ({"max_order_value": "NaN"}, "limits.max_order_value", "plain decimal"),
        ({"max_order_value": {}}, "limits.max_order_value", "decimal number"),
        ({"max_order_quantity": "1"}, "limits.max_order_quantity", "an object"),
        ({"max_order_quantity": {"BTC": "1"}}, "limits.max_order_quantity.BTC", "VENUE:TYPE:SYMBOL"),
        (
            {"max_order_quantity": {PERPETUAL.at(SMART): "1"}},
            f"limits.max_order_quantity.'{PERPETUAL.at(SMART)}'",
            "SMART",
        ),
        ({"restricted_instruments": [PERPETUAL.at(SMART)]}, "limits.restricted_instruments", "none goes to SMART"),
        ({"max_position_per_venue": {"SMART": "1"}}, "limits.max_position_per_venue.SMART", "is no venue"),
        ({"max_order_quantity": {"*": ""}}, "limits.max_order_quantity.'*'", "plain decimal"),
        (
            {"max_order_quantity": {PERPETUAL: "1", PERPETUAL.lower(): "2"}},
            f"limits.max_order_quantity.'{PERPETUAL.lower()}'",
            "twice",
        ),
        ({"max_position_per_strategy": {"a b": "1"}}, "limits.max_position_per_strategy.'a b'", "1 to 128"),
        ({"usd_per": {"eur": "1"}}, "limits.usd_per.eur", "capitals"),
        ({"usd_per": {"EUR": "0"}}, "limits.usd_per.EUR", "greater than zero"),
    ],
)
async def test_a_bad_document_is_named_and_nobody_is_asked(
    change: dict[str, Any], field: str, remedy: str, web: httpx.AsyncClient, memory: MemoryService
) -> None:
    answer = await put(web, **change)
    assert (answer.status_code, answer.json()["field"]) == (422, field)
    assert remedy in answer.json()["remedy"]
    assert memory.asked == []


async def test_a_document_that_is_not_whole_lifts_no_limit(
    web: httpx.AsyncClient, control: ControlServiceAsyncStub, memory: MemoryService
) -> None:
    for name in limits_plain(LIMITS):
        part = {key: value for key, value in limits_plain(LIMITS).items() if key != name}
        answer = await web.put(PATH, content=json.dumps({"limits": part, "reason": "x"}), headers=JSON)
        assert (answer.status_code, answer.json()["field"]) == (422, f"limits.{name}")
    for body in ({"reason": "x"}, {"limits": None, "reason": "x"}):
        assert (await web.put(PATH, content=json.dumps(body), headers=JSON)).json()["field"] == "limits"
    for request, field in (
        (pb.SetLimitsRequest(reason="x"), "document"),
        (pb.SetLimitsRequest(reason="x", document=pb.Limits()), "limits.enabled"),
    ):
        with pytest.raises(grpc.aio.AioRpcError, match=f"{field}: "):
            await control.SetLimits(request)
    assert memory.asked == []


async def test_every_change_needs_a_reason(
    web: httpx.AsyncClient, control: ControlServiceAsyncStub, memory: MemoryService
) -> None:
    assert (await put(web, reason="")).json()["field"] == "reason"
    with pytest.raises(grpc.aio.AioRpcError, match="reason: "):
        await control.SetLimits(pb.SetLimitsRequest(document=pb.Limits(enabled=True)))
    assert memory.asked == []


async def test_a_web_page_cannot_change_limits(web: httpx.AsyncClient, memory: MemoryService) -> None:
    assert (await web.put(PATH, content="{}", headers={"Content-Type": "text/plain"})).status_code == 415


WAITS = LimitsProposed(
    proposal_id="limits-7",
    limits=LIMITS,
    changes=(LimitChange(name="max_order_value", old="1", new="100000.25", loosens=True),),
    principal=Principal("ann"),
    reason="busy",
    proposed_ns=5,
    expires_ns=1 << 62,
)


async def test_what_waits_for_a_second_person_is_shown_at_both_doors_and_approved_there(
    web: httpx.AsyncClient, control: ControlServiceAsyncStub, memory: MemoryService
) -> None:
    memory.proposal = WAITS
    said = LimitsAnswer.model_validate((await web.get(PATH)).json()).pending
    assert said is not None
    assert (said.proposal_id, said.principal, said.changes[0].new) == ("limits-7", "ann", "100000.25")
    read = await control.GetLimits(pb.GetLimitsRequest())
    assert (read.pending.proposal_id, read.pending.changes[0].loosens) == ("limits-7", True)
    word = pb.ApproveLimitsRequest(proposal_id="limits-7", decision="approve", reason="agreed")
    done = await control.ApproveLimits(word)
    assert (done.changed, done.document.max_order_value, done.HasField("pending")) == (True, "100000.25", False)
    assert memory.asked == [
        ApproveLimits(proposal_id="limits-7", approve=True, principal=Principal("local"), reason="agreed")
    ]


async def test_what_waited_too_long_is_not_shown(web: httpx.AsyncClient, memory: MemoryService) -> None:
    memory.proposal = replace(WAITS, expires_ns=6)
    assert (await web.get(PATH)).json()["pending"] is None


async def approve(web: httpx.AsyncClient, **changed: str) -> httpx.Response:
    body = {"proposal_id": "limits-7", "decision": "APPROVE", "reason": "agreed", **changed}
    return await web.post(f"{PATH}/approve", content=json.dumps(body), headers=JSON)


async def test_who_proposed_it_is_told_that_another_has_to_approve(
    web: httpx.AsyncClient, memory: MemoryService
) -> None:
    memory.proposal = replace(WAITS, principal=Principal("local"))
    answer = await approve(web)
    assert (answer.status_code, answer.json()["reason_code"]) == (403, "NOT_PERMITTED")
    refused = await approve(web, decision="refuse")
    assert (refused.status_code, refused.json()["changed"], refused.json()["pending"]) == (200, False, None)
    again = await approve(web)
    assert (again.status_code, again.json()["reason_code"]) == (404, "NOT_FOUND")


@pytest.mark.parametrize("field", ["proposal_id", "decision", "reason"])
async def test_a_word_that_is_not_whole_is_named_and_nobody_is_asked(
    field: str, web: httpx.AsyncClient, memory: MemoryService
) -> None:
    answer = await approve(web, **{field: ""})
    assert (answer.status_code, answer.json()["field"]) == (422, field)
    assert memory.asked == []


async def test_what_a_control_halted_is_marked_so_and_may_need_another_person(
    web: httpx.AsyncClient, memory: MemoryService
) -> None:
    memory.replies.append(NotPermitted(field="principal", value="local", remedy="one of risk-desk has to resume it"))
    body = {"scope": "global", "reason": "enough"}
    answer = await web.post("/api/control/resume", content=json.dumps(body), headers=JSON)
    assert (answer.status_code, answer.json()["reason_code"]) == (403, "NOT_PERMITTED")
    assert "risk-desk" in answer.json()["remedy"]
