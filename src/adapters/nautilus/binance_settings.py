"""What a session of one of Binance's products needs to be told, checked before anything is opened."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar, Final, Self

from nautilus_trader.adapters.binance.common.enums import BinanceEnvironment

from adapters.nautilus.live_settings import (
    check_address,
    check_dead_man,
    check_given,
    check_seconds,
    check_whole,
    read_settings,
)
from ports.errors import InvalidInputError
from ports.instruments import InstrumentKey, InstrumentType
from ports.values import AccountId, VenueId

BINANCE_FUTURES: Final = VenueId("BINANCE-FUTURES")
BINANCE_SPOT: Final = VenueId("BINANCE-SPOT")
FUTURES_WEIGHT_A_MINUTE: Final = 2_400  # of an address, whatever it asks
SPOT_WEIGHT_A_MINUTE: Final = 6_000
MOST_INSTRUMENTS: Final = 100  # fills are asked for by symbol, and the venue counts the weight of every question
_LONGEST_RECV_WINDOW_MS: Final = 60_000
_MOST_ORDERS: Final = 1_000_000
_SCHEMES: Final = {
    "base_url_http": ("http", "https"),
    "base_url_ws": ("ws", "wss"),
    "base_url_ws_stream": ("ws", "wss"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class BinanceSettings:
    """One account of one product. Empty addresses mean those of `environment` (live, testnet or demo).

    `recv_window_ms` is how late an order may reach the venue: later it refuses it. `answer_s` bounds every request;
    `probe_s` is how often the venue is asked whether the user stream kept something back.
    """

    venue: ClassVar[VenueId]
    types: ClassVar[tuple[InstrumentType, ...]]
    tradable: ClassVar[str]  # what instruments have to be, in words

    account: AccountId
    api_key: str = field(repr=False)
    api_secret: str = field(repr=False)
    instruments: tuple[InstrumentKey, ...]  # those to trade and to have quotes of
    environment: str = "live"
    base_url_http: str = ""
    base_url_ws: str = ""  # market data
    base_url_ws_stream: str = ""  # user data
    orders_per_10s: int = 100
    recv_window_ms: int = 5_000
    answer_s: float = 8.0
    probe_s: float = 15.0

    def __post_init__(self) -> None:
        check_given(self, ("account", "api_key", "api_secret"))
        check_whole("instruments", len(self.instruments), 1, MOST_INSTRUMENTS)
        for key in self.instruments:
            if key.venue != self.venue or key.type not in self.types or key.is_inverse:
                raise InvalidInputError("instruments", key, f"write a {self.tradable} of {self.venue}")
        if self.environment not in {"live", "testnet", "demo"}:
            raise InvalidInputError("environment", self.environment, "write live, testnet or demo")
        for name, schemes in _SCHEMES.items():
            check_address(name, getattr(self, name), schemes)
        check_whole("recv_window_ms", self.recv_window_ms, 1, _LONGEST_RECV_WINDOW_MS)
        check_whole("orders_per_10s", self.orders_per_10s, 10, _MOST_ORDERS)
        check_seconds("answer_s", self.answer_s)
        check_seconds("probe_s", self.probe_s)

    @classmethod
    def read(cls, settings: Mapping[str, str]) -> Self:
        """Read settings that are all text; `instruments` is separated by blanks or commas.

        Raises:
            InvalidInputError: one is missing, unknown or wrong; names it, and never shows a secret.
        """
        return read_settings(cls, settings)

    @property
    def nautilus_environment(self) -> BinanceEnvironment:
        return BinanceEnvironment[self.environment.upper()]


@dataclass(frozen=True, slots=True, kw_only=True)
class BinanceFuturesSettings(BinanceSettings):
    """One account of Binance USDT-M Futures, with the order limits that most accounts have there.

    `dead_man_s`: after so long without us the venue takes back every order of the instruments; 0: it never does.
    """

    venue: ClassVar[VenueId] = BINANCE_FUTURES
    types: ClassVar[tuple[InstrumentType, ...]] = (InstrumentType.PERPETUAL, InstrumentType.FUTURE)
    tradable: ClassVar[str] = "linear perpetual or future"

    orders_per_10s: int = 300
    orders_per_minute: int = 1_200
    dead_man_s: int = 0

    def __post_init__(self) -> None:
        check_dead_man(self.dead_man_s)
        if 0 < self.dead_man_s < 3 * len(self.instruments):  # each costs a weight of 10 a beat, of 2,400 a minute
            remedy = f"write {3 * len(self.instruments)} at least, for {len(self.instruments)} instruments"
            raise InvalidInputError("dead_man_s", self.dead_man_s, remedy)
        BinanceSettings.__post_init__(self)  # slots make another class of this one, which `super` would not find
        check_whole("orders_per_minute", self.orders_per_minute, 10, _MOST_ORDERS)


@dataclass(frozen=True, slots=True, kw_only=True)
class BinanceSpotSettings(BinanceSettings):
    """One account of Binance Spot. `base_url_ws_stream` is its websocket API, which carries user data there."""

    venue: ClassVar[VenueId] = BINANCE_SPOT
    types: ClassVar[tuple[InstrumentType, ...]] = (InstrumentType.SPOT_PAIR,)
    tradable: ClassVar[str] = "spot pair"
