"""The live venues that are simulated: how a configuration names each, and what is traded there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from app.simulated.process import SimulatedVenue
from ports.instruments import InstrumentKey
from ports.values import AccountId


@dataclass(frozen=True, slots=True, kw_only=True)
class Simulated:
    """One simulated venue.

    `streams` are the keys of a configuration for its websockets, and where on it they are; `more` its own keys;
    `limits` what lets a demonstration ask and order as fast as it likes; `symbols` are the venue's own names.
    """

    simulator: str
    client: str
    account: AccountId
    instruments: tuple[InstrumentKey, InstrumentKey]
    symbols: tuple[str, str] = ("BTCUSDT", "ETHUSDT")
    streams: Mapping[str, str]
    limits: Mapping[str, int]
    more: Mapping[str, Any] = field(default_factory=dict)

    @property
    def keys(self) -> Mapping[str, str]:
        """Instrument keys by the venue's symbols."""
        return dict(zip(self.symbols, self.instruments, strict=True))

    async def start(self, *options: str) -> SimulatedVenue:
        """Start it, with limits that keep nothing waiting."""
        running = await SimulatedVenue.start(self.simulator, *options)
        await running.command("limits", **self.limits)
        return running

    def exec_client(self, venue: SimulatedVenue) -> Mapping[str, Any]:
        """Return the entry of `trading_node.exec_clients` that leads there."""
        return {
            "name": self.client,
            "api_key": "simulated-key",
            "api_secret": "simulated-secret",
            "base_url_http": venue.http,
            **{key: f"{venue.ws}{path}" for key, path in self.streams.items()},
            **self.more,
            "instruments": list(self.instruments),
        }


def _keys(*keys: str) -> tuple[InstrumentKey, InstrumentKey]:
    bitcoin, ether = keys
    return InstrumentKey(bitcoin), InstrumentKey(ether)


BINANCE_SPOT: Final = Simulated(
    simulator="binance_spot",
    client="BINANCE_SPOT",
    account=AccountId("BINANCE-SPOT-MAIN"),
    instruments=_keys("BINANCE-SPOT:SPOT_PAIR:BTC-USDT", "BINANCE-SPOT:SPOT_PAIR:ETH-USDT"),
    streams={"base_url_ws": "", "base_url_ws_stream": "/ws-api/v3"},
    limits={"weight_1m": 10_000_000, "orders_10s": 100_000},
)
BINANCE_FUTURES: Final = Simulated(
    simulator="binance_futures",
    client="BINANCE_FUTURES",
    account=AccountId("BINANCE-FUTURES-MAIN"),
    instruments=_keys("BINANCE-FUTURES:PERPETUAL:BTC-USDT@LIN", "BINANCE-FUTURES:PERPETUAL:ETH-USDT@LIN"),
    streams={"base_url_ws": "", "base_url_ws_stream": ""},
    limits={"weight_1m": 10_000_000, "orders_10s": 100_000, "orders_1m": 100_000},
)
BYBIT: Final = Simulated(
    simulator="bybit",
    client="BYBIT",
    account=AccountId("BYBIT-MAIN"),
    instruments=_keys("BYBIT:PERPETUAL:BTC-USDT@LIN", "BYBIT:PERPETUAL:ETH-USDT@LIN"),
    streams={"base_url_ws": "/v5/public", "base_url_ws_private": "/v5/private", "base_url_ws_trade": "/v5/trade"},
    limits={"orders": 100_000, "questions": 100_000, "ip_5s": 1_000_000},
    more={"orders_per_second": 1_000},
)
OKX: Final = Simulated(  # a swap, and a spot pair of another coin, in one account
    simulator="okx",
    client="OKX",
    account=AccountId("OKX-MAIN"),
    instruments=_keys("OKX:PERPETUAL:BTC-USDT@LIN", "OKX:SPOT_PAIR:ETH-USDT"),
    symbols=("BTC-USDT-SWAP", "ETH-USDT"),
    streams={"base_url_ws": ""},
    limits={"orders": 100_000, "factor": 1_000},
    more={"api_passphrase": "simulated-passphrase"},
)
VENUES: Final = (BINANCE_SPOT, BINANCE_FUTURES, BYBIT, OKX)


def configuration(running: Mapping[AccountId, SimulatedVenue], limits: Mapping[str, Any]) -> dict[str, Any]:
    """Return a configuration that trades live at the simulators of these accounts, within these risk limits."""
    clients = [one.exec_client(running[one.account]) for one in VENUES if one.account in running]
    return {
        "trading_node": {"exec_clients": clients, "live_trading_acknowledged": True},
        "risk_engine": dict(limits),
        "logging": {"log_orders": False, "log_fills": False},
    }
