"""Deribit's plugin as a venue team ships it: a wheel beside ours, found, configured, traded through, and taken away."""

from __future__ import annotations

import asyncio
import json
import shutil
import subprocess
import sys
from collections.abc import AsyncIterator, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from app.simulated.venues import BINANCE_FUTURES
from end_to_end.conftest import Start
from end_to_end.process import run_command
from livexec.client import ExecutionClient, ExecutionResult, Order

from simulators.process import SimulatedVenue

OURS = ("livexec", "_livexec", "__editable__", "_editable")
PERPETUAL = "DERIBIT:PERPETUAL:BTC-USD@INV"
CALL = "DERIBIT:OPTION:BTC-USD-70000-291228-CALL@INV"
LINEAR = "BINANCE-FUTURES:PERPETUAL:BTC-USDT@LIN"
_EXACT = Decimal("1e-17")  # a coin is kept to eighteen places


@pytest.fixture(scope="module")
def livexec(repository: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Install the three wheels into an environment that has nothing of ours, and return its `livexec` command."""
    wheels, home = tmp_path_factory.mktemp("wheels"), tmp_path_factory.mktemp("environment")
    for member in (repository, repository / "client", repository / "plugins" / "deribit"):
        checkout = tmp_path_factory.mktemp("checkout") / "it"
        shutil.copytree(member, checkout, ignore=shutil.ignore_patterns(".*", "tests", "dist", "__pycache__"))
        build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(wheels)]
        done = subprocess.run(build, cwd=checkout, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
    uv("venv", "--python", sys.executable, str(home))
    lend_packages(home)
    uv("pip", "install", "--offline", "--no-deps", "--python", str(home), *map(str, wheels.glob("*.whl")))
    return home / "bin" / "livexec"


def lend_packages(home: Path) -> None:
    """Let an environment have what this one has of others' packages; to install them anew takes minutes."""
    (here,) = {path for path in map(Path, sys.path) if path.name == "site-packages" and path.is_relative_to(sys.prefix)}
    (there,) = home.glob("lib/*/site-packages")
    for found in here.iterdir():
        if not found.name.startswith(OURS) and not (there / found.name).exists():
            (there / found.name).symlink_to(found)


def uv(*arguments: str) -> None:
    done = subprocess.run([sys.executable, "-m", "uv", *arguments], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


@pytest_asyncio.fixture
async def venue() -> AsyncIterator[SimulatedVenue]:
    running = await SimulatedVenue.start("deribit")
    yield running
    await running.stop()


@pytest_asyncio.fixture
async def binance() -> AsyncIterator[SimulatedVenue]:
    running = await BINANCE_FUTURES.start()
    yield running
    await running.stop()


def configuration(folder: Path, venue: SimulatedVenue, binance: SimulatedVenue | None = None, **more: object) -> str:
    account: dict[str, Any] = {
        "api_key": "simulated-key",
        "api_secret": "simulated-secret",
        "base_url": venue.ws,
        "instruments": [PERPETUAL, "DERIBIT:OPTION:BTC-USD-*@INV"],
    }
    given = {
        "external_adapters": {"DERIBIT": account | more},
        "trading_node": {
            "exec_clients": [] if binance is None else [BINANCE_FUTURES.exec_client(binance)],
            "live_trading_acknowledged": True,
        },
        "risk_engine": {"max_total_notional": "1000000"},
        "doors": {"http_port": 0, "grpc_port": 0},
    }
    path = folder / "config.json"
    path.write_text(json.dumps(given))
    return str(path)


async def filled(client: ExecutionClient, key: str, side: str, amount: str, name: str) -> ExecutionResult:
    order = Order(operation_id=name, instrument_key=key, side=side, amount=amount, strategy_id="options-desk")
    return await traded(client, await client.submit(order))


async def traded(client: ExecutionClient, placed: ExecutionResult) -> ExecutionResult:
    name = placed.operation_id
    async with asyncio.timeout(20):
        async for update in client.watch(placed.sequence, operation_id=name):
            if update.result.is_terminal:
                assert update.result.status == "FILLED", update.result
                return update.result
    raise AssertionError("the stream of updates ended")


async def waiting(client: ExecutionClient, venue: SimulatedVenue) -> ExecutionResult:
    """Let an order wait at the venue itself."""
    placed = await client.submit(
        Order(
            operation_id="perp-out",
            instrument_key=PERPETUAL,
            side="SELL",
            amount="30000",
            order_type="MARKET_IF_TOUCHED",
            trigger_price="62500",
            strategy_id="options-desk",
        )
    )
    async with asyncio.timeout(20):
        while "untriggered" not in [one["order_state"] for one in (await venue.look("orders"))["orders"]]:
            continue
    return placed


def check_by_hand(positions: Mapping[str, Any], exposure: Mapping[str, Any]) -> None:
    """Hold an inverse perpetual, an option and a linear perpetual of two venues against sums made by hand."""
    figures = ("quantity", "average_entry_price", "realized_pnl", "unrealized_pnl")
    held = {key: {name: Decimal(one[name]) for name in figures} for key, one in positions.items()}
    assert {key: one["settlement_currency"] for key, one in positions.items()} == {
        PERPETUAL: "BTC",
        CALL: "BTC",
        LINEAR: "USDT",
    }
    # Inverse: of 60000 USD bought at 60000.5, 30000 are sold at 62500. 30000/60000.5 BTC were owed for them, and
    # 30000/62500 BTC paid. What is left is worth 30000/62500.25 BTC less at the middle.
    inverse, owed = held[PERPETUAL], Decimal(30_000) / Decimal("60000.5")
    assert inverse["quantity"] == 30_000
    assert abs(inverse["realized_pnl"] - (owed - Decimal("0.48"))) < _EXACT
    assert abs(inverse["unrealized_pnl"] - (owed - Decimal(30_000) / Decimal("62500.25"))) < _EXACT
    # Option: 1 of 2.5 calls bought at 0.0505 BTC is sold at 0.0655; the middle is 0.06575 then.
    assert held[CALL] == {
        "quantity": Decimal("1.5"),
        "average_entry_price": Decimal("0.0505"),
        "realized_pnl": Decimal("0.015"),
        "unrealized_pnl": Decimal("1.5") * (Decimal("0.06575") - Decimal("0.0505")),
    }
    # Linear: 0.2 of 0.5 BTC sold at 60000 are bought back at 62400.1; the middle is 62400.05.
    assert held[LINEAR] == {
        "quantity": Decimal("-0.3"),
        "average_entry_price": Decimal(60_000),
        "realized_pnl": Decimal("-480.02"),
        "unrealized_pnl": Decimal("-0.3") * Decimal("2400.05"),
    }
    # One exposure in USD: 30000 of the inverse, 1.5 BTC under the calls, and 0.3 BTC short.
    # A BTC has the newest price of either perpetual, and who comes first is nobody's promise.
    short, priced = Decimal("0.3") * Decimal("62400.05"), (Decimal("62500.25"), Decimal("62400.05"))
    sums = {name: Decimal(exposure["total"][name]) for name in ("gross", "net")}
    calls = [Decimal("1.5") * price for price in priced]
    assert sums in [{"gross": 30_000 + one + short, "net": 30_000 + one - short} for one in calls], exposure


async def test_its_wheel_beside_ours_is_found_configured_and_trades_and_taken_away_leaves_all_else_working(
    livexec: Path, tmp_path: Path, start: Start, venue: SimulatedVenue, binance: SimulatedVenue
) -> None:
    config = configuration(tmp_path, venue, binance)
    examined = await asyncio.to_thread(run_command, "doctor", "--config", config, folder=tmp_path, command=livexec)
    assert "deribit (livexec-deribit 0.1.0)" in examined.stdout
    assert examined.code == 0, examined.stdout

    service = await (await start(tmp_path / "state", "--config", config, command=livexec)).up()
    assert "LIVE TRADING: orders are real. DERIBIT-MAIN at DERIBIT" in service.output
    async with ExecutionClient(service.target) as client:
        await filled(client, PERPETUAL, "BUY", "60000", "perp-in")  # 1 BTC at 60000.5
        await filled(client, CALL, "BUY", "2.5", "call-in")  # at 0.0505
        await filled(client, LINEAR, "SELL", "0.5", "linear-in")  # at 60000
        perp_out = await waiting(client, venue)  # until it quotes 62500 and 62500.5
        await venue.command("quote", symbol="BTC-PERPETUAL", bid="62500", ask="62500.5")
        await venue.command("quote", symbol="BTC-28DEC29-70000-C", bid="0.0655", ask="0.066")
        await binance.command("quote", symbol="BTCUSDT", bid="62400", ask="62400.1")
        await filled(client, LINEAR, "BUY", "0.2", "linear-out")
        await traded(client, perp_out)
        await filled(client, CALL, "SELL", "1", "call-out")
    async with service.rest() as web:
        orders = (await web.get("/api/orders")).json()["orders"]
        positions = {one["instrument_key"]: one for one in (await web.get("/api/positions")).json()["positions"]}
        exposure = (await web.get("/api/exposure")).json()
        breaks = (await web.get("/api/breaks")).json()["breaks"]
    assert {one["instrument_key"] for one in orders} == {PERPETUAL, CALL, LINEAR}
    check_by_hand(positions, exposure)
    assert breaks == []
    state = await venue.look("state")
    assert state["codes"] == {}
    results = await service.stop()
    assert json.loads((results / "summary.json").read_text())["summary"]["fills"] == 6

    await asyncio.to_thread(uv, "pip", "uninstall", "--python", str(livexec.parents[1]), "livexec-deribit")
    refused = await asyncio.to_thread(
        run_command, "run", "--config", config, "--state-dir", tmp_path / "other", folder=tmp_path, command=livexec
    )
    assert refused.code == 1
    assert "external_adapters.DERIBIT" in refused.stderr
    assert "livexec-deribit" in refused.stderr
    assert "Traceback" not in refused.stderr
    on_paper = await (await start(tmp_path / "paper", command=livexec)).up()
    assert "BINANCE-FUTURES" in on_paper.output
    await on_paper.stop()


@pytest.mark.parametrize(
    ("more", "named"),
    [
        ({"instruments": ["DERIBIT:SPOT_PAIR:BTC-USDC"]}, "external_adapters.DERIBIT.instruments"),
        ({"instruments": ["BTC-FS-28DEC29_PERP"]}, "combos are not traded here"),
        ({"base_url": "ftp://example.org"}, "external_adapters.DERIBIT.base_url"),
        ({"base_url": None}, "external_adapters.DERIBIT.environment"),
    ],
)
async def test_a_wrong_key_is_named_before_anything_is_opened_and_no_secret_is_shown(
    tmp_path: Path, venue: SimulatedVenue, more: dict[str, object], named: str
) -> None:
    config = configuration(tmp_path, venue, None, **more)
    options = ("--config", config, "--state-dir", tmp_path / "state")
    ended = await asyncio.to_thread(run_command, "run", *options, folder=tmp_path)
    assert ended.code == 1
    assert named in ended.stderr
    assert "simulated-secret" not in ended.stderr
    assert await venue.look("requests") == []


async def test_a_plugin_that_was_just_begun_installs_is_found_and_passes_its_own_tests(
    livexec: Path, tmp_path: Path
) -> None:
    python = livexec.with_name("python")
    begun = await asyncio.to_thread(run_command, "plugin", "new", "acme", folder=tmp_path, command=livexec)
    assert begun.code == 0, begun.stderr
    made = await asyncio.to_thread(
        subprocess.run,
        ["make", "test", f"PYTHON={python}", f"UV={sys.executable} -m uv"],
        cwd=tmp_path / "acme",
        capture_output=True,
        text=True,
        check=False,
    )
    assert made.returncode == 0, made.stdout + made.stderr
    config = tmp_path / "config.json"
    config.write_text(
        json.dumps(
            {
                "external_adapters": {"ACME": {"api_key": "hunter2", "base_url": "toy:"}},
                "trading_node": {"live_trading_acknowledged": True},
                "doors": {"http_port": 0, "grpc_port": 0},
            }
        )
    )
    options = ("--config", config, "--state-dir", tmp_path / "state", "--json")
    listed = await asyncio.to_thread(run_command, "plugin", "list", *options, folder=tmp_path, command=livexec)
    acme = {one["name"]: one for one in json.loads(listed.stdout)["plugins"]}["acme"]
    assert (acme["venue"], acme["brings"], acme["version"]) == (["ACME"], ["venue ACME"], "0.1.0")
    examined = await asyncio.to_thread(run_command, "doctor", "--config", config, folder=tmp_path, command=livexec)
    assert examined.code == 0, examined.stdout
    assert "api_key (required, secret), base_url (required), account (else ACME-MAIN)" in examined.stdout
    assert "hunter2" not in examined.stdout
    checked = await asyncio.to_thread(
        run_command, "plugin", "check", "acme", *options, folder=tmp_path, command=livexec
    )
    verdict = json.loads(checked.stdout)
    assert (checked.code, verdict["ok"], verdict["tier"]) == (0, True, "silver"), checked.stderr
    assert verdict["checks"]
    await asyncio.to_thread(uv, "pip", "uninstall", "--python", str(python), "livexec-acme")
