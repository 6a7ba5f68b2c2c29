"""Connections to a simulated TWS: which contract a key means, who may log in, what is lost and found again."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from decimal import Decimal

import pytest
import uvloop

from livexec_ibkr.session import IbkrSession
from livexec_ibkr.settings import IbkrSettings
from ports.errors import NotSentError, VenueLoginError, VenueUnavailableError
from ports.instruments import InstrumentKey
from ports.reports import FillReport, VenueOrderStatus
from ports.values import ClientOrderId

from simulators.ibkr.ground import settings_of
from simulators.ibkr.trader import FUTURE, SHARE, Connect, IbkrTrader, trouble_of
from simulators.live_trader import SOON_S
from simulators.process import SimulatedVenue
from simulators.shared import Shared

DAX = "IBKR:FUTURE:DAX-EUR-291221"


async def test_a_key_that_may_be_several_contracts_is_refused_with_the_candidates(connect: Connect) -> None:
    with pytest.raises(VenueUnavailableError) as refused:
        await connect(instruments=DAX)
    assert f"{DAX}=621358482 (FDAX of 25 at EUREX)" in str(refused.value)
    assert f"{DAX}=621358483 (FDXM of 5 at EUREX)" in str(refused.value)
    trader = await connect(instruments=f"{DAX}=621358483")
    (mini,) = await trader.session.connect(trader.inbox, trader.inbox)
    assert (str(mini.key), mini.lot_size) == (DAX, Decimal(5))


@pytest.mark.parametrize(
    ("key", "words"),
    [
        ("IBKR:EQUITY:NOSUCH-USD", "no contract that is IBKR:EQUITY:NOSUCH-USD"),
        ("IBKR:EQUITY:SPY-USD", "it lists IBKR:ETF:SPY-USD=756733"),
        ("IBKR:EQUITY:VOD-GBP", "1/100 of its currency"),
    ],
)
async def test_a_key_that_means_no_contract_is_refused_by_name(connect: Connect, key: str, words: str) -> None:
    with pytest.raises(VenueUnavailableError, match=words):
        await connect(instruments=key)


async def test_a_symbol_with_a_space_is_written_with_a_point(connect: Connect) -> None:
    trader = await connect(instruments="IBKR:EQUITY:BRK.B-USD")
    name = await trader.send(trader.order(quantity="2", price=None, instrument=InstrumentKey("IBKR:EQUITY:BRK.B-USD")))
    await trader.fills(name, 1)


async def test_a_login_with_several_accounts_is_told_which(connect: Connect, venue: SimulatedVenue) -> None:
    await venue.command("set", accounts=["DU1234567", "DU7654321"])
    with pytest.raises(VenueUnavailableError, match="has several accounts; it has DU1234567, DU7654321"):
        await connect()
    with pytest.raises(VenueUnavailableError, match="has no account U1"):
        await connect(account_id="U1234")
    await connect(account_id="DU1234567")


async def test_a_number_that_is_in_use_is_said_in_the_venues_words(connect: Connect) -> None:
    await connect()
    with pytest.raises(VenueUnavailableError, match="client id is already in use"):
        await connect()


async def test_a_read_only_interface_is_recognised_before_any_order(connect: Connect, venue: SimulatedVenue) -> None:
    await venue.command("set", is_read_only=True)
    with pytest.raises(VenueLoginError, match="untick Read-Only API"):
        await connect()


async def test_nobody_there_is_unavailable_and_so_is_a_tws_that_does_not_answer(
    settings: Callable[..., IbkrSettings],
) -> None:
    session = IbkrSession(settings(port="1", answer_s="0.5"), lambda: 0)
    trader = IbkrTrader(session, None)  # type: ignore[arg-type]  # nobody is there
    with pytest.raises(VenueUnavailableError, match="no TWS or IB Gateway"):
        await trader.connect()


@pytest.mark.parametrize("lossy", [True, False])
async def test_a_tws_that_lost_interactive_brokers_takes_nothing_until_it_is_back(
    trader: IbkrTrader, lossy: bool
) -> None:
    name = await trader.rest(quantity="10")
    await trader.venue.command("lose_ib", lost=True)
    assert "1100" in (await trader.down()).reason
    with pytest.raises(NotSentError):
        await trader.send(trader.order(quantity="10"))
    with pytest.raises(VenueUnavailableError):
        await trader.connect()
    await trader.venue.command("fill", client_order_id=name, quantity="10")
    await trader.venue.command("lose_ib", lost=False, lossy=lossy)
    trader.inbox.reports.clear()
    await trader.connect()
    evidence = await trader.evidence(name)
    assert evidence.status.status is VenueOrderStatus.FILLED
    assert [one.client_order_id for one in await trader.session.fills_since(0)] == [name]


async def test_the_nightly_reset_hangs_up_and_the_orders_of_before_are_canceled_after_it(trader: IbkrTrader) -> None:
    name = await trader.rest(quantity="10")
    await trader.venue.command("hang_up")
    assert (await trader.down()).reason
    trader.inbox.reports.clear()
    await trader.connect()
    assert [one.client_order_id for one in await trader.session.open_orders()] == [name]
    await trader.cancel(name)
    await trader.status(name, VenueOrderStatus.CANCELED)


async def test_an_order_placed_by_hand_is_nobodys_and_its_trade_is_told_once(connect: Connect) -> None:
    trader = await connect(probe_s="0.1")
    await trader.venue.command("hand", symbol="265598", side="BUY", quantity="7", price="181")
    resting = await trader.venue.command("hand", symbol="265598", side="BUY", quantity="3", price="170")
    fill = await trader.inbox.wait(
        lambda: next((one for one in trader.inbox.reports if isinstance(one, FillReport)), None)
    )
    assert (fill.client_order_id, fill.quantity, fill.instrument) == (None, Decimal(7), SHARE)
    (listed,) = await trader.session.open_orders()
    assert (str(listed.client_order_id), listed.quantity) == (str(resting["perm_id"]), Decimal(3))
    again = await trader.session.fills_since(0)
    assert list(again) == [fill]
    assert [one for one in trader.inbox.reports if isinstance(one, FillReport)] == [fill]


@pytest.mark.parametrize(
    ("has", "wanted", "trouble", "is_quoted"),
    [
        ("live", "live", "", True),
        ("delayed", "live", "no live market data: IBKR:EQUITY:AAPL-USD (354", False),
        ("delayed", "delayed", "market data is delayed: IBKR:EQUITY:AAPL-USD", True),
        ("none", "delayed", "no live market data: IBKR:EQUITY:AAPL-USD (354", False),
        ("live", "none", "no market data: none was asked for", False),
    ],
)
async def test_delayed_prices_and_none_are_said(
    connect: Connect, venue: SimulatedVenue, has: str, wanted: str, trouble: str, is_quoted: bool
) -> None:
    await venue.command("set", market_data=has)
    trader = await connect(instruments=SHARE, market_data=wanted)
    if is_quoted:
        quote = await trader.inbox.wait(lambda: trader.inbox.quotes.get(SHARE))
        assert (quote.bid, quote.ask) == (Decimal("179.99"), Decimal("180.01"))
        age_s = (time.time_ns() - quote.received_ns) / 1e9
        assert (age_s > 600) == (has == "delayed")  # too old for every rule that wants a fresh price
    async with asyncio.timeout(SOON_S):
        while wanted != "none" and not await asked_for_prices(trader):
            pass
    await trader.session.open_orders()  # what was answered before this has come by then
    assert trouble in trouble_of(trader)
    assert (SHARE in trader.inbox.quotes) == is_quoted


async def asked_for_prices(trader: IbkrTrader) -> bool:
    return any(one["method"] == "reqMktData" for one in await trader.venue.look("requests"))


async def test_an_order_that_is_nowhere_never_was_only_where_it_would_be_of_today(trader: IbkrTrader) -> None:
    name = ClientOrderId("never-sent")
    assert await trader.evidence(name) is None
    yesterday_ns = time.time_ns() - 24 * 60 * 60 * 1_000_000_000
    for released_ns in (yesterday_ns, 0):
        with pytest.raises(VenueUnavailableError, match="earlier day"):
            await trader.evidence(name, released_ns=released_ns)


async def test_balances_are_the_cash_of_each_currency(trader: IbkrTrader) -> None:
    (cash,) = await trader.session.balances() or ()
    assert (cash.total, cash.free) == (Decimal(10_000_000), Decimal(10_000_000))


async def test_a_short_future_is_held_in_units_of_its_index(trader: IbkrTrader) -> None:
    await trader.venue.command("hand", symbol="495512563", side="SELL", quantity="2", price="4999")
    (held,) = await trader.session.positions() or ()
    assert (held.instrument, held.quantity) == (FUTURE, Decimal(-100))


@pytest.mark.parametrize("loop", [uvloop.new_event_loop, asyncio.new_event_loop])
def test_a_session_trades_in_whatever_loop_the_service_runs(
    simulator: Shared, loop: Callable[[], asyncio.AbstractEventLoop]
) -> None:
    async def trade() -> FillReport:
        async with simulator.anew() as venue:
            session = IbkrSession(IbkrSettings.read(settings_of(venue, instruments=SHARE)), time.time_ns)
            trader = IbkrTrader(session, venue)
            await trader.connect()
            try:
                (fill,) = await trader.fills(await trader.send(trader.order(quantity="10", price=None)), 1)
            finally:
                await session.disconnect()
        return fill

    with asyncio.Runner(loop_factory=loop) as runner:
        for _ in range(2):  # a connection of the process's first loop is no matter to its second
            assert runner.run(trade()).quantity == 10
