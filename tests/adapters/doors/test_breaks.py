"""Breaks are listed alike at both doors, the open ones with what to do; a person's word closes one."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import grpc
import httpx
import pytest

from adapters.doors import BreakView
from adapters.doors.breaks import REMEDIES
from adapters.http.models_control import BreakAnswer, BreaksAnswer
from livexec.v1 import control_pb2 as pb
from ports.commands import BreakReason, ResolveBreak
from ports.facts import BreakKind
from ports.history import SettledBreak
from ports.values import OperationId, Principal

from fakes.doors import JSON
from fakes.gateway import ACCOUNT, NOW_NS, PERPETUAL, VENUE, MemoryService

if TYPE_CHECKING:
    from livexec.v1.control_pb2_grpc import ControlServiceAsyncStub

pytestmark = pytest.mark.asyncio(loop_scope="module")
SECOND_NS = 1_000_000_000


def broke(break_id: str, kind: BreakKind = BreakKind.UNATTRIBUTED_FILL, age_s: int = 60, **more: Any) -> BreakView:
    facts: dict[str, Any] = {"account": ACCOUNT, "venue": VENUE, "instrument": PERPETUAL, "operation_id": None}
    return BreakView(
        break_id=break_id, kind=kind, detail="words", opened_ns=NOW_NS - age_s * SECOND_NS, **{**facts, **more}
    )


async def listed(web: httpx.AsyncClient, query: str = "") -> list[str]:
    return [one["break_id"] for one in (await web.get(f"/api/breaks{query}")).json()["breaks"]]


async def test_both_doors_say_the_same_of_a_break(
    web: httpx.AsyncClient, control: ControlServiceAsyncStub, memory: MemoryService
) -> None:
    memory.breaks.append(
        broke("position-1", BreakKind.POSITION_DIFFERS, age_s=90, ours=Decimal("0.50"), theirs=Decimal(-1))
    )
    memory.breaks.append(broke("gone-op-1", BreakKind.GONE_FROM_VENUE, operation_id=OperationId("op-1")))
    memory.breaks.append(broke("q-1", BreakKind.QUARANTINE, age_s=1, account=None, venue=None, instrument=None))
    rest = BreaksAnswer.model_validate((await web.get("/api/breaks")).json())
    call = await control.ListBreaks(pb.ListBreaksRequest())
    first, second, third = rest.breaks
    assert (first.kind, first.ours, first.theirs, first.age_ns) == ("POSITION_DIFFERS", "0.5", "-1", 90 * SECOND_NS)
    assert (first.opened_at_ns, first.account, first.venue) == (NOW_NS - 90 * SECOND_NS, ACCOUNT, VENUE)
    assert (second.operation_id, second.instrument_key, second.status) == ("op-1", PERPETUAL, "OPEN")
    assert (third.account, third.instrument_key, third.venue) == ("", "", "")
    for ours, theirs in zip(rest.breaks, call.breaks, strict=True):
        assert {name: getattr(theirs, name) for name in BreakAnswer.model_fields} == ours.model_dump()
    assert (rest.next_cursor, call.next_cursor, rest.sequence) == ("", "", memory.sequence)


async def test_every_kind_says_in_words_what_to_do() -> None:
    assert set(REMEDIES) == set(BreakKind)
    of_positions = {BreakKind.POSITION_DIFFERS, BreakKind.STOP_FAILED, BreakKind.CLOSING_REFUSED}
    assert all("resolve" in REMEDIES[kind] for kind in set(BreakKind) - of_positions)
    assert all("settles itself" in REMEDIES[kind] for kind in of_positions)


async def test_filters_narrow_and_pages_follow_one_another(web: httpx.AsyncClient, memory: MemoryService) -> None:
    memory.breaks += [broke(f"b-{number}", age_s=50 - number // 2) for number in range(5)]
    memory.breaks.append(broke("other", BreakKind.OVERFILL, account="elsewhere"))
    assert await listed(web, "?kind=OVERFILL") == await listed(web, "?account=elsewhere") == ["other"]
    assert await listed(web, "?venue=OKX") == await listed(web, "?instrument_key=OKX:SPOT_PAIR:BTC-USDT") == []
    seen, query = [], f"?limit=2&account={ACCOUNT}"
    cursor = ""
    for _ in range(3):
        page = (await web.get(f"/api/breaks{query}", params={"limit": 2, "account": ACCOUNT, "cursor": cursor})).json()
        seen += [one["break_id"] for one in page["breaks"]]
        cursor = page["next_cursor"]
    assert (seen, cursor) == ([f"b-{number}" for number in range(5)], "")


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("kind=GONE", "kind"),
        ("limit=1001", "limit"),
        ("limit=-1", "limit"),
        ("cursor=nonsense", "cursor"),
        ("venue=okx", "venue"),
        ("account=a b", "account"),
        ("instrument_key=BTC", "instrument_key"),
        ("min_sequence=-1", "min_sequence"),
        ("status=HALF", "status"),
        ("kid=OVERFILL", "kid"),
    ],
)
async def test_a_bad_filter_is_named(query: str, field: str, web: httpx.AsyncClient) -> None:
    answer = await web.get(f"/api/breaks?{query}")
    assert (answer.status_code, answer.json()["field"]) == (422, field)


@pytest.mark.parametrize("status", ["settled", "HALF"])
async def test_a_status_that_there_is_not_is_refused_by_name(status: str, control: ControlServiceAsyncStub) -> None:
    with pytest.raises(grpc.aio.AioRpcError, match=f"status: '{status}'"):
        await control.ListBreaks(pb.ListBreaksRequest(status=status))


async def test_the_filters_of_both_doors_are_the_same(
    web: httpx.AsyncClient, control: ControlServiceAsyncStub, memory: MemoryService
) -> None:
    document = (await web.get("/openapi.json")).json()
    offered = {each["name"] for each in document["paths"]["/api/breaks"]["get"]["parameters"]}
    assert offered == set(pb.ListBreaksRequest.DESCRIPTOR.fields_by_name)
    memory.breaks += [broke("a"), broke("b", BreakKind.OVERFILL)]
    found = await control.ListBreaks(pb.ListBreaksRequest(kind="OVERFILL", account=ACCOUNT, limit=1))
    assert [one.break_id for one in found.breaks] == ["b"]


async def test_settled_breaks_are_listed_alike_at_both_doors(
    web: httpx.AsyncClient, control: ControlServiceAsyncStub, memory: MemoryService
) -> None:
    for number, principal in enumerate((None, Principal("ann"))):
        memory.settled.append(
            SettledBreak(
                break_id=f"balance-{number}",
                kind=BreakKind.BALANCE_DIFFERS,
                account=ACCOUNT,
                instrument=None,
                detail="-5 unexplained",
                opened_ns=NOW_NS - 9 * SECOND_NS,
                settled_ns=NOW_NS - SECOND_NS,
                how="a deposit",
                principal=principal,
                reason=BreakReason.DEPOSIT,
            )
        )
    rest = BreaksAnswer.model_validate((await web.get("/api/breaks?status=SETTLED&limit=1")).json())
    (newest,) = rest.breaks
    assert (newest.break_id, newest.status, newest.principal, newest.reason) == (
        *("balance-1", "SETTLED", "ann", "DEPOSIT"),
    )
    assert (newest.settled_at_ns, newest.age_ns, newest.resolution) == (NOW_NS - SECOND_NS, 8 * SECOND_NS, "a deposit")
    asked = pb.ListBreaksRequest(status="SETTLED", limit=1, cursor=rest.next_cursor)
    call = await control.ListBreaks(asked)
    assert [(one.break_id, one.principal) for one in call.breaks] == [("balance-0", "")]
    assert call.next_cursor == ""
    assert await listed(web) == []
    assert (await web.get("/api/breaks?status=SOME")).json()["field"] == "status"


async def test_what_moved_a_balance_reaches_the_book(
    web: httpx.AsyncClient, control: ControlServiceAsyncStub, memory: MemoryService
) -> None:
    memory.breaks += [broke("b-1", BreakKind.BALANCE_DIFFERS), broke("b-2", BreakKind.BALANCE_DIFFERS)]
    body = json.dumps({"how": "interest of May", "reason": "INTEREST"})
    said = await web.post("/api/breaks/b-1/resolve", content=body, headers=JSON)
    assert (said.status_code, said.json()["reason"]) == (200, "INTEREST")
    call = await control.ResolveBreak(pb.ResolveBreakRequest(break_id="b-2", how="dust", reason="CONVERSION"))
    assert call.reason == "CONVERSION"
    assert [getattr(command, "reason", None) for command in memory.asked] == [
        BreakReason.INTEREST,
        BreakReason.CONVERSION,
    ]
    wrong = await web.post("/api/breaks/b-1/resolve", content=json.dumps({"how": "x", "reason": "MAGIC"}), headers=JSON)
    assert (wrong.status_code, wrong.json()["field"]) == (422, "reason")


async def test_a_read_of_what_has_not_happened_says_so(web: httpx.AsyncClient, memory: MemoryService) -> None:
    for path in ("/api/breaks", "/api/risk/limits", "/api/exposure"):
        assert (await web.get(f"{path}?min_sequence={memory.sequence}")).status_code == 200
        assert (await web.get(f"{path}?min_sequence={memory.sequence + 1}")).status_code == 504


@pytest.mark.parametrize("break_id", ["fill-A-OKX:SPOT_PAIR:BTC-USDT-7", "order-A-web/1 x", "b/resolve"])
async def test_a_break_is_resolved_over_rest_whatever_its_id(
    break_id: str, web: httpx.AsyncClient, memory: MemoryService
) -> None:
    memory.breaks.append(broke(break_id))
    path = f"/api/breaks/{quote(break_id, safe='')}/resolve"
    answer = await web.post(path, content=json.dumps({"how": "it was mine"}), headers=JSON)
    assert answer.status_code == 200
    said = BreakAnswer.model_validate(answer.json())
    assert (said.break_id, said.status, said.resolution, said.principal) == (
        break_id,
        "SETTLED",
        "it was mine",
        "local",
    )
    assert await listed(web) == []
    (command,) = memory.asked
    assert command == ResolveBreak(break_id=break_id, how="it was mine", principal=command.principal)
    again = await web.post(path, content=json.dumps({"how": "it was mine"}), headers=JSON)
    assert (again.status_code, again.json()["field"]) == (404, "break_id")


async def test_a_break_is_resolved_over_grpc(control: ControlServiceAsyncStub, memory: MemoryService) -> None:
    memory.breaks.append(broke("b-1"))
    said = await control.ResolveBreak(pb.ResolveBreakRequest(break_id="b-1", how="it was mine"))
    assert (said.status, said.resolution, said.kind, said.settled_at_ns) == (
        *("SETTLED", "it was mine", "UNATTRIBUTED_FILL", NOW_NS),
    )
    for request, code in (
        (pb.ResolveBreakRequest(break_id="b-1", how="again"), grpc.StatusCode.NOT_FOUND),
        (pb.ResolveBreakRequest(break_id="b-1"), grpc.StatusCode.INVALID_ARGUMENT),
        (pb.ResolveBreakRequest(how="x"), grpc.StatusCode.INVALID_ARGUMENT),
        (pb.ResolveBreakRequest(break_id="b-1", how="x" * 201), grpc.StatusCode.INVALID_ARGUMENT),
    ):
        with pytest.raises(grpc.aio.AioRpcError) as refused:
            await control.ResolveBreak(request)
        assert refused.value.code() is code
