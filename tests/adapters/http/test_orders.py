"""Every endpoint of orders, over a real connection."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from decimal import Decimal
from typing import Any

import httpx
import pytest

from adapters.http import models
from ports.commands import CancelAll, CancelOrder, SubmitOrder
from ports.errors import JournalUnavailableError, MailboxFullError, ShuttingDownError
from ports.replies import InvalidOrder

from fakes.bad_orders import GOOD
from fakes.doors import JSON, rest, service_over
from fakes.gateway import MemoryService


@pytest.fixture
def memory() -> MemoryService:
    return MemoryService()


@pytest.fixture
async def web(memory: MemoryService) -> AsyncIterator[httpx.AsyncClient]:
    async with rest(service_over(memory)) as client:
        yield client


async def submit(web: httpx.AsyncClient, **change: Any) -> httpx.Response:
    return await web.post("/api/orders", content=json.dumps({**GOOD, **change}), headers=JSON)


def terms_of(memory: MemoryService) -> Any:
    command = memory.asked[-1]
    assert isinstance(command, SubmitOrder)
    return command.terms


async def test_a_new_order_is_created(web: httpx.AsyncClient, memory: MemoryService) -> None:
    answer = await submit(web, tags={"note": "x"})
    assert answer.status_code == 201
    order = models.OrderAnswer.model_validate(answer.json())
    assert (order.operation_id, order.order_id, order.status) == ("op-1", "ord-op-1", "SUBMITTED")
    assert (order.amount, order.price, order.rejection_reason) == ("0.25", "64000.5", None)
    assert (order.sequence, order.tags) == (memory.sequence, {"note": "x"})


async def test_the_same_order_again_is_the_same_order_as_it_is_now(
    web: httpx.AsyncClient, memory: MemoryService
) -> None:
    await submit(web)
    memory.fill("op-1", "0.25", "64000.5")
    again = await submit(web)
    assert again.status_code == 200
    order = models.OrderAnswer.model_validate(again.json())
    assert (order.status, order.filled_amount) == ("FILLED", "0.25")
    assert order.fills[0].timestamp == "2027-01-15T08:00:00.000000000Z"
    assert (order.fills[0].fee, order.fills[0].fill_id) == ("0.01", "t-4")


async def test_another_content_under_the_same_id_is_a_conflict(web: httpx.AsyncClient) -> None:
    await submit(web)
    answer = await submit(web, amount="9")
    assert answer.status_code == 409
    assert models.ErrorAnswer.model_validate(answer.json()).reason_code == "OPERATION_CONFLICT"


async def test_an_order_that_the_book_refuses_to_record_is_malformed(
    web: httpx.AsyncClient, memory: MemoryService
) -> None:
    memory.replies.append(InvalidOrder(field="price", value="64000.55", remedy="use a multiple of 0.1"))
    answer = await submit(web, price="64000.55")
    assert answer.status_code == 422
    assert answer.json() == {
        "reason_code": "INVALID_INPUT",
        "error_message": "price: '64000.55' is not usable: use a multiple of 0.1",
        "field": "price",
        "value": "'64000.55'",
        "remedy": "use a multiple of 0.1",
    }


@pytest.mark.parametrize(
    ("failure", "status", "again"),
    [
        (MailboxFullError(), 429, "1"),
        (JournalUnavailableError(), 503, "1"),
        (ShuttingDownError(), 503, "1"),
        (ZeroDivisionError("secret inside"), 500, None),
    ],
)
async def test_a_failure_has_its_status_and_tells_nothing_else(
    failure: Exception, status: int, again: str | None, web: httpx.AsyncClient, memory: MemoryService
) -> None:
    memory.failures.append(failure)
    answer = await submit(web)
    assert (answer.status_code, answer.headers.get("retry-after")) == (status, again)
    assert "secret" not in answer.text


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("0.1", "0.1"),
        ("0.10", "0.10"),
        ("1", "1"),
        ("123456789012345678.123456789012345678", "123456789012345678.123456789012345678"),
        ("1e-05", "0.00001"),
        ("2.5E+3", "2500"),
        ('"0.1"', "0.1"),
    ],
)
async def test_a_number_keeps_every_digit_it_was_written_with(
    written: str, kept: str, web: httpx.AsyncClient, memory: MemoryService
) -> None:
    body = json.dumps({**GOOD, "amount": "@"}).replace('"@"', written)
    assert (await web.post("/api/orders", content=body, headers=JSON)).status_code == 201
    assert terms_of(memory).quantity == Decimal(kept)


async def test_the_names_of_older_senders_are_understood(web: httpx.AsyncClient, memory: MemoryService) -> None:
    legacy = {name: value for name, value in GOOD.items() if name not in {"amount", "price"}}
    body = json.dumps(
        {
            **legacy,
            "quantity": 1.5,
            "price": None,
            "order_type": "MARKET",
            "exec_algorithm": "NORMAL",
            "exec_algorithm_params": {"horizon_secs": 300, "visible_pct": 0.10, "intervals": "5"},
        }
    )
    assert (await web.post("/api/orders", content=body, headers=JSON)).status_code == 201
    terms = terms_of(memory)
    assert (terms.quantity, terms.price) == (Decimal("1.5"), None)
    assert terms.exec_algorithm_params == {"horizon_secs": "300", "visible_pct": "0.1", "intervals": "5"}


async def test_an_amount_under_both_its_names_is_taken_where_they_agree(
    web: httpx.AsyncClient, memory: MemoryService
) -> None:
    assert (await submit(web, quantity="0.25")).status_code == 201
    assert terms_of(memory).quantity == Decimal("0.25")


async def test_orders_are_listed_in_pages_newest_first(web: httpx.AsyncClient) -> None:
    for number in range(5):
        await submit(web, operation_id=f"op-{number}")
    first = (await web.get("/api/orders", params={"limit": 3})).json()
    second = (await web.get("/api/orders", params={"limit": 3, "cursor": first["next_cursor"]})).json()
    models.OrdersAnswer.model_validate(first)
    listed = [order["operation_id"] for order in first["orders"] + second["orders"]]
    assert listed == ["op-4", "op-3", "op-2", "op-1", "op-0"]
    assert second["next_cursor"] == ""


async def test_orders_are_listed_by_status_strategy_and_venue(web: httpx.AsyncClient, memory: MemoryService) -> None:
    await submit(web, operation_id="op-1", strategy_id="a")
    await submit(web, operation_id="op-2", strategy_id="b")
    memory.fill("op-2", "0.25", "64000")

    async def found(query: str) -> list[str]:
        return [order["operation_id"] for order in (await web.get(f"/api/orders?{query}")).json()["orders"]]

    assert await found("status=FILLED") == ["op-2"]
    assert await found("status=FILLED,SUBMITTED") == ["op-2", "op-1"]
    assert await found("status=FILLED&status=SUBMITTED") == ["op-2", "op-1"]
    assert await found("strategy_id=a&venue=BINANCE-FUTURES&from=2020-01-01T00:00:00Z&to=2030-01-01") == ["op-1"]
    assert await found("venue=OKX") == []


@pytest.mark.parametrize(
    ("query", "field", "remedy"),
    [
        ("status=OPEN", "status", "write one of"),
        ("limit=1001", "limit", "1 to 1000"),
        ("limit=many", "limit", "integer"),
        ("cursor=x", "cursor", "give one"),
        ("from=yesterday", "from", "2026-11-22T18:00:00Z"),
        ("from=1969-12-31T00:00:00Z", "from", "1970"),
        ("from=2026-01-02&to=2026-01-01", "to", "later"),
        ("statsu=FILLED", "statsu", "did you mean 'status'"),
        ("venue=okx", "venue", "BINANCE-FUTURES"),
        ("venue=OKX&venue=BYBIT", "venue", "twice"),
        ("min_sequence=-1", "min_sequence", "whole number"),
    ],
)
async def test_a_bad_filter_is_named(query: str, field: str, remedy: str, web: httpx.AsyncClient) -> None:
    answer = await web.get(f"/api/orders?{query}")
    assert answer.status_code == 422
    said = models.ErrorAnswer.model_validate(answer.json())
    assert said.field == field
    assert remedy in said.remedy


async def test_an_order_is_read_with_its_life_and_its_decisions(web: httpx.AsyncClient, memory: MemoryService) -> None:
    await submit(web)
    memory.fill("op-1", "0.25", "64000.5")
    answer = await web.get("/api/orders/op-1")
    order = models.OrderDetailAnswer.model_validate(answer.json())
    assert [event.kind for event in order.timeline] == [
        "OrderRecorded",
        "RiskDecided",
        "OrderRouted",
        "OrderReleased",
        "OrderFilled",
    ]
    assert order.risk_decision is not None
    assert order.risk_decision["verdicts"][0]["rule"] == "max_order_value"
    assert order.routing_decision is not None
    assert order.routing_decision["reason"] == "the only listing"
    assert (order.children, order.sequence, order.status) == ([], memory.sequence, "FILLED")


async def test_an_order_that_is_not_known_is_not_found(web: httpx.AsyncClient) -> None:
    answer = await web.get("/api/orders/op-9")
    assert answer.status_code == 404
    assert models.ErrorAnswer.model_validate(answer.json()).field == "operation_id"
    assert (await web.get("/api/orders/op%209")).status_code == 422
    assert (await web.get("/api/orders/op-1", params={"min_sequence": 99})).status_code == 504


async def test_a_cancel_is_answered_with_the_order(web: httpx.AsyncClient, memory: MemoryService) -> None:
    await submit(web)
    answer = await web.delete("/api/orders/op-1?reason=late", headers=JSON)
    assert answer.status_code == 200
    assert models.OrderAnswer.model_validate(answer.json()).status == "PENDING_CANCEL"
    command = memory.asked[-1]
    assert isinstance(command, CancelOrder)
    assert command.reason == "late"
    assert (await web.delete("/api/orders/op-9", headers=JSON)).status_code == 404


async def test_cancel_all_needs_a_filter_or_to_be_told_that_it_means_all(
    web: httpx.AsyncClient, memory: MemoryService
) -> None:
    await submit(web, operation_id="op-1", strategy_id="a")
    await submit(web, operation_id="op-2", strategy_id="b")
    asked = len(memory.asked)
    assert (await web.delete("/api/orders", headers=JSON)).status_code == 422
    assert (await web.delete("/api/orders?stratgy_id=a", headers=JSON)).json()["field"] == "stratgy_id"
    assert len(memory.asked) == asked
    one = await web.delete("/api/orders?strategy_id=a", headers=JSON)
    every = await web.delete("/api/orders?all=true", headers=JSON)
    assert models.CancelAllAnswer.model_validate(one.json()).operation_ids == ["op-1"]
    assert every.json()["operation_ids"] == ["op-1", "op-2"]
    command = memory.asked[-1]
    assert isinstance(command, CancelAll)
    assert (command.strategy_id, command.venue) == (None, None)
