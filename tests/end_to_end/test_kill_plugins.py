"""The real process trades at a plugin's simulated venue and is killed, again and again: nothing lost or repeated."""

from __future__ import annotations

import asyncio
import json
import os
from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, replace
from decimal import Decimal
from pathlib import Path
from random import Random

import pytest
import pytest_asyncio

from end_to_end.conftest import Start
from end_to_end.process import Service
from livexec.client import ClientError, ExecutionClient, Order

from simulators.process import SimulatedVenue

QUIET_ORDERS = 3  # of each life, before its faults: a torn line may keep all others from the venue
ORDERS_A_LIFE = 24
SETTLED_S = 90


@dataclass(frozen=True, kw_only=True)
class Prey:
    """A venue of a plugin. `instruments` by its own names: what is traded most, then another; `prices` rest there."""

    simulator: str
    kills: int
    plenty: dict[str, object]
    section: Callable[[SimulatedVenue], dict[str, object]]
    instruments: dict[str, str]
    amounts: tuple[str, str]
    prices: tuple[str, str]
    faults: tuple[tuple[str, str, dict[str, object]], ...]
    filled: str
    positions: str

    @property
    def keys(self) -> tuple[str, str]:
        first, second = self.instruments.values()
        return first, second


def _deribit(venue: SimulatedVenue) -> dict[str, object]:
    return {"DERIBIT": {"api_key": "simulated-key", "api_secret": "simulated-secret", "base_url": venue.ws}}


def _ibkr(venue: SimulatedVenue) -> dict[str, object]:
    host, _, port = venue.ws.partition(":")
    return {"INTERACTIVE_BROKERS": {"host": host, "port": int(port)}}


DERIBIT = Prey(
    simulator="deribit",
    kills=2,
    plenty=dict.fromkeys(("matching", "general", "subscriptions", "listings"), (1e6, 1e6)),
    section=_deribit,
    instruments={
        "BTC-PERPETUAL": "DERIBIT:PERPETUAL:BTC-USD@INV",
        "BTC-28DEC29-70000-C": "DERIBIT:OPTION:BTC-USD-70000-291228-CALL@INV",
    },
    amounts=("100", "0.1"),
    prices=("30000", "120000"),
    faults=(
        ("private/buy", "no_answer", {"late": True}),
        ("private/buy", "no_answer", {"late": False}),
        ("private/sell", "tear", {"late": True}),
        ("private/sell", "error", {"status": 11094, "body": "internal_server_error"}),
        ("private/cancel_by_label", "no_answer", {"late": False}),
        ("user.trades", "drop", {}),
        ("user.orders", "duplicate", {}),
    ),
    filled="filled_amount",
    positions="main/BTC",
)
IBKR = Prey(
    simulator="ibkr",
    kills=1,
    plenty={"messages_a_second": 1_000_000},
    section=_ibkr,
    instruments={"495512563": "IBKR:FUTURE:ES-USD-291221", "265598": "IBKR:EQUITY:AAPL-USD"},
    amounts=("50", "0.5"),
    prices=("2500", "10000"),
    faults=(
        ("placeOrder", "no_answer", {"late": True}),
        ("placeOrder", "no_answer", {"late": False}),
        ("placeOrder", "tear", {"late": True}),
        ("placeOrder", "error", {"status": 504, "body": "Not connected"}),
        ("cancelOrder", "no_answer", {"late": False}),
        ("execDetails", "drop", {}),
        ("commissionReport", "duplicate", {}),
    ),
    filled="executedQty",
    positions="DU1234567",
)


@pytest.fixture(params=[DERIBIT, IBKR], ids=lambda prey: prey.simulator)
def prey(request: pytest.FixtureRequest) -> Prey:
    chosen: Prey = request.param
    return replace(chosen, kills=int(os.environ.get("LIVEXEC_KILLS", chosen.kills)))


@pytest_asyncio.fixture
async def venue(prey: Prey) -> AsyncIterator[SimulatedVenue]:
    running = await SimulatedVenue.start(prey.simulator)
    await running.command("limits", **prey.plenty)
    yield running
    await running.stop()


def an_order(prey: Prey, chance: Random, name: str) -> Order:
    side = chance.choice(["BUY", "SELL"])
    first, second = prey.keys
    if chance.random() < 0.3:
        return Order(operation_id=name, instrument_key=second, side=side, amount=prey.amounts[1], strategy_id="killed")
    price = chance.choice(["", "", prey.prices[0] if side == "BUY" else prey.prices[1]])
    return Order(
        operation_id=name, instrument_key=first, side=side, amount=prey.amounts[0], price=price, strategy_id="killed"
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
    service: Service, venue: SimulatedVenue, prey: Prey, life: int, acknowledged: dict[str, Order], chance: Random
) -> None:
    """Trade in quiet, then send a burst into a venue with faults, and kill the service in the middle of it."""
    async with ExecutionClient(service.target) as client:
        for number in range(QUIET_ORDERS):
            await submitted(client, an_order(prey, chance, f"quiet-{life}-{number}"), acknowledged, chance)
        await reached(venue, (life + 1) * QUIET_ORDERS)
        for where, kind, fields in chance.sample(prey.faults, 4):
            await venue.fault(where, kind, times=chance.randint(1, 3), **fields)
        orders = [an_order(prey, chance, f"life-{life}-{number}") for number in range(ORDERS_A_LIFE)]
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
    tmp_path: Path, start: Start, venue: SimulatedVenue, prey: Prey
) -> None:
    ((name, section),) = prey.section(venue).items()
    assert isinstance(section, dict)
    given = {
        "external_adapters": {name: {**section, "instruments": list(prey.keys)}},
        "trading_node": {"live_trading_acknowledged": True},
    }
    (tmp_path / "config.json").write_text(json.dumps(given))
    options = ("--config", str(tmp_path / "config.json"))
    chance, acknowledged = Random(1), dict[str, Order]()
    for life in range(prey.kills):
        service = await (await start(tmp_path / "state", *options)).up()
        await service.said(r"AccountReady\(")
        await traded_and_killed(service, venue, prey, life, acknowledged, chance)
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
    filled = {one["clientOrderId"]: Decimal(str(one[prey.filled])) for one in theirs["orders"]}
    by_name = {one["client_order_id"]: one for one in ours.values() if one.get("client_order_id")}
    assert filled.keys() <= by_name.keys()
    assert {name: Decimal(by_name[name]["filled_amount"]) for name in filled} == filled
    held = defaultdict[str, Decimal](Decimal)
    for one in positions:
        held[one["instrument_key"]] += Decimal(one["quantity"])
    listed = theirs["positions"][prey.positions]
    for symbol, key in prey.instruments.items():
        assert held[key] == Decimal(listed.get(symbol, "0"))
    assert len(filled) >= prey.kills * QUIET_ORDERS
