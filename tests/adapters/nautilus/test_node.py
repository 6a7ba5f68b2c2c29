"""The node leaves the process and its loop as it found them. No node of the module fixture runs here."""

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest
import uvloop
from nautilus_trader.adapters.sandbox.execution import SandboxExecutionClient

from adapters.nautilus.node import PaperNode
from ports.errors import InvalidInputError, NotSentError, VenueUnavailableError
from ports.reports import FillReport
from ports.values import TimeInForce, VenueId

from fakes.paper_trader import INSTRUMENTS, PERPETUAL, SPOT, Quotes, Reports, Trader

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGABRT)


@pytest.fixture(params=["asyncio", "uvloop"])
def runner(request: pytest.FixtureRequest) -> Iterator[asyncio.Runner]:
    """A loop of each kind, fresh, and closed afterwards."""
    factory = uvloop.new_event_loop if request.param == "uvloop" else None
    with asyncio.Runner(loop_factory=factory) as fresh:
        yield fresh


def test_signal_handlers_stay_ours(runner: asyncio.Runner) -> None:
    async def life() -> None:
        loop, heard = asyncio.get_running_loop(), asyncio.Event()
        loop.add_signal_handler(signal.SIGTERM, heard.set)
        before = {each: signal.getsignal(each) for each in SIGNALS}
        node = PaperNode(INSTRUMENTS)
        await node.start()
        assert {each: signal.getsignal(each) for each in SIGNALS} == before
        os.kill(os.getpid(), signal.SIGTERM)
        async with asyncio.timeout(10):
            await heard.wait()
        await node.stop()
        assert {each: signal.getsignal(each) for each in SIGNALS} == before

    runner.run(life())


def test_the_loop_is_usable_after_the_node_and_nothing_runs_on(runner: asyncio.Runner) -> None:
    async def life() -> None:
        loop = asyncio.get_running_loop()
        loop.set_debug(True)
        before = asyncio.all_tasks()
        node = PaperNode(INSTRUMENTS)
        await node.start()
        assert loop.get_debug()
        await node.stop()
        await node.stop()
        assert asyncio.all_tasks() == before
        assert await loop.run_in_executor(None, os.getpid) == os.getpid()
        assert loop.is_running()

    runner.run(life())


def test_a_process_runs_one_node_at_a_time_and_may_run_another_later(runner: asyncio.Runner) -> None:
    async def life() -> None:
        first, second = PaperNode(INSTRUMENTS), PaperNode(INSTRUMENTS)
        await first.start()
        with pytest.raises(VenueUnavailableError, match="one is what is supported"):
            await second.start()
        await first.stop()
        await second.start()
        trader = Trader(second, second.session(PERPETUAL.venue), PERPETUAL)
        await trader.session.connect(trader.reports, trader.quotes)
        trader.show("60000", "60001")
        await trader.send("BUY", "0.1")
        assert len(trader.fills) == 1
        await second.stop()
        await first.start()
        await first.stop()

    runner.run(life())


def test_nothing_is_written_to_standard_output(
    runner: asyncio.Runner, capfd: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)

    async def life() -> None:
        node = PaperNode(INSTRUMENTS)
        await node.start()
        trader = Trader(node, node.session(PERPETUAL.venue), PERPETUAL)
        await trader.session.connect(trader.reports, trader.quotes)
        await trader.send("BUY", "0.1")
        await trader.cancel((await trader.send("BUY", "0.1", "60000")).client_order_id)
        await node.stop()

    runner.run(life())
    assert capfd.readouterr() == ("", "")
    assert list(tmp_path.iterdir()) == []


def test_a_session_of_a_node_that_is_not_running_says_so(runner: asyncio.Runner) -> None:
    async def life() -> None:
        node = PaperNode(INSTRUMENTS)
        trader = Trader(node, node.session(PERPETUAL.venue), PERPETUAL)
        for ask in (
            lambda: trader.session.connect(Reports(), Quotes()),
            lambda: trader.session.query(trader.ask("order-1")),
            trader.session.open_orders,
            lambda: trader.session.fills_since(0),
        ):
            with pytest.raises(VenueUnavailableError):
                await ask()
        await node.start()
        await trader.session.connect(trader.reports, trader.quotes)
        await node.stop()
        with pytest.raises(NotSentError):
            await trader.send("BUY", "0.1")

    runner.run(life())


def test_a_venue_that_the_node_has_not_is_refused_by_name() -> None:
    with pytest.raises(InvalidInputError, match="DERIBIT"):
        PaperNode(INSTRUMENTS).session(VenueId("DERIBIT"))


def test_an_instrument_under_the_wrong_venue_is_refused_by_name() -> None:
    with pytest.raises(InvalidInputError, match=PERPETUAL):
        PaperNode({SPOT.venue: INSTRUMENTS[PERPETUAL.venue]})


def test_ids_of_one_life_do_not_come_again_in_the_next(runner: asyncio.Runner) -> None:
    async def life() -> FillReport:
        node = PaperNode(INSTRUMENTS)
        await node.start()
        trader = Trader(node, node.session(PERPETUAL.venue), PERPETUAL)
        await trader.session.connect(trader.reports, trader.quotes)
        trader.show("60000", "60001")
        await trader.send("BUY", "0.1")
        await node.stop()
        return trader.fills[0]

    first, second = runner.run(life()), runner.run(life())
    assert first.venue_order_id != second.venue_order_id
    assert first.trade_id != second.trade_id


def test_orders_die_with_the_node_and_are_not_known_in_the_next_life(runner: asyncio.Runner) -> None:
    async def life() -> None:
        node = PaperNode(INSTRUMENTS)
        trader = Trader(node, node.session(PERPETUAL.venue), PERPETUAL)
        await node.start()
        await trader.session.connect(trader.reports, trader.quotes)
        trader.show("60000", "60001")
        hour_ns = time.time_ns() + 3_600_000_000_000
        good_till = {"time_in_force": TimeInForce.GTD, "expire_time_ns": hour_ns}
        resting = await trader.send("BUY", "0.1", "59000", **good_till)
        await node.stop()
        await node.start()
        await trader.session.connect(trader.reports, trader.quotes)
        assert await trader.session.open_orders() == ()
        assert await trader.session.fills_since(0) == ()
        assert await trader.session.query(trader.ask(resting.client_order_id)) is None
        trader.show("58000", "58001")
        assert trader.fills == []
        await trader.send("BUY", "0.1")
        assert trader.traded == [("0.1", "58001")]
        await node.stop()

    runner.run(life())


def test_a_node_that_could_not_start_leaves_room_for_another(
    runner: asyncio.Runner, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def life() -> None:
        before = asyncio.all_tasks()
        node = PaperNode(INSTRUMENTS, timeout_s=0.05)
        with monkeypatch.context() as broken:
            broken.setattr(SandboxExecutionClient, "connect", lambda _: None)
            with pytest.raises(VenueUnavailableError, match="did not connect"):
                await node.start()
        assert asyncio.all_tasks() == before
        await node.start()
        await node.stop()

    runner.run(life())


@pytest.mark.parametrize("amount", ["a lot", "10", "10_000 USDT plus", "1e5 USDT", "99999999999999999999 USDT", ""])
def test_a_balance_that_is_no_money_is_refused_by_name(amount: str) -> None:
    with pytest.raises(InvalidInputError, match=r"balances\.OKX"):
        PaperNode(INSTRUMENTS, {VenueId("OKX"): [amount]})


def test_accounts_begin_with_the_balances_given(runner: asyncio.Runner) -> None:
    async def life() -> None:
        node = PaperNode(INSTRUMENTS, {SPOT.venue: ["1_234.5 USDT", "2 BTC"]})
        await node.start()
        [account] = [each for each in node.kernel.cache.accounts() if each.id.value.startswith("BINANCE_SPOT")]
        totals = {str(currency): total.as_decimal() for currency, total in account.balances_total().items()}
        await node.stop()
        assert totals == {"USDT": Decimal("1234.5"), "BTC": Decimal(2)}

    runner.run(life())


def test_importing_the_adapters_room_does_not_import_nautilus() -> None:
    code = "import sys, adapters, adapters.nautilus; sys.exit('nautilus_trader' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
