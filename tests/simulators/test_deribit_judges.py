"""Clients that know nothing of us take the simulated Deribit for the venue: ccxt, and NautilusTrader's own adapter."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import pytest
import pytest_asyncio
from ccxt import async_support as rest
from ccxt import pro
from nautilus_trader.adapters.deribit import execution
from nautilus_trader.adapters.deribit.config import DeribitExecClientConfig
from nautilus_trader.adapters.deribit.providers import DeribitInstrumentProvider
from nautilus_trader.cache.cache import Cache
from nautilus_trader.common.component import LiveClock, MessageBus
from nautilus_trader.common.factories import OrderFactory
from nautilus_trader.core import nautilus_pyo3
from nautilus_trader.core.uuid import UUID4
from nautilus_trader.execution.messages import CancelOrder, ModifyOrder, SubmitOrder
from nautilus_trader.model.enums import OrderSide, TriggerType
from nautilus_trader.model.events import OrderEvent
from nautilus_trader.model.identifiers import InstrumentId, StrategyId, TraderId
from nautilus_trader.model.objects import Price, Quantity
from nautilus_trader.model.orders import Order

from simulators.process import SimulatedVenue

KEY, SECRET = "simulated-key", "simulated-secret"
PERPETUAL, CALL = "BTC/USD:BTC", "BTC/USD:BTC-291228-70000-C"
STRATEGY = StrategyId("JUDGE-1")
SOON_S = 20


@pytest_asyncio.fixture
async def venue() -> AsyncIterator[SimulatedVenue]:
    running = await SimulatedVenue.start("deribit")
    yield running
    await running.stop()


def pointed(exchange: Any, venue: SimulatedVenue) -> Any:
    """Lead a client of ccxt to the simulator; nothing else of it is changed."""
    exchange.urls["api"] = {**exchange.urls["api"], "rest": venue.http, "ws": venue.ws}
    exchange.enableRateLimit = False
    return exchange


async def test_ccxt_trades_over_http(venue: SimulatedVenue) -> None:
    client = pointed(rest.deribit({"apiKey": KEY, "secret": SECRET}), venue)
    try:
        markets = await client.load_markets()
        assert (markets[PERPETUAL]["inverse"], markets["BTC/USDC:USDC"]["linear"], markets[CALL]["option"]) == (
            *(True, True, True),
        )
        assert (await client.fetch_ticker(PERPETUAL))["bid"] == 60_000
        assert (await client.fetch_order_book(PERPETUAL))["asks"] == [[60_000.5, 1_000_000]]
        resting = await client.create_order(PERPETUAL, "limit", "buy", 100, 59_000, {"label": "judge"})
        assert (resting["status"], resting["remaining"]) == ("open", 100)
        edited = await client.edit_order(resting["id"], PERPETUAL, "limit", "buy", 200, 58_000)
        assert (edited["id"], edited["amount"], edited["price"]) == (resting["id"], 200, 58_000)
        assert [one["id"] for one in await client.fetch_open_orders(PERPETUAL)] == [resting["id"]]
        assert (await client.cancel_order(resting["id"], PERPETUAL))["status"] == "canceled"
        assert (await client.fetch_order(resting["id"], PERPETUAL))["status"] == "canceled"
        with pytest.raises(rest.InvalidOrder):
            await client.cancel_order(resting["id"], PERPETUAL)
        with pytest.raises(rest.OrderNotFound):
            await client.cancel_order("1", PERPETUAL)
        stop = await client.create_order(PERPETUAL, "market", "sell", 100, None, {"stopLossPrice": 50_000})
        said = [stop["info"][name] for name in ("order_type", "trigger_price", "trigger", "order_state")]
        assert (stop["status"], said) == ("open", ["stop_market", 50_000, "last_price", "untriggered"])
        assert [one["id"] for one in await client.fetch_open_orders(PERPETUAL)] == [stop["id"]]
        await client.cancel_order(stop["id"], PERPETUAL)
        assert await client.fetch_open_orders(PERPETUAL) == []
        bought = await client.create_order(PERPETUAL, "market", "buy", 60_000)
        assert (bought["status"], bought["average"]) == ("closed", 60_000.5)
        await client.create_order(CALL, "limit", "buy", 1.5, 0.0505)
        (trade,) = await client.fetch_my_trades(PERPETUAL)
        assert trade["fee"]["currency"] == "BTC"
        assert Decimal(str(trade["fee"]["cost"])) == Decimal("0.0005")
        held = {one["symbol"]: (one["side"], one["info"]["size"]) for one in await client.fetch_positions()}
        assert held == {PERPETUAL: ("long", 60_000), CALL: ("long", 1.5)}
        assert 99 < (await client.fetch_balance())["BTC"]["total"] < 100
    finally:
        await client.close()


async def test_ccxt_hears_orders_trades_and_prices_over_its_websocket(venue: SimulatedVenue) -> None:
    client = pointed(pro.deribit({"apiKey": KEY, "secret": SECRET}), venue)
    try:
        await client.load_markets()
        async with asyncio.timeout(SOON_S):
            assert (await client.watch_ticker(PERPETUAL))["ask"] == 60_000.5
            assert (await client.watch_order_book(PERPETUAL))["bids"][0][0] == 60_000
            hearing = [asyncio.ensure_future(one) for one in (client.watch_orders(), client.watch_my_trades())]
            while len({"user.orders.any.any.raw", "user.trades.any.any.100ms"} & set(await channels(venue))) < 1:
                continue
            while not all(hearing_one.done() for hearing_one in hearing):
                await client.create_order(PERPETUAL, "market", "buy", 100)
            orders, trades = (one.result() for one in hearing)
        assert {one["symbol"] for one in (*orders, *trades)} == {PERPETUAL}
        assert trades[0]["amount"] == 100
    finally:
        await client.close()


async def channels(venue: SimulatedVenue) -> list[str]:
    return list((await venue.look("state"))["channels"])


class Recording(execution.DeribitExecutionClient):
    """The adapter, and what its websocket made of the venue's words: after it, 1.231 drops its own orders' fills."""

    def _handle_ws_message(self, msg: Any) -> None:
        self.heard = [*getattr(self, "heard", ()), msg]
        super()._handle_ws_message(msg)


class Adapter:
    """NautilusTrader's Deribit execution client, with everything it needs and nothing around it."""

    def __init__(self, venue: SimulatedVenue, monkeypatch: pytest.MonkeyPatch) -> None:
        clock, trader = LiveClock(), TraderId("JUDGE-001")
        self.events: list[OrderEvent] = []
        self.cache = Cache()
        self.http = nautilus_pyo3.DeribitHttpClient(api_key=KEY, api_secret=SECRET, base_url=f"{venue.http}/api/v2")
        self.provider = DeribitInstrumentProvider(
            self.http, product_types=(nautilus_pyo3.DeribitProductType.FUTURE, nautilus_pyo3.DeribitProductType.OPTION)
        )
        bus = MessageBus(trader, clock)
        bus.register("ExecEngine.process", self._take)
        bus.register("Portfolio.update_account", lambda _: None)
        self.orders = OrderFactory(trader, STRATEGY, clock)
        # Its configuration has `base_url_ws`, and 1.231 does not hand it on: its websocket goes to the venue itself,
        # whatever is written there. So the address, and nothing else, is given to the client that it makes.
        made = nautilus_pyo3.DeribitWebSocketClient(
            url=venue.ws, api_key=KEY, api_secret=SECRET, environment=nautilus_pyo3.DeribitEnvironment.TESTNET
        )

        def with_credentials(*, account_id: nautilus_pyo3.AccountId, **_: object) -> object:
            made.set_account_id(account_id)
            return made

        pointed_module = SimpleNamespace(**vars(nautilus_pyo3))
        pointed_module.DeribitWebSocketClient = SimpleNamespace(with_credentials=with_credentials)
        monkeypatch.setattr(execution, "nautilus_pyo3", pointed_module)
        self.client = Recording(
            loop=asyncio.get_running_loop(),
            http_client=self.http,
            msgbus=bus,
            cache=self.cache,
            clock=clock,
            instrument_provider=self.provider,
            config=DeribitExecClientConfig(api_key=KEY, api_secret=SECRET),
            name=None,
        )

    def _take(self, event: OrderEvent) -> None:
        order = self.cache.order(event.client_order_id)
        order.apply(event)
        self.cache.update_order(order)
        self.events.append(event)

    async def until(self, order: Order, status: str) -> None:
        """Wait for a state of an order, as Nautilus has it."""
        await self.see(lambda: order.status_string() == status)

    async def see(self, holds: Callable[[], bool]) -> None:
        """Wait until something is so."""
        async with asyncio.timeout(SOON_S):
            while not holds():  # noqa: ASYNC110 - Nautilus announces itself to nobody here
                await asyncio.sleep(0)

    def command(self, kind: Any, order: Order, **fields: object) -> Any:
        common = {"trader_id": order.trader_id, "strategy_id": STRATEGY, "command_id": UUID4(), "ts_init": 0}
        if kind is SubmitOrder:
            return SubmitOrder(order=order, position_id=None, **common)
        return kind(
            instrument_id=order.instrument_id,
            client_order_id=order.client_order_id,
            venue_order_id=order.venue_order_id,
            **fields,
            **common,
        )


async def test_nautilus_own_adapter_trades(venue: SimulatedVenue, monkeypatch: pytest.MonkeyPatch) -> None:
    adapter = Adapter(venue, monkeypatch)
    await adapter.provider.load_all_async()
    adapter.http.cache_instruments(adapter.provider.instruments_pyo3())
    for instrument in adapter.provider.list_all():
        adapter.cache.add_instrument(instrument)
    assert {one.id.value for one in adapter.provider.list_all()} >= {
        "BTC-PERPETUAL.DERIBIT",
        "BTC-28DEC29-70000-C.DERIBIT",
    }
    await adapter.client._connect()
    try:
        await trade(adapter)
    finally:
        await adapter.client._disconnect()


async def trade(adapter: Adapter) -> None:
    perpetual = InstrumentId.from_str("BTC-PERPETUAL.DERIBIT")
    instrument = adapter.cache.instrument(perpetual)
    resting = adapter.orders.limit(
        perpetual, OrderSide.BUY, instrument.make_qty(100), instrument.make_price(59_000), post_only=True
    )
    adapter.cache.add_order(resting, None)
    await adapter.client._submit_order(adapter.command(SubmitOrder, resting))
    await adapter.until(resting, "ACCEPTED")
    change = {"quantity": Quantity.from_int(200), "price": Price.from_str("58000.0"), "trigger_price": None}
    await adapter.client._modify_order(adapter.command(ModifyOrder, resting, **change))
    await adapter.see(lambda: resting.quantity == 200)
    await adapter.client._cancel_order(adapter.command(CancelOrder, resting))
    await adapter.until(resting, "CANCELED")
    stop = adapter.orders.stop_market(
        perpetual, OrderSide.SELL, instrument.make_qty(100), instrument.make_price(50_000), TriggerType.LAST_PRICE
    )
    adapter.cache.add_order(stop, None)
    await adapter.client._submit_order(adapter.command(SubmitOrder, stop))
    await adapter.until(stop, "ACCEPTED")
    await adapter.client._cancel_order(adapter.command(CancelOrder, stop))
    await adapter.until(stop, "CANCELED")
    market = adapter.orders.market(perpetual, OrderSide.BUY, instrument.make_qty(60_000))
    adapter.cache.add_order(market, None)
    await adapter.client._submit_order(adapter.command(SubmitOrder, market))
    await adapter.see(lambda: bool(fills_of(adapter)))
    (fill,) = {one.trade_id.value: one for one in fills_of(adapter)}.values()
    assert (str(fill.last_qty), str(fill.last_px), fill.client_order_id.value) == (
        *("60000", "60000.5", market.client_order_id.value),
    )
    account = nautilus_pyo3.AccountId("DERIBIT-master")
    (listed,) = await adapter.http.request_fill_reports(account_id=account, instrument_id=None, start=None, end=None)
    assert listed.trade_id == fill.trade_id
    (held,) = await adapter.http.request_position_status_reports(account_id=account, instrument_id=None)
    assert (held.instrument_id.value, str(held.quantity)) == ("BTC-PERPETUAL.DERIBIT", "60000")
    state = await adapter.http.request_account_state(account)
    balances: list[Any] = list(state.to_dict()["balances"])
    assert {one["currency"] for one in balances} == {"BTC", "ETH", "USDC"}


def fills_of(adapter: Adapter) -> list[Any]:
    return [one for one in adapter.client.heard if isinstance(one, nautilus_pyo3.OrderFilled)]
