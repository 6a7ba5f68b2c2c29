"""An order amended in the real process: over both doors and from a terminal, and still so after the process died."""

from __future__ import annotations

import asyncio
import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx
import pytest

from end_to_end.conftest import Start
from end_to_end.process import Service
from end_to_end.record import assert_the_record_is_sound, command, update_of
from end_to_end.traders import LINEAR
from livexec.client import ExecutionClient, Order, RefusedError

JSON = {"Content-Type": "application/json"}


def rests(operation_id: str, strategy_id: str) -> Order:
    return Order(
        operation_id=operation_id,
        instrument_key=LINEAR,
        side="BUY",
        amount="0.02",
        price="30000",
        strategy_id=strategy_id,
    )


RESTS = rests("rests-1", "buyer")
ASKED = ("AmendRequested", "OrderAmended")


async def test_an_order_is_amended_at_every_door_and_stays_so_when_the_process_dies(
    tmp_path: Path, start: Start
) -> None:
    service = await (await start(tmp_path / "state")).up()
    async with ExecutionClient(service.target) as client, service.rest() as rest:
        await resting(client)
        asked = await patched(rest, {"quantity": 0.03, "price": "30001"})
        assert (asked["status"], asked["amount"], asked["price"]) == ("PENDING_AMEND", "0.02", "30000")
        await until_amended(client, "30001")
        again = await patched(rest, {"amount": "0.030", "price": "30001.0"})
        assert (again["status"], again["amount"], again["price"]) == ("ACCEPTED", "0.03", "30001")
        await client.amend("rests-1", price="30002", reason="over gRPC")
        await until_amended(client, "30002")
        back = await command(tmp_path, "amend", "rests-1", "--price", "30001", *at(service))
        assert (back["status"], len(back["amend_id"])) == ("PENDING_AMEND", 36)
        sequence = await until_amended(client, "30001")
        order = (await rest.get("/api/orders/rests-1", params={"min_sequence": sequence})).json()
        assert (order["status"], order["amount"], order["price"]) == ("ACCEPTED", "0.03", "30001")
        assert [event["kind"] for event in order["timeline"] if event["kind"] in ASKED] == [*ASKED * 3]
        assert (await client.submit(RESTS)).price == Decimal(30001)  # the same order, as amended
    service.kill()
    await service.ended()
    service = await (await start(tmp_path / "state")).up()
    async with ExecutionClient(service.target) as client:
        await update_of(client, "rests-1", "OrderCanceled")  # the paper venue died with the process
        after = await client.submit(RESTS)
        assert (after.status, after.amount, after.price) == ("CANCELED", Decimal("0.03"), Decimal(30001))
        await trade(client)
    await service.stop()
    await assert_the_record_is_sound(tmp_path / "state")


@pytest.mark.asyncio(loop_scope="module")
async def test_an_order_amended_through_the_market_fills_and_is_amended_no_more(
    serving: Service, web: httpx.AsyncClient
) -> None:
    async with ExecutionClient(serving.target) as client:
        await resting(client, "crosses-1", "crosser")
        await client.amend("crosses-1", amount="0.01", price="120000")
        filled = await update_of(client, "crosses-1", "OrderFilled")
        closed = await web.patch("/api/orders/crosses-1", content=json.dumps({"price": "1"}), headers=JSON)
        assert (closed.status_code, closed.json()["reason_code"]) == (409, "ORDER_CLOSED")
        unknown = await web.patch("/api/orders/crosses-9", content=json.dumps({"price": "1"}), headers=JSON)
        assert (unknown.status_code, unknown.json()["reason_code"]) == (404, "NOT_FOUND")
        (held,) = await client.positions(strategy_id="crosser", min_sequence=filled)
        assert held.quantity == Decimal("0.01")


@pytest.mark.asyncio(loop_scope="module")
async def test_in_a_halt_an_order_may_shrink_and_nothing_else(serving: Service, web: httpx.AsyncClient) -> None:
    async with ExecutionClient(serving.target) as client:
        await resting(client, "shrinks-1", "halted")
        await client.halt("STRATEGY", "halted", "test")
        for wanted in ({"amount": "0.03"}, {"price": "29999"}):
            refused = await web.patch("/api/orders/shrinks-1", content=json.dumps(wanted), headers=JSON)
            assert (refused.status_code, refused.json()["reason_code"]) == (409, "RISK_HALT")
        with pytest.raises(RefusedError) as caught:
            await client.amend("shrinks-1", price="30000.01")
        assert (caught.value.reason, caught.value.field) == ("INVALID_INPUT", "price")
        await client.amend("shrinks-1", amount="0.01")
        shrunk = await client.order("shrinks-1", min_sequence=await until_amended(client, "30000", "shrinks-1"))
        assert shrunk is not None
        assert (shrunk.status, shrunk.amount) == ("ACCEPTED", Decimal("0.01"))
        await client.cancel("shrinks-1")
        await update_of(client, "shrinks-1", "OrderCanceled")


def at(service: Service) -> tuple[str, ...]:
    return ("--url", service.url, "--json")


async def resting(client: ExecutionClient, operation_id: str = "rests-1", strategy_id: str = "buyer") -> None:
    await client.submit(rests(operation_id, strategy_id))
    await update_of(client, operation_id, "OrderAcknowledged")


async def trade(client: ExecutionClient) -> None:
    """Give the record a trade to judge."""
    await client.submit(
        Order(operation_id="trade-1", instrument_key=LINEAR, side="BUY", amount="0.01", strategy_id="buyer")
    )
    await update_of(client, "trade-1", "OrderFilled")


async def patched(rest: httpx.AsyncClient, body: dict[str, object]) -> dict[str, Any]:
    answer = await rest.patch("/api/orders/rests-1", content=json.dumps(body), headers=JSON)
    assert answer.status_code == 200, answer.text
    said: dict[str, Any] = answer.json()
    return said


async def until_amended(client: ExecutionClient, price: str, operation_id: str = "rests-1") -> int:
    """Wait until the newest amend is the one to that price, and return its sequence."""
    async with asyncio.timeout(30):
        async for update in client.watch(0, operation_id=operation_id):
            if update.kind == "OrderAmended" and update.result.price == Decimal(price):
                known = await client.order(operation_id, min_sequence=update.sequence)
                if known is not None and known.price == Decimal(price) and known.status == "ACCEPTED":
                    return update.sequence
    raise AssertionError("a watch never ends by itself")
