"""Nautilus's own data and execution clients of Binance Spot, made for one connection of one account."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any, Final

from nautilus_trader.adapters.binance.common.credentials import is_ed25519_private_key
from nautilus_trader.adapters.binance.common.enums import BinanceAccountType
from nautilus_trader.adapters.binance.common.urls import get_ws_base_url
from nautilus_trader.adapters.binance.config import BinanceDataClientConfig, BinanceExecClientConfig
from nautilus_trader.adapters.binance.spot.data import BinanceSpotDataClient
from nautilus_trader.adapters.binance.spot.execution import BinanceSpotExecutionClient
from nautilus_trader.adapters.binance.spot.http.account import BinanceSpotAccountHttpAPI
from nautilus_trader.adapters.binance.spot.http.market import BinanceSpotMarketHttpAPI
from nautilus_trader.adapters.binance.spot.providers import BinanceSpotInstrumentProvider
from nautilus_trader.adapters.binance.websocket.user import BinanceUserDataWebSocketClient
from nautilus_trader.config import InstrumentProviderConfig
from nautilus_trader.core.datetime import millis_to_nanos
from nautilus_trader.model.identifiers import Venue
from nautilus_trader.system.kernel import NautilusKernel

from adapters.nautilus.binance_amends import SpotAmends
from adapters.nautilus.binance_clients import Clients, Listening, http_fields
from adapters.nautilus.binance_settings import BINANCE_SPOT, SPOT_WEIGHT_A_MINUTE, BinanceSpotSettings
from adapters.nautilus.binance_wire import DEFINITIVE, BoundedHttpClient, OrderHttpClient
from adapters.nautilus.translate import nautilus_venue
from adapters.nautilus.venue_rest import Lane, VenueRest

VENUE: Final[Venue] = nautilus_venue(BINANCE_SPOT)
_TYPE: Final = BinanceAccountType.SPOT
_SLICE: Final = 20  # pairs


class PatientProvider(BinanceSpotInstrumentProvider):
    """Nautilus's own list of instruments, read in slices: the venue has thousands of pairs, and others use the loop.

    Nautilus's keeps a refusal of the fees to itself, and lists nothing then; this one raises it.
    """

    async def load_all_async(self, filters: dict[str, Any] | None = None) -> None:
        del filters
        has_fees = not self._environment.is_sandbox  # test networks have no such path
        fees = {one.symbol: one for one in await self._http_wallet.query_spot_trade_fees()} if has_fees else {}
        listed = await self._http_market.query_spot_exchange_info()
        for number, pair in enumerate(listed.symbols):
            if number % _SLICE == 0:
                await asyncio.sleep(0)
            self._parse_instrument(pair, fees.get(pair.symbol), millis_to_nanos(listed.serverTime))


class SignedUserStream(BinanceUserDataWebSocketClient):
    """Nautilus's user stream for keys of the HMAC kind: signs the subscription itself.

    Nautilus logs on first, which the venue allows to Ed25519 keys alone (-4056).
    """

    async def session_logon(self) -> dict[str, Any]:
        self._is_authenticated = True
        return {}

    async def _send_request(
        self,
        method: str,
        params: dict[str, Any] | None = None,
        timeout: float = 10.0,  # noqa: ASYNC109 - as Nautilus declares it
    ) -> dict[str, Any]:
        if method == "userDataStream.subscribe":
            asked = f"apiKey={self._api_key}&timestamp={self._clock.timestamp_ms()}"
            params = dict(part.split("=", 1) for part in asked.split("&")) | {"signature": self._get_sign(asked)}
            method += ".signature"
        return await super()._send_request(method, params, timeout)


class SpotExecutionClient(Listening, BinanceSpotExecutionClient):
    """The real execution client, and what it hears."""

    def __init__(self, *, api_key: str, api_secret: str, **fields: Any) -> None:
        super().__init__(api_key=api_key, api_secret=api_secret, **fields)
        if not is_ed25519_private_key(api_secret):
            self._ws_client = SignedUserStream(
                clock=self._clock,
                base_url=self._ws_client._base_url,
                handler=self._handle_user_ws_message,
                api_key=api_key,
                api_secret=api_secret,
                loop=self._loop,
                on_resubscribe=self._reconcile_after_resubscribe,
            )

    @property
    def hears(self) -> bool:
        """Whether the connection of the user stream is open and subscribed, as far as this end knows."""
        stream = self._ws_client
        is_open = stream._client is not None and stream._client.is_active()
        return is_open and stream._subscription_id is not None and not stream._is_recovery_failed


def make_clients(
    settings: BinanceSpotSettings,
    kernel: NautilusKernel,
    rest: VenueRest,
    hear: Callable[[bytes], None],
    interrupted: Callable[[], None],
) -> Clients:
    """Make the clients of one connection; nothing is opened yet."""
    http = http_fields(settings, _TYPE, kernel, rest)
    orders = OrderHttpClient(
        **http,
        order_path="/api/v3/order",
        definitive=DEFINITIVE,
        weight_per_minute=SPOT_WEIGHT_A_MINUTE,
    )
    questions, cancels, amends = (
        BoundedHttpClient(**http, lane=lane, weight_per_minute=SPOT_WEIGHT_A_MINUTE)
        for lane in (Lane.QUESTIONS, Lane.CANCELS, Lane.ORDERS)
    )
    provider = PatientProvider(
        client=questions,
        clock=kernel.clock,
        account_type=_TYPE,
        environment=settings.nautilus_environment,
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
        account=BinanceSpotAccountHttpAPI(questions, kernel.clock, _TYPE),
        cancels=BinanceSpotAccountHttpAPI(cancels, kernel.clock, _TYPE),
        amends=SpotAmends(
            http=amends,
            definitive=DEFINITIVE,
            now_ms=kernel.clock.timestamp_ms,
            recv_window_ms=settings.recv_window_ms,
        ),
        market=BinanceSpotMarketHttpAPI(questions, _TYPE),
    )


def _execution(
    settings: BinanceSpotSettings,
    shared: dict[str, Any],
    http: OrderHttpClient,
    hear: Callable[[bytes], None],
    interrupted: Callable[[], None],
) -> SpotExecutionClient:
    config = BinanceExecClientConfig(
        venue=VENUE,
        account_type=_TYPE,
        environment=settings.nautilus_environment,
        base_url_ws=settings.base_url_ws_stream or None,  # of the websocket API, which is where user data come from
        use_gtd=False,  # it would make such orders good till canceled; none are sent
        recv_window_ms=settings.recv_window_ms,
        max_retries=None,  # an order that may have arrived is never sent again
    )
    return SpotExecutionClient(
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


def _data(settings: BinanceSpotSettings, shared: dict[str, Any], http: BoundedHttpClient) -> BinanceSpotDataClient:
    environment = settings.nautilus_environment
    config = BinanceDataClientConfig(
        venue=VENUE, account_type=_TYPE, environment=environment, update_instruments_interval_mins=None
    )
    base = settings.base_url_ws or get_ws_base_url(_TYPE, environment, is_us=False)
    return BinanceSpotDataClient(**shared, client=http, base_url_ws=base, config=config)
