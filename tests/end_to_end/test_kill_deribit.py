"""The real process trades live at a simulated Deribit and is killed, again and again: nothing is lost or repeated."""

from __future__ import annotations

import asyncio
import json
import os
from collections import Counter, defaultdict
from collections.abc import AsyncIterator
from decimal import Decimal
from pathlib import Path
from random import Random

import pytest
import pytest_asyncio

from end_to_end.conftest import Start
from end_to_end.process import Service
from livexec.client import ClientError, ExecutionClient, Order

from simulators.process import SimulatedVenue

KILLS = int(os.environ.get("LIVEXEC_KILLS", "3"))
PERPETUAL = "DERIBIT:PERPETUAL:BTC-USD@INV"
CALL = "DERIBIT:OPTION:BTC-USD-70000-291228-CALL@INV"
QUIET_ORDERS = 3  # of each life, before its faults: a torn line may keep all others from the venue
ORDERS_A_LIFE = 24
SETTLED_S = 90
FAULTS: tuple[tuple[str, str, dict[str, object]], ...] = (
    ("private/buy", "no_answer", {"late": True}),
    ("private/buy", "no_answer", {"late": False}),
    ("private/sell", "tear", {"late": True}),
    ("private/sell", "error", {"status": 11094, "body": "internal_server_error"}),
    ("private/cancel_by_label", "no_answer", {"late": False}),
    ("user.trades", "drop", {}),
    ("user.orders", "duplicate", {}),
)


@pytest_asyncio.fixture
async def venue() -> AsyncIterator[SimulatedVenue]:
    running = await SimulatedVenue.start("deribit")
    plenty = (1e6, 1e6)
    await running.command("limits", matching=plenty, general=plenty, subscriptions=plenty, listings=plenty)
    yield running
    await running.stop()


def an_order(chance: Random, name: str) -> Order:
    side = chance.choice(["BUY", "SELL"])
    if chance.random() < 0.3:
        return Order(operation_id=name, instrument_key=CALL, side=side, amount="0.1", strategy_id="killed")
    price = chance.choice(["", "", "30000" if side == "BUY" else "120000"])
    return Order(
        operation_id=name, instrument_key=PERPETUAL, side=side, amount="100", price=price, strategy_id="killed"
    )


async def submitted(client: ExecutionClient, order: Order, acknowledged: dict[str, Order], chance: Random) -> None:
    try:
        await client.submit(order)
        acknowledged[order.operation_id] = order
        if order.price and chance.random() < 0.5:
            await client.cancel(order.operation_id)
    except ClientError:
        return  # the service was killed meanwhile


async def reached(venue: SimulatedVenue, count: int) -> None:
    """Wait until the venue holds so many orders."""
    async with asyncio.timeout(SETTLED_S):
        while len((await venue.look("orders"))["orders"]) < count:
            pass


async def traded_and_killed(
    service: Service, venue: SimulatedVenue, life: int, acknowledged: dict[str, Order], chance: Random
) -> None:
    """Trade in quiet, then send a burst into a venue with faults, and kill the service in the middle of it."""
    async with ExecutionClient(service.target) as client:
        for number in range(QUIET_ORDERS):
            await submitted(client, an_order(chance, f"quiet-{life}-{number}"), acknowledged, chance)
        await reached(venue, (life + 1) * QUIET_ORDERS)
        for where, kind, fields in chance.sample(FAULTS, 4):
            await venue.fault(where, kind, times=chance.randint(1, 3), **fields)
        orders = [an_order(chance, f"life-{life}-{number}") for number in range(ORDERS_A_LIFE)]
        sending = [asyncio.ensure_future(submitted(client, one, acknowledged, chance)) for one in orders]
        await asyncio.wait(sending[: chance.randint(1, ORDERS_A_LIFE)])
        service.kill()
        await service.ended()
        for one in sending:
            one.cancel()
        await asyncio.gather(*sending, return_exceptions=True)


async def settled(service: Service) -> list[dict[str, str]]:
    """Wait until the venue has spoken of every order, and return all of them."""
    async with asyncio.timeout(SETTLED_S), service.rest() as web:
        while True:
            orders = (await web.get("/api/orders", params={"limit": "1000"})).json()["orders"]
            if all(one["status"] in ("FILLED", "CANCELED", "REJECTED", "EXPIRED") for one in orders):
                return list(orders)


@pytest.mark.slow
async def test_killed_while_it_trades_it_loses_and_repeats_nothing_by_the_venues_own_count(
    tmp_path: Path, start: Start, venue: SimulatedVenue
) -> None:
    account = {"api_key": "simulated-key", "api_secret": "simulated-secret", "base_url": venue.ws}
    given = {
        "external_adapters": {"DERIBIT": {**account, "instruments": [PERPETUAL, CALL]}},
        "trading_node": {"live_trading_acknowledged": True},
    }
    (tmp_path / "config.json").write_text(json.dumps(given))
    options = ("--config", str(tmp_path / "config.json"))
    chance, acknowledged = Random(1), dict[str, Order]()
    for life in range(KILLS):
        service = await (await start(tmp_path / "state", *options)).up()
        await service.said(r"AccountReady\(")
        await traded_and_killed(service, venue, life, acknowledged, chance)
    await venue.command("calm")
    service = await (await start(tmp_path / "state", *options)).up()
    await service.said(r"AccountReady\(")
    async with ExecutionClient(service.target) as client:
        await client.cancel_all(reason="it is over")
    ours = {one["operation_id"]: one for one in await settled(service)}
    async with service.rest() as web:
        positions = (await web.get("/api/positions")).json()["positions"]
    theirs = await venue.look("orders")
    await service.stop()

    assert acknowledged.keys() <= ours.keys()  # what was acknowledged is there
    assert max(theirs["asked"].values()) == 1  # nothing was sent twice
    assert max(Counter(one["clientOrderId"] for one in theirs["orders"]).values()) == 1
    filled = {one["clientOrderId"]: Decimal(str(one["filled_amount"])) for one in theirs["orders"]}
    by_name = {one["client_order_id"]: one for one in ours.values() if one.get("client_order_id")}
    assert filled.keys() <= by_name.keys()
    assert {name: Decimal(by_name[name]["filled_amount"]) for name in filled} == filled
    held = defaultdict[str, Decimal](Decimal)
    for one in positions:
        held[one["instrument_key"]] += Decimal(one["quantity"])
    listed = theirs["positions"]["main/BTC"]
    assert held[PERPETUAL] == Decimal(listed.get("BTC-PERPETUAL", "0"))
    assert held[CALL] == Decimal(listed.get("BTC-28DEC29-70000-C", "0"))
    assert len(filled) >= KILLS * QUIET_ORDERS
