"""The real process trades live at a simulated venue: what it says, what it refuses, and what a kill does to it."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from chaos.__main__ import document
from chaos.grounds import GROUNDS, Ground
from chaos.live import chaos
from end_to_end.conftest import Start
from end_to_end.process import run_command
from livexec.client import ExecutionClient, Order

from simulators.process import SimulatedVenue


@pytest.fixture(params=GROUNDS.values(), ids=lambda ground: ground.site.name)
def ground(request: pytest.FixtureRequest) -> Ground:
    """Each venue that can be traded live."""
    given: Ground = request.param
    return given


@pytest_asyncio.fixture
async def venue(ground: Ground) -> AsyncIterator[SimulatedVenue]:
    running = await SimulatedVenue.start(ground.site.name, "--walk-ms", "200")
    yield running
    await running.stop()


def configured(folder: Path, given: dict[str, Any]) -> str:
    path = folder / "config.json"
    path.write_text(json.dumps(given))
    return str(path)


def holding(folder: Path, text: str) -> list[Path]:
    """Return the files that hold a text."""
    return [path for path in folder.rglob("*") if path.is_file() and text.encode() in path.read_bytes()]


async def test_a_live_start_says_so_and_its_orders_are_the_venues(
    tmp_path: Path, start: Start, ground: Ground, venue: SimulatedVenue
) -> None:
    config = configured(tmp_path, ground.config(venue))
    service = await (await start(tmp_path / "state", "--config", config)).up()
    assert "LIVE TRADING: orders are real" in service.output
    assert venue.http in service.output
    assert "simulated-secret" not in service.output
    async with service.rest() as web:
        (shown,) = (await web.get("/api/venues")).json()["venues"]
    assert (shown["venue"], shown["mode"], shown["state"]) == (ground.site.btc.venue, "LIVE", "CONNECTED")
    async with ExecutionClient(service.target) as client:
        order = Order(operation_id="one", instrument_key=ground.bitcoin, side="BUY", amount="0.01", strategy_id="live")
        placed = await client.submit(order)
        async for update in client.watch(placed.sequence, operation_id="one"):
            if update.result.is_terminal:
                assert update.result.status == "FILLED"
                break
    (trade,) = await venue.trades()
    results = await service.stop()
    summary = json.loads((results / "summary.json").read_text())
    assert (summary["mode"], summary["dataset"], summary["summary"]["fills"]) == ("live", "live", 1)
    assert Decimal(trade["qty"]) == Decimal("0.010")
    assert holding(tmp_path / "state", "simulated-secret") == []
    assert {path.parent.name for path in holding(tmp_path / "state", "trading.live")} >= {"logs"}


async def test_a_journal_of_live_trading_is_not_gone_on_with_on_paper(
    tmp_path: Path, start: Start, ground: Ground, venue: SimulatedVenue
) -> None:
    service = await start(tmp_path / "state", "--config", configured(tmp_path, ground.config(venue)))
    await (await service.up()).stop()
    ended = await (await start(tmp_path / "state")).ended()
    assert ended.code == 1
    assert f"it holds live trading ({ground.site.account})" in ended.stderr


@pytest.mark.parametrize("ground", [GROUNDS["binance_futures"], GROUNDS["bybit"]], indirect=True, ids=["http", "ws"])
async def test_in_shadow_mode_it_decides_and_records_and_the_venue_is_sent_no_order(
    tmp_path: Path, start: Start, ground: Ground, venue: SimulatedVenue
) -> None:
    given = ground.config(venue)
    given["trading_node"] |= {"live_trading_acknowledged": False, "shadow": True}
    service = await (await start(tmp_path / "state", "--config", configured(tmp_path, given))).up()
    assert "SHADOW: nothing is sent" in service.output
    assert "LIVE TRADING" not in service.output
    async with service.rest() as web:
        (shown,) = (await web.get("/api/venues")).json()["venues"]
    assert (shown["mode"], shown["state"]) == ("SHADOW", "CONNECTED")
    async with ExecutionClient(service.target) as client:
        order = Order(operation_id="one", instrument_key=ground.bitcoin, side="BUY", amount="0.01", strategy_id="live")
        placed = await client.submit(order)
        await client.cancel_all(reason="nothing of it may leave either")
        async for update in client.watch(placed.sequence, operation_id="one"):
            if update.result.is_terminal:
                assert (update.result.status, update.result.reason_code) == ("REJECTED", "NOT_SENT")
                assert "shadow mode" in update.result.error_message
                break
    asked = {f"{one['method']} {one['path']}" for one in await venue.look("requests")}
    assert asked, "it was connected"
    assert asked.isdisjoint({ground.site.place, ground.site.cancel})
    assert (await venue.look("orders"))["asked"] == {}
    results = await service.stop()
    assert json.loads((results / "summary.json").read_text())["mode"] == "shadow"


@pytest.mark.parametrize("option", ["--scripted", "not acknowledged"])
async def test_no_order_reaches_the_venue_by_accident(
    tmp_path: Path, ground: Ground, venue: SimulatedVenue, option: str
) -> None:
    given = ground.config(venue)
    given["trading_node"]["live_trading_acknowledged"] = option == "--scripted"
    options = [option] if option == "--scripted" else []
    config = configured(tmp_path, given)
    ended = run_command("run", "--config", config, "--state-dir", tmp_path / "state", *options, folder=tmp_path)
    assert ended.code == 1
    assert ("--scripted" if options else "trading_node.live_trading_acknowledged") in ended.stderr
    assert await venue.look("requests") == []
    assert not (tmp_path / "state").exists()


@pytest.mark.slow
async def test_killed_with_20_requests_unanswered_it_loses_and_repeats_nothing_by_the_venues_own_count(
    tmp_path: Path, ground: Ground
) -> None:
    run = await chaos(ground, tmp_path, kills=2, seed=1)
    result = document(run, 2)
    assert result["ok"], json.dumps(result, indent=1)
    assert {check["name"]: check["ok"] for check in result["checks"]} == dict.fromkeys(
        ("lost", "repeated", "wrong_positions", "kills", "unanswered_at_kill_min"), True
    )
