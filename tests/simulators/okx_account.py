"""The account that a simulated OKX knows, as a session is told of it."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

from adapters.nautilus.okx_settings import OkxSettings
from ports.instruments import InstrumentKey
from ports.values import AccountId

from simulators.process import SimulatedVenue
from simulators.sites import BYBIT, SITES, Site

ACCOUNT = AccountId("OKX-MAIN")
SWAP = InstrumentKey("OKX:PERPETUAL:BTC-USDT@LIN")
ETH_SWAP = InstrumentKey("OKX:PERPETUAL:ETH-USDT@LIN")
SPOT = InstrumentKey("OKX:SPOT_PAIR:BTC-USDT")
ETH_SPOT = InstrumentKey("OKX:SPOT_PAIR:ETH-USDT")
LARGE = 100_000


def settings_for(venue: SimulatedVenue, **fields: object) -> OkxSettings:
    """Return the settings that lead to a simulator."""
    given: dict[str, object] = {
        "account": ACCOUNT,
        "api_key": "simulated-key",
        "api_secret": "simulated-secret",
        "api_passphrase": "simulated-passphrase",
        "instruments": (SWAP, ETH_SWAP, SPOT),
        "base_url_http": venue.http,
        "base_url_ws": venue.ws,
        "orders_per_2s": LARGE,
        "answer_s": 2.0,
        "probe_s": 0.5,
    }
    return OkxSettings(**{**given, **fields})  # type: ignore[arg-type]  # checked by the settings


SITE = Site(
    name="okx",
    btc=SWAP,
    eth=ETH_SWAP,
    settings=lambda venue, given: settings_for(venue, **given),
    place="WS order",
    cancel="POST /api/v5/trade/cancel-order",
    query="GET /api/v5/trade/order",
    open_orders="GET /api/v5/trade/orders-pending",
    account_info="GET /api/v5/account/config",
    time_limits={"orders": LARGE, "factor": 1_000},
    orders="orders",
    tick=Decimal("0.1"),
    lot=Decimal("0.0001"),
    most=Decimal(1_000_000),
    min_notional=Decimal(0),
    fees=(Decimal("0.0002"), Decimal("0.0005")),
    codes={"too_large": "51202", "no_money": "51008", "over": "51400"},
    has_positions=True,
    connect_steps=(
        "GET /api/v5/public/instruments",
        "GET /api/v5/trade/orders-pending",
        "GET /api/v5/account/config",
        "GET /api/v5/account/balance",
    ),
    symbol="BTC-USDT-SWAP",
    no_proof=("no_answer", {"late": False}),
    lost_answer=("no_answer", {}),
    wrapped=lambda order: {"arg": {"channel": "orders", "instType": "SWAP"}, "data": [order]},
)
FOUR_SITES = (*SITES, BYBIT, SITE)
SPOT_SITE = replace(SITE, btc=SPOT)
