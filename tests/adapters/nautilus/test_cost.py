"""What would make the thousandth order dearer than the first is not there: counted, not timed."""

import pytest
from nautilus_trader.model.identifiers import ClientOrderId as NautilusClientOrderId

from adapters.nautilus.bridge import ORDER_EVENTS
from ports.reports import FillReport, OrderStatusReport, VenueOrderStatus

from fakes.paper_trader import Trader

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_a_burst_of_500_orders_is_not_throttled(trader: Trader) -> None:
    for _ in range(500):
        await trader.send("BUY", "0.1")
    assert len(trader.reports) == 500
    assert all(isinstance(report, FillReport) for report in trader.reports)


async def test_positions_that_close_leave_nothing_behind(trader: Trader) -> None:
    cache, portfolio = trader.node.kernel.cache, trader.node.kernel.portfolio
    for flip in range(200):
        await trader.send("SELL" if flip % 2 else "BUY", "0.1")
    assert len(trader.fills) == 200
    assert cache.positions() == []
    assert cache.position_snapshot_ids() == set()
    assert portfolio.analyzer.returns().empty


async def test_the_analyzers_work_on_every_closed_position_is_off(trader: Trader) -> None:
    analyzer = trader.node.kernel.portfolio.analyzer
    analyzer.record_trade("position-1", object(), 1)  # the real one would refuse these
    assert analyzer.returns().empty


async def test_closed_orders_leave_the_nodes_cache_and_open_ones_stay(trader: Trader) -> None:
    resting = await trader.send("BUY", "0.1", "59000")
    for _ in range(100):
        await trader.send("BUY", "0.1")
        await trader.cancel((await trader.send("BUY", "0.1", "59500")).client_order_id)
        await trader.send("BUY", "0.1", "60001", post_only=True)
    [left] = trader.node.kernel.cache.orders()
    assert left.client_order_id == NautilusClientOrderId(resting.client_order_id)


async def test_a_resting_order_that_a_quote_fills_leaves_the_cache(trader: Trader) -> None:
    await trader.send("BUY", "0.1", "59990")
    trader.show("59000", "59001")
    assert len(trader.fills) == 1
    assert trader.node.kernel.cache.orders() == []


async def test_topics_do_not_grow_with_orders(trader: Trader) -> None:
    bus = trader.node.kernel.msgbus
    await trader.send("BUY", "0.1")
    topics, endpoints = list(bus.topics()), list(bus.endpoints())
    for _ in range(50):
        await trader.send("BUY", "0.1")
        await trader.send("SELL", "0.1", "61000")
    assert (list(bus.topics()), list(bus.endpoints())) == (topics, endpoints)
    assert topics.count(ORDER_EVENTS) == 1


async def test_the_account_does_not_reckon_margins_of_open_orders(trader: Trader) -> None:
    cache = trader.node.kernel.cache
    [account] = [each for each in cache.accounts() if each.id.value.startswith("BINANCE_FUTURES")]
    for _ in range(20):
        await trader.send("BUY", "0.1", "59000")
        await trader.send("BUY", "0.1")
    assert account.event_count == 1
    assert account.margins() == {}


async def test_quotes_reach_the_matching_engine_only_when_an_order_could_meet_them(trader: Trader) -> None:
    engine = trader.node.kernel.data_engine
    before = engine.data_count
    for _ in range(100):
        trader.show("60000", "60001")
    assert engine.data_count == before
    trader.show("61000", "61001")
    await trader.send("BUY", "0.1")
    assert engine.data_count == before + 1
    assert trader.traded == [("0.1", "61001")]
    await trader.send("BUY", "0.1", "59000")
    for _ in range(10):
        trader.show("60000", "60001")
    assert engine.data_count == before + 11


async def test_every_order_is_answered_before_its_send_returns(trader: Trader) -> None:
    await trader.send("BUY", "0.1", "59000")
    [report] = trader.reports
    assert isinstance(report, OrderStatusReport)
    assert report.status is VenueOrderStatus.ACCEPTED
    assert trader.node.kernel.exec_engine.cmd_qsize() == trader.node.kernel.exec_engine.evt_qsize() == 0
