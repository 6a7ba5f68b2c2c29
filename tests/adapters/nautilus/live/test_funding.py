"""What a venue does to an account by itself: funding, and positions that it closes, at every venue."""

from decimal import Decimal

import pytest

from ports.reports import FillCause, FillReport, FundingReport
from ports.values import Side
from ports.venue import KnowsFunding

from simulators.live_trader import LiveTrader
from simulators.okx_account import SITE as OKX
from simulators.sites import BYBIT, FUTURES, SPOT, Site

LONG_AGO_NS = 0
pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest.fixture(scope="module", params=(FUTURES, BYBIT, OKX, SPOT), ids=lambda site: site.name)
def site(request: pytest.FixtureRequest) -> Site:
    given: Site = request.param
    return given


async def funding(trader: LiveTrader, since_ns: int = LONG_AGO_NS) -> list[FundingReport]:
    assert isinstance(trader.session, KnowsFunding)
    return list(await trader.session.funding_since(since_ns))


async def test_funding_that_was_paid_and_received_is_told_once_for_ever(trader: LiveTrader, site: Site) -> None:
    assert await funding(trader) == []
    name = await trader.send(trader.order(price=None))
    (bought,) = await trader.fills(name, 1)
    if not site.has_positions:
        assert await funding(trader) == []  # nobody pays funding on pairs
        return
    await trader.venue.command("fund", symbol=site.symbol, rate="0.0001")
    await trader.venue.command("fund", symbol=site.symbol, rate="-0.0002")
    paid, received = await funding(trader)
    mid = Decimal("60000.05")
    assert (paid.amount.amount, received.amount.amount) == (
        -mid * Decimal("0.01") / 10_000,
        mid * Decimal("0.01") / 5_000,
    )
    assert {one.amount.currency for one in (paid, received)} == {"USDT"}
    assert {(one.account, one.instrument) for one in (paid, received)} == {(site.account, bought.instrument)}
    assert len({one.payment_id for one in (paid, received)}) == 2
    assert paid.venue_time_ns <= received.venue_time_ns
    assert await funding(trader) == [paid, received]
    assert await funding(trader, received.venue_time_ns + 1_000_000) == []


async def test_an_order_of_ours_is_what_makes_its_trades_happen(trader: LiveTrader) -> None:
    (fill,) = await trader.fills(await trader.send(trader.order(price=None)), 1)
    assert fill.cause is FillCause.ORDER


@pytest.mark.parametrize("kind", [FillCause.LIQUIDATION, FillCause.DELEVERAGING])
async def test_a_trade_by_which_the_venue_closed_a_position_says_so_on_the_stream_and_in_lists(
    trader: LiveTrader, site: Site, kind: FillCause
) -> None:
    await trader.fills(await trader.send(trader.order(price=None)), 1)
    if not site.has_positions:
        return
    await trader.venue.command("force_close", symbol=site.symbol, side="SELL", quantity="0.010", cause=kind)
    told = await trader.inbox.wait(
        lambda: next((one for one in trader.inbox.reports if isinstance(one, FillReport) and one.cause is kind), None)
    )
    assert (told.side, told.quantity, told.client_order_id) == (Side.SELL, Decimal("0.010"), None)
    listed = [one for one in await trader.session.fills_since(told.venue_time_ns) if one.trade_id == told.trade_id]
    assert listed == [told]
