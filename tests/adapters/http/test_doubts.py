"""An UNCONFIRMED order says since when, why, and what its venue was asked."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator

import httpx
import pytest

from adapters.http import models
from ports.facts import CancelRequested, OrderUnseen
from ports.values import OperationId, OrderStatus, Principal

from fakes.bad_orders import GOOD
from fakes.doors import JSON, rest, service_over
from fakes.gateway import NOW_NS, MemoryService

OP = OperationId(str(GOOD["operation_id"]))
SECOND_NS = 1_000_000_000


@pytest.fixture
def memory() -> MemoryService:
    return MemoryService()


@pytest.fixture
async def web(memory: MemoryService) -> AsyncIterator[httpx.AsyncClient]:
    async with rest(service_over(memory)) as client:
        await client.post("/api/orders", content=json.dumps(GOOD), headers=JSON)
        yield client


async def doubt(web: httpx.AsyncClient) -> models.DoubtAnswer | None:
    answer = models.OrdersAnswer.model_validate((await web.get("/api/orders")).json())
    (detail,) = answer.orders
    one = (await web.get(f"/api/orders/{OP}")).json()
    assert models.OrderDetailAnswer.model_validate(one).unconfirmed == detail.unconfirmed
    return detail.unconfirmed


async def test_an_order_that_nobody_doubts_has_no_doubt(web: httpx.AsyncClient, memory: MemoryService) -> None:
    assert await doubt(web) is None


async def test_a_doubt_says_since_when_why_and_what_was_asked(web: httpx.AsyncClient, memory: MemoryService) -> None:
    memory.doubt(OP, "no answer within 5000 ms", NOW_NS - 70 * SECOND_NS)
    for asked_ns in (NOW_NS - 9 * SECOND_NS, NOW_NS - 8 * SECOND_NS):
        memory.happen(OrderUnseen(operation_id=OP, asked_ns=asked_ns, learnt_ns=asked_ns))
    said = await doubt(web)
    assert said is not None
    assert (said.reason, said.age_ns) == ("no answer within 5000 ms", 70 * SECOND_NS)
    assert (said.times_unseen, said.unseen_asked_ns) == (2, NOW_NS - 8 * SECOND_NS)
    assert said.cancel_requested_ns == 0


async def test_the_newest_doubt_counts_and_a_word_between_ends_the_unseen_ones(
    web: httpx.AsyncClient, memory: MemoryService
) -> None:
    memory.doubt(OP, "first", NOW_NS - 9)
    memory.happen(OrderUnseen(operation_id=OP, asked_ns=NOW_NS - 8, learnt_ns=NOW_NS - 8))
    memory.acknowledge(OP)
    assert await doubt(web) is None
    memory.doubt(OP, "second", NOW_NS - 5)
    memory.happen(
        CancelRequested(
            operation_id=OP,
            status=OrderStatus.UNCONFIRMED,
            principal=Principal("local"),
            reason="",
            requested_ns=NOW_NS - 3,
        )
    )
    said = await doubt(web)
    assert said is not None
    assert (said.reason, said.since_ns, said.times_unseen) == ("second", NOW_NS - 5, 0)
    assert said.cancel_requested_ns == NOW_NS - 3
