"""The venues where chaos can be had: what is traded there, and how a configuration names it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from simulators.okx_account import ETH_SPOT, SITE
from simulators.process import SimulatedVenue
from simulators.sites import BYBIT, FUTURES, SPOT, Site


@dataclass(frozen=True, slots=True)
class Ground:
    """One simulated venue. `streams` are the keys of a configuration for its websockets, and where on it they are."""

    site: Site
    client: str
    streams: Mapping[str, str]
    more: Mapping[str, Any] = field(default_factory=dict)  # keys of its own
    symbols: tuple[str, str] = ("BTCUSDT", "ETHUSDT")

    @property
    def bitcoin(self) -> str:
        """The instrument key that most is traded of."""
        return str(self.site.btc)

    @property
    def ether(self) -> str:
        """The other one."""
        return str(self.site.eth)

    @property
    def keys(self) -> Mapping[str, str]:
        """Instrument keys by the venue's symbols."""
        return dict(zip(self.symbols, (self.bitcoin, self.ether), strict=True))

    def config(self, venue: SimulatedVenue) -> dict[str, Any]:
        """Return a configuration that trades live at the simulator."""
        client = {
            "name": self.client,
            "api_key": "simulated-key",
            "api_secret": "simulated-secret",
            "base_url_http": venue.http,
            **{key: f"{venue.ws}{path}" for key, path in self.streams.items()},
            **self.more,
            "instruments": [self.bitcoin, self.ether],
        }
        return {
            "trading_node": {"exec_clients": [client], "live_trading_acknowledged": True},
            "risk_engine": {
                "max_orders_per_second": 100_000,
                "max_order_quantity": {"*": "1"},
                "max_order_value": "100000",
                "max_position_per_instrument": {"*": "1000"},
                "max_total_notional": "100000000",
            },
            "logging": {"log_orders": False, "log_fills": False},
        }


BINANCE_FUTURES = Ground(FUTURES, "BINANCE_FUTURES", {"base_url_ws": "", "base_url_ws_stream": ""})
BINANCE_SPOT = Ground(SPOT, "BINANCE_SPOT", {"base_url_ws": "", "base_url_ws_stream": "/ws-api/v3"})
BYBIT_LINEAR = Ground(
    BYBIT,
    "BYBIT",
    {"base_url_ws": "/v5/public", "base_url_ws_private": "/v5/private", "base_url_ws_trade": "/v5/trade"},
    {"orders_per_second": 1_000},
)
# A swap, and a spot pair of another coin, in one account.
OKX = Ground(
    replace(SITE, eth=ETH_SPOT),
    "OKX",
    {"base_url_ws": ""},
    {"api_passphrase": "simulated-passphrase"},
    ("BTC-USDT-SWAP", "ETH-USDT"),
)
GROUNDS: Mapping[str, Ground] = {
    "binance_futures": BINANCE_FUTURES,
    "binance_spot": BINANCE_SPOT,
    "bybit": BYBIT_LINEAR,
    "okx": OKX,
}
