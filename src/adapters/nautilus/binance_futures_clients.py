"""Nautilus's own data and execution clients of Binance USDT-M Futures, made for one connection of one account."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any, Final

from nautilus_trader.adapters.binance.common.enums import BinanceAccountType
from nautilus_trader.adapters.binance.common.urls import (
    get_usdm_ws_route_base_url,
    get_ws_base_url,
    get_ws_public_base_url,
)
from nautilus_trader.adapters.binance.config import BinanceDataClientConfig, BinanceExecClientConfig
from nautilus_trader.adapters.binance.futures.data import BinanceFuturesDataClient
from nautilus_trader.adapters.binance.futures.execution import BinanceFuturesExecutionClient
from nautilus_trader.adapters.binance.futures.http.account import BinanceFuturesAccountHttpAPI
from nautilus_trader.adapters.binance.futures.http.market import BinanceFuturesMarketHttpAPI
from nautilus_trader.adapters.binance.futures.providers import BinanceFuturesInstrumentProvider
from nautilus_trader.config import InstrumentProviderConfig
from nautilus_trader.model.identifiers import Venue
from nautilus_trader.system.kernel import NautilusKernel

from adapters.nautilus.binance_amends import FuturesAmends
from adapters.nautilus.binance_clients import Clients, Listening, http_fields
from adapters.nautilus.binance_settings import BINANCE_FUTURES, FUTURES_WEIGHT_A_MINUTE, BinanceFuturesSettings
from adapters.nautilus.binance_wire import DEFINITIVE, BoundedHttpClient, OrderHttpClient
from adapters.nautilus.translate import nautilus_venue
from adapters.nautilus.venue_rest import Lane, VenueRest

VENUE: Final[Venue] = nautilus_venue(BINANCE_FUTURES)
_TYPE: Final = BinanceAccountType.USDT_FUTURES
DEFINITIVE_HERE: Final = DEFINITIVE | {
    *(-1136, -2018, -2019, -2020, -2021, -2022, -2023, -2024, -2025, -2026, -2027, -2028),
    *(-4000, -4001, -4002, -4003, -4004, -4005, -4013, -4014, -4015, -4016, -4023, -4024),  # price and amount
    *(-4061, -4062, -4087, -4088, -4118, -4131, -4140, -4141, -4164, -4192, -4400, -4401, -4402),
    *(-5021, -5022, -5028, -5040),  # FOK, post-only, too late for the matching engine, expiry time
}


class FuturesExecutionClient(Listening, BinanceFuturesExecutionClient):
    """The real execution client, and what it hears."""

    @property
    def hears(self) -> bool:
        """Whether the connection of the user stream is open, as far as this end knows."""
        stream = self._ws_client._stream_client
        return stream is not None and stream.is_active() and not self._ws_client._is_recovery_failed


def make_clients(
    settings: BinanceFuturesSettings,
    kernel: NautilusKernel,
    rest: VenueRest,
    hear: Callable[[bytes], None],
    interrupted: Callable[[], None],
) -> Clients:
    """Make the clients of one connection; nothing is opened yet."""
    http = http_fields(settings, _TYPE, kernel, rest)
    orders = OrderHttpClient(
        **http,
        order_path="/fapi/v1/order",
        definitive=DEFINITIVE_HERE,
        weight_per_minute=FUTURES_WEIGHT_A_MINUTE,
    )
    questions, cancels, amends = (
        BoundedHttpClient(**http, lane=lane, weight_per_minute=FUTURES_WEIGHT_A_MINUTE)
        for lane in (Lane.QUESTIONS, Lane.CANCELS, Lane.ORDERS)
    )
    provider = BinanceFuturesInstrumentProvider(
        client=questions,
        clock=kernel.clock,
        account_type=_TYPE,
        config=InstrumentProviderConfig(load_all=True),
        venue=VENUE,
    )
    shared = {
        "loop": asyncio.get_running_loop(),
        "msgbus": kernel.msgbus,
        "cache": kernel.cache,
        "clock": kernel.clock,
        "instrument_provider": provider,
        "account_type": _TYPE,
        "name": VENUE.value,
    }
    return Clients(
        orders=orders,
        execution=_execution(settings, shared, orders, hear, interrupted),
        data=_data(settings, shared, questions),
        provider=provider,
        account=BinanceFuturesAccountHttpAPI(questions, kernel.clock, _TYPE),
        cancels=BinanceFuturesAccountHttpAPI(cancels, kernel.clock, _TYPE),
        amends=FuturesAmends(
            http=BinanceFuturesAccountHttpAPI(amends, kernel.clock, _TYPE),
            rest=rest,
            definitive=DEFINITIVE_HERE,
            answer_s=settings.answer_s,
            recv_window_ms=settings.recv_window_ms,
        ),
        market=BinanceFuturesMarketHttpAPI(questions, _TYPE),
    )


def _execution(
    settings: BinanceFuturesSettings,
    shared: dict[str, Any],
    http: OrderHttpClient,
    hear: Callable[[bytes], None],
    interrupted: Callable[[], None],
) -> FuturesExecutionClient:
    config = BinanceExecClientConfig(
        venue=VENUE,
        account_type=_TYPE,
        environment=settings.nautilus_environment,
        base_url_ws=settings.base_url_ws or None,
        base_url_ws_stream=settings.base_url_ws_stream or None,
        use_position_ids=False,  # one-way mode; our ledger keeps positions
        recv_window_ms=settings.recv_window_ms,
        max_retries=None,  # an order that may have arrived is never sent again
    )
    return FuturesExecutionClient(
        hear=hear,
        interrupted=interrupted,
        **shared,
        client=http,
        base_url_ws="",
        config=config,
        environment=settings.nautilus_environment,
        api_key=settings.api_key,
        api_secret=settings.api_secret,
    )


def _data(
    settings: BinanceFuturesSettings, shared: dict[str, Any], http: BoundedHttpClient
) -> BinanceFuturesDataClient:
    environment, given = settings.nautilus_environment, settings.base_url_ws
    market = given or get_ws_base_url(_TYPE, environment, is_us=False)
    public = given or get_ws_public_base_url(_TYPE, environment, is_us=False)
    if given and settings.environment == "live":  # as Nautilus's own factory does
        market, public = get_usdm_ws_route_base_url(given, "market"), get_usdm_ws_route_base_url(given, "public")
    config = BinanceDataClientConfig(
        venue=VENUE, account_type=_TYPE, environment=environment, update_instruments_interval_mins=None
    )
    return BinanceFuturesDataClient(**shared, client=http, base_url_ws=market, base_url_ws_public=public, config=config)
