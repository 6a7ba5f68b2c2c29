"""What a session of Binance USDT-M Futures needs to be told, checked before anything is opened."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, Self
from urllib.parse import urlsplit

from nautilus_trader.adapters.binance.common.enums import BinanceEnvironment

from ports.errors import InvalidInputError
from ports.instruments import InstrumentKey, InstrumentType
from ports.values import AccountId, VenueId

BINANCE_FUTURES: Final = VenueId("BINANCE-FUTURES")
MOST_INSTRUMENTS: Final = 100  # fills are asked for by symbol, and the venue allows 2,400 weights a minute
_LONGEST_RECV_WINDOW_MS: Final = 60_000
_MOST_ORDERS: Final = 1_000_000
_SCHEMES: Final = {
    "base_url_http": ("http", "https"),
    "base_url_ws": ("ws", "wss"),
    "base_url_ws_stream": ("ws", "wss"),
}
_TYPES: Final = (InstrumentType.PERPETUAL, InstrumentType.FUTURE)


@dataclass(frozen=True, slots=True, kw_only=True)
class BinanceFuturesSettings:
    """One account of Binance USDT-M Futures. Empty addresses mean those of `environment` (live, testnet or demo).

    `recv_window_ms` is how late an order may reach the venue: later it refuses it. `answer_s` bounds every request;
    `probe_s` is how often the venue is asked whether the user stream kept something back.
    """

    account: AccountId
    api_key: str = field(repr=False)
    api_secret: str = field(repr=False)
    instruments: tuple[InstrumentKey, ...]  # those to trade and to have quotes of
    environment: str = "live"
    base_url_http: str = ""
    base_url_ws: str = ""  # market data
    base_url_ws_stream: str = ""  # user data
    orders_per_10s: int = 300  # the venue's limits for most accounts
    orders_per_minute: int = 1_200
    recv_window_ms: int = 5_000
    answer_s: float = 8.0
    probe_s: float = 15.0

    def __post_init__(self) -> None:
        for name in ("account", "api_key", "api_secret"):
            if not getattr(self, name).strip():
                raise InvalidInputError(name, "", "must not be empty")
        self._check_instruments()
        if self.environment not in {"live", "testnet", "demo"}:
            raise InvalidInputError("environment", self.environment, "write live, testnet or demo")
        for name, schemes in _SCHEMES.items():
            address = getattr(self, name)
            if address and (urlsplit(address).scheme not in schemes or not urlsplit(address).hostname):
                raise InvalidInputError(name, address, f"write an address that begins with {' or '.join(schemes)}://")
        self._check_numbers()

    def _check_numbers(self) -> None:
        if not 1 <= self.recv_window_ms <= _LONGEST_RECV_WINDOW_MS:
            raise InvalidInputError("recv_window_ms", self.recv_window_ms, "write 1 to 60000")
        for name in ("orders_per_10s", "orders_per_minute"):
            if not 10 <= getattr(self, name) <= _MOST_ORDERS:
                raise InvalidInputError(name, getattr(self, name), f"write 10 to {_MOST_ORDERS}")
        for name in ("answer_s", "probe_s"):
            if not 0 < getattr(self, name) < float("inf"):
                raise InvalidInputError(name, getattr(self, name), "write a number of seconds above zero")

    def _check_instruments(self) -> None:
        if not 1 <= len(self.instruments) <= MOST_INSTRUMENTS:
            raise InvalidInputError("instruments", len(self.instruments), f"write 1 to {MOST_INSTRUMENTS} of them")
        for key in self.instruments:
            if key.venue != BINANCE_FUTURES or key.type not in _TYPES or key.is_inverse:
                remedy = f"write a linear perpetual or future of {BINANCE_FUTURES}"
                raise InvalidInputError("instruments", key, remedy)

    @classmethod
    def read(cls, settings: Mapping[str, str]) -> Self:
        """Read settings that are all text; `instruments` is separated by blanks or commas.

        Raises:
            InvalidInputError: one is missing, unknown or wrong; names it, and never shows a secret.
        """
        rest = dict(settings)
        missing = [name for name in ("account", "api_key", "api_secret", "instruments") if not rest.get(name)]
        if missing:
            raise InvalidInputError(missing[0], "", "is required")
        keys = tuple(InstrumentKey(text) for text in rest.pop("instruments").replace(",", " ").split())
        given = cls(
            account=AccountId(rest.pop("account")),
            api_key=rest.pop("api_key"),
            api_secret=rest.pop("api_secret"),
            instruments=keys,
            environment=rest.pop("environment", "live"),
            base_url_http=rest.pop("base_url_http", ""),
            base_url_ws=rest.pop("base_url_ws", ""),
            base_url_ws_stream=rest.pop("base_url_ws_stream", ""),
            orders_per_10s=_whole("orders_per_10s", rest.pop("orders_per_10s", "300")),
            orders_per_minute=_whole("orders_per_minute", rest.pop("orders_per_minute", "1200")),
            recv_window_ms=_whole("recv_window_ms", rest.pop("recv_window_ms", "5000")),
            answer_s=_number("answer_s", rest.pop("answer_s", "8")),
            probe_s=_number("probe_s", rest.pop("probe_s", "15")),
        )
        if rest:
            raise InvalidInputError(min(rest), "", "is no setting of this venue")
        return given

    @property
    def nautilus_environment(self) -> BinanceEnvironment:
        return BinanceEnvironment[self.environment.upper()]


def _number(name: str, text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise InvalidInputError(name, text, "write a number")
    return value


def _whole(name: str, text: str) -> int:
    if not text.isascii() or not text.isdigit():
        raise InvalidInputError(name, text, "write a whole number")
    return int(text)
