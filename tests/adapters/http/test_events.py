"""Server-sent events: every fact, in order, from wherever the reader was."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from decimal import Decimal
from typing import Any

import httpx
import pytest

from adapters.doors.errors import RefusedError
from adapters.doors.pacing import Streams
from adapters.http import HttpDoor
from adapters.http.events import Events
from ports.commands import Limits
from ports.facts import LimitsSet, decode_fact
from ports.values import Principal

from fakes.bad_orders import GOOD
from fakes.doors import JSON, rest, service_over
from fakes.gateway import NOW_NS, MemoryService


@pytest.fixture
def memory() -> MemoryService:
    return MemoryService()


@pytest.fixture
async def web(memory: MemoryService) -> AsyncIterator[httpx.AsyncClient]:
    async with rest(service_over(memory)) as client:
        yield client


async def submit(web: httpx.AsyncClient, operation_id: str) -> None:
    body = json.dumps({**GOOD, "operation_id": operation_id})
    assert (await web.post("/api/orders", content=body, headers=JSON)).status_code == 201


class Reading:
    """One open stream, block by block."""

    def __init__(self, answer: httpx.Response) -> None:
        self.answer = answer
        self._lines = answer.aiter_lines()

    async def block(self) -> dict[str, str]:
        """Return the next block's fields; a comment has the name ''."""
        fields: dict[str, str] = {}
        async for line in self._lines:
            if not line:
                return fields
            name, _, value = line.partition(":")
            fields[name] = value.strip()
        return fields

    async def facts(self, count: int) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        while len(found) < count:
            block = await self.block()
            if "data" in block:
                found.append({"id": block["id"], "event": block["event"], **json.loads(block["data"])})
        return found


@asynccontextmanager
async def reading(
    web: httpx.AsyncClient, query: str = "", headers: Mapping[str, str] | None = None
) -> AsyncIterator[Reading]:
    async with web.stream("GET", f"/api/events{query}", headers=headers) as answer:
        yield Reading(answer)


async def test_every_fact_is_told_in_order_with_its_sequence_as_id(
    web: httpx.AsyncClient, memory: MemoryService
) -> None:
    await submit(web, "op-1")
    async with reading(web, "?after=0") as stream:
        assert stream.answer.headers["content-type"].startswith("text/event-stream")
        told = await stream.facts(4)
    assert [(fact["id"], fact["event"], fact["sequence"]) for fact in told] == [
        ("1", "OrderRecorded", 1),
        ("2", "RiskDecided", 2),
        ("3", "OrderRouted", 3),
        ("4", "OrderReleased", 4),
    ]
    assert told[0]["fact"]["terms"]["quantity"] == "0.25"


async def test_a_fact_can_be_read_back_from_what_is_told(web: httpx.AsyncClient, memory: MemoryService) -> None:
    limits = Limits(max_order_quantity={"*": Decimal("1.50")}, max_order_value_usd=Decimal("1e5"))
    memory.happen(LimitsSet(limits=limits, principal=Principal("boss"), reason="Monday", set_ns=NOW_NS))
    await submit(web, "op-1")
    async with reading(web, "?after=0") as stream:
        told = await stream.facts(5)
    assert [decode_fact(fact["kind"], 1, fact["fact"]) for fact in told] == [entry.fact for entry in memory.entries]


async def test_without_a_sequence_the_stream_begins_now(web: httpx.AsyncClient) -> None:
    await submit(web, "op-1")
    async with reading(web) as stream:
        assert await stream.block() == {"id": "4"}
        await submit(web, "op-2")
        told = await stream.facts(1)
    assert told[0]["sequence"] == 5


async def test_a_browser_that_comes_back_misses_nothing_and_hears_nothing_twice(web: httpx.AsyncClient) -> None:
    for number in range(3):
        await submit(web, f"op-{number}")
    heard: list[int] = []
    for _ in range(4):
        last = {"Last-Event-ID": str(heard[-1])} if heard else None
        async with reading(web, "?after=0", last) as stream:
            heard += [fact["sequence"] for fact in await stream.facts(3)]
    assert heard == list(range(1, 13))


@pytest.mark.parametrize("query", ["?after=99", "?after=-1", "?after=x", "?after=" + "9" * 30, "?afer=1"])
async def test_a_bad_beginning_is_named(query: str, web: httpx.AsyncClient) -> None:
    answer = await web.get(f"/api/events{query}")
    assert answer.status_code == 422
    assert answer.json()["field"] in {"after", "afer"}


async def test_a_bad_last_event_id_is_named(web: httpx.AsyncClient) -> None:
    answer = await web.get("/api/events", headers={"Last-Event-ID": "x"})
    assert (answer.status_code, answer.json()["field"]) == (422, "last-event-id")


async def test_silence_is_broken_by_comments(memory: MemoryService) -> None:
    async with rest(service_over(memory), heartbeat_s=0.01) as web, reading(web) as stream:
        assert await stream.block() == {"id": "0"}
        assert await stream.block() == {"": "nothing new"}


async def test_a_feed_that_ends_ends_the_stream(web: httpx.AsyncClient, memory: MemoryService) -> None:
    async with reading(web) as stream:
        await stream.block()
        memory.stop()
        assert await stream.block() == {}


async def test_a_door_that_closes_ends_the_streams_of_readers_that_stay(memory: MemoryService) -> None:
    door = HttpDoor(service_over(memory), port=0)
    port = await door.start()
    async with (
        httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", trust_env=False) as web,
        reading(web) as stream,
    ):
        await stream.block()
        await door.stop(5.0)
        assert await stream.block() == {}


async def test_a_reader_that_leaves_gives_its_place_back(memory: MemoryService) -> None:
    streams = Streams(limit=1)
    events = Events(service_over(memory), streams)
    first = events.stream(0)
    assert await anext(first) == b"id: 0\n\n"
    with pytest.raises(RefusedError, match="all 1 streams"):
        await events.follow()
    await first.aclose()
    assert (await events.follow()).status_code == 200


async def test_every_change_of_an_order_is_told_as_the_order_it_is_then(web: httpx.AsyncClient) -> None:
    await submit(web, "op-1")
    async with web.stream("GET", "/api/executions?after=0") as answer:
        stream = Reading(answer)
        assert await stream.block() == {"id": "0"}
        blocks = [await stream.block() for _ in range(4)]
    told = [block for block in blocks if "data" in block]
    rows = [json.loads(block["data"]) for block in told]
    assert [(block["event"], row["status"], row["sequence"]) for block, row in zip(told, rows, strict=True)] == [
        ("OrderRecorded", "PENDING", 1),
        ("OrderReleased", "SUBMITTED", 4),
    ]
    listed = (await web.get("/api/orders")).json()["orders"][0]
    assert set(rows[0]) == set(listed) - {"unconfirmed"}


async def test_changes_of_other_strategies_are_not_told_but_the_place_moves_on(memory: MemoryService) -> None:
    path = "/api/executions?after=0&strategy_id=another"
    async with rest(service_over(memory), heartbeat_s=0.01) as web, web.stream("GET", path) as answer:
        await submit(web, "op-1")
        stream = Reading(answer)
        heard = [await stream.block()]
        while heard[-1]["id"] != "4":
            heard.append(await stream.block())
    assert all(set(block) == {"id"} for block in heard)
