"""The live venues that are simulated: what each calls things, and the settings that lead to its simulator."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal

from adapters.nautilus.binance_settings import BinanceFuturesSettings, BinanceSpotSettings
from adapters.nautilus.bybit_settings import BybitSettings
from adapters.nautilus.live import LiveSettings
from ports.instruments import InstrumentKey
from ports.values import AccountId

from simulators.process import SimulatedVenue

type Command = tuple[str, Mapping[str, object]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """One venue. `place`, `cancel`, `query` and `open_orders` are its requests, `orders` its messages about orders.

    `codes` are those by which it refuses; steps, sizes and fees (maker, taker) are those that it lists.
    """

    name: str
    btc: InstrumentKey
    eth: InstrumentKey
    settings: Callable[[SimulatedVenue, dict[str, object]], LiveSettings]
    place: str
    cancel: str
    query: str
    open_orders: str
    account_info: str
    time_limits: dict[str, int]
    orders: str
    tick: Decimal
    lot: Decimal
    most: Decimal
    min_notional: Decimal
    fees: tuple[Decimal, Decimal]
    codes: Mapping[str, str]
    has_positions: bool
    connect_steps: tuple[str, str, str, str]  # requests of a connect, each of which may fail
    wrapped: Callable[[dict[str, object]], dict[str, object]]  # what is said of an order, as a message
    symbol: str = "BTCUSDT"
    breaks: tuple[Command, Command] = (("end_streams", {}), ("hang_up", {}))  # of what it tells us by itself
    no_proof: Command = ("error", {"status": 503, "body": "", "late": False})  # an answer that proves nothing
    lost_answer: Command = ("error", {"status": 500, "body": "{}"})  # the same, to what was carried out

    @property
    def account(self) -> AccountId:
        """The account that the tests trade."""
        return AccountId(f"{self.btc.venue}-MAIN")


def _common(venue: SimulatedVenue, given: dict[str, object]) -> dict[str, object]:
    return {
        "api_key": "simulated-key",
        "api_secret": "simulated-secret",
        "base_url_http": venue.http,
        "base_url_ws": venue.ws,
        "answer_s": 2.0,
        "probe_s": 0.5,
        "orders_per_10s": 100_000,
        **given,
    }


def _futures(venue: SimulatedVenue, given: dict[str, object]) -> LiveSettings:
    fields = {"account": FUTURES.account, "instruments": (FUTURES.btc, FUTURES.eth), "orders_per_minute": 100_000}
    made = _common(venue, {**fields, "base_url_ws_stream": venue.ws, **given})
    return BinanceFuturesSettings(**made)  # type: ignore[arg-type]  # checked by the settings


def _spot(venue: SimulatedVenue, given: dict[str, object]) -> LiveSettings:
    fields = {"account": SPOT.account, "instruments": (SPOT.btc, SPOT.eth)}
    made = _common(venue, {**fields, "base_url_ws_stream": f"{venue.ws}/ws-api/v3", **given})
    return BinanceSpotSettings(**made)  # type: ignore[arg-type]  # checked by the settings


def _bybit(venue: SimulatedVenue, given: dict[str, object]) -> LiveSettings:
    fields = {
        "account": BYBIT.account,
        "api_key": "simulated-key",
        "api_secret": "simulated-secret",
        "instruments": (BYBIT.btc, BYBIT.eth),
        "base_url_http": venue.http,
        "base_url_ws": f"{venue.ws}/v5/public",
        "base_url_ws_private": f"{venue.ws}/v5/private",
        "base_url_ws_trade": f"{venue.ws}/v5/trade",
        "answer_s": 2.0,
        "probe_s": 0.5,
        "orders_per_second": 10_000,
    }
    return BybitSettings(**{**fields, **given})  # type: ignore[arg-type]  # checked by the settings


FUTURES = Site(
    name="binance_futures",
    btc=InstrumentKey("BINANCE-FUTURES:PERPETUAL:BTC-USDT@LIN"),
    eth=InstrumentKey("BINANCE-FUTURES:PERPETUAL:ETH-USDT@LIN"),
    settings=_futures,
    place="POST /fapi/v1/order",
    cancel="DELETE /fapi/v1/order",
    query="GET /fapi/v1/order",
    open_orders="GET /fapi/v1/openOrders",
    account_info="GET /fapi/v2/account",
    time_limits={"orders_10s": 100_000, "orders_1m": 100_000},
    orders="ORDER_TRADE_UPDATE",
    tick=Decimal("0.1"),
    lot=Decimal("0.001"),
    most=Decimal(1000),
    min_notional=Decimal(100),
    fees=(Decimal("0.0002"), Decimal("0.0005")),
    codes={
        "post_only": "-5022",
        "too_large": "-4005",
        "too_small": "-4164",
        "no_money": "-2019",
        "unfillable": "-5021",
        "over": "-2011",
    },
    has_positions=True,
    connect_steps=(
        "GET /fapi/v1/exchangeInfo",
        "GET /fapi/v1/openOrders",
        "POST /fapi/v1/listenKey",
        "GET /fapi/v1/positionSide/dual",
    ),
    wrapped=lambda order: {"e": "ORDER_TRADE_UPDATE", "E": 1, "T": 1, "o": order},
)
SPOT = Site(
    name="binance_spot",
    btc=InstrumentKey("BINANCE-SPOT:SPOT_PAIR:BTC-USDT"),
    eth=InstrumentKey("BINANCE-SPOT:SPOT_PAIR:ETH-USDT"),
    settings=_spot,
    place="POST /api/v3/order",
    cancel="DELETE /api/v3/order",
    query="GET /api/v3/order",
    open_orders="GET /api/v3/openOrders",
    account_info="GET /api/v3/account",
    time_limits={"orders_10s": 100_000},
    orders="executionReport",
    tick=Decimal("0.01"),
    lot=Decimal("0.00001"),
    most=Decimal(9000),
    min_notional=Decimal(5),
    fees=(Decimal("0.001"), Decimal("0.001")),
    codes={
        "post_only": "-2010: Order would immediately match",
        "too_large": "-1013: Filter failure: LOT_SIZE",
        "too_small": "-1013: Filter failure: NOTIONAL",
        "no_money": "-2010: Account has insufficient balance",
        "over": "-2011",
    },
    has_positions=False,
    connect_steps=(
        "GET /api/v3/exchangeInfo",
        "GET /api/v3/openOrders",
        "WS userDataStream.subscribe.signature",
        "GET /sapi/v1/asset/tradeFee",
    ),
    wrapped=lambda order: {"e": "executionReport", "E": 1, **order},
)
BYBIT = Site(
    name="bybit",
    btc=InstrumentKey("BYBIT:PERPETUAL:BTC-USDT@LIN"),
    eth=InstrumentKey("BYBIT:PERPETUAL:ETH-USDT@LIN"),
    settings=_bybit,
    place="WS order.create",
    cancel="POST /v5/order/cancel",
    query="GET /v5/order/realtime",
    open_orders="GET /v5/order/realtime",
    account_info="GET /v5/account/wallet-balance",
    time_limits={"orders": 100_000, "questions": 100_000, "ip_5s": 1_000_000},
    orders="execution",
    tick=Decimal("0.1"),
    lot=Decimal("0.001"),
    most=Decimal(1190),
    min_notional=Decimal(5),
    fees=(Decimal("0.0002"), Decimal("0.00055")),
    codes={"too_large": "10001", "too_small": "110094", "no_money": "110007", "over": "110001"},
    has_positions=True,
    connect_steps=(
        "GET /v5/user/query-api",
        "GET /v5/market/instruments-info",
        "GET /v5/position/list",
        "GET /v5/order/realtime",
    ),
    wrapped=lambda order: {"topic": "order", "data": [order]},
    breaks=(("hang_up", {"what": "private"}), ("hang_up", {"what": "trade"})),
    no_proof=("error", {"late": False, "body": '{"retCode": 10016, "retMsg": "Trouble."}'}),
    lost_answer=("error", {"body": '{"retCode": 10016, "retMsg": "Trouble."}'}),
)
SITES = (FUTURES, SPOT)  # that have the same tests; Bybit's stand by themselves
