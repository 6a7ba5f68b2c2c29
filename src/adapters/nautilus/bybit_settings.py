"""What a session of Bybit needs to be told, checked before anything is opened."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, Self

from nautilus_trader.core.nautilus_pyo3 import (
    BybitEnvironment,
    BybitProductType,
    get_bybit_http_base_url,
    get_bybit_ws_url_private,
    get_bybit_ws_url_public,
    get_bybit_ws_url_trade,
)

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

BYBIT: Final = VenueId("BYBIT")
USUAL_ORDERS_PER_SECOND: Final = 10  # the venue's limit for most accounts
MOST_INSTRUMENTS: Final = 100  # each costs a question when a session connects, and a share of every probe
_LONGEST_RECV_WINDOW_MS: Final = 60_000
_MOST_ORDERS: Final = 100_000
_ADDRESSES: Final = {
    "base_url_http": ("http", "https"),
    "base_url_ws": ("ws", "wss"),
    "base_url_ws_private": ("ws", "wss"),
    "base_url_ws_trade": ("ws", "wss"),
}
_ENVIRONMENTS: Final = {"live": BybitEnvironment.MAINNET, "testnet": BybitEnvironment.TESTNET}


@dataclass(frozen=True, slots=True, kw_only=True)
class BybitSettings:
    """One unified trading account of Bybit. Empty addresses mean those of `environment` (live or testnet).

    `orders_per_second` is the venue's limit on new orders, and as many amends, and as many cancels, each counted for
    itself. `recv_window_ms` is how late a request may reach the venue: later it refuses it. `answer_s` bounds every
    request; `probe_s` is how often the venue is asked whether the private stream kept something back; when
    it has missed our private stream for `dead_man_s` it takes back every order of that kind of instruments (0: never).
    """

    account: AccountId
    api_key: str = field(repr=False)
    api_secret: str = field(repr=False)
    instruments: tuple[InstrumentKey, ...]  # those to trade and to have quotes of: all perpetuals, or all spot pairs
    environment: str = "live"
    base_url_http: str = ""
    base_url_ws: str = ""  # market data, without the category at its end
    base_url_ws_private: str = ""
    base_url_ws_trade: str = ""
    orders_per_second: int = USUAL_ORDERS_PER_SECOND
    recv_window_ms: int = 5_000
    answer_s: float = 8.0
    probe_s: float = 15.0
    dead_man_s: int = 0

    def __post_init__(self) -> None:
        check_given(self, ("account", "api_key", "api_secret"))
        self._check_instruments()
        if self.environment not in _ENVIRONMENTS:
            remedy = "write live or testnet; the venue's demo environment takes no orders over its trade websocket"
            raise InvalidInputError("environment", self.environment, remedy)
        for name, schemes in _ADDRESSES.items():
            check_address(name, getattr(self, name), schemes)
        check_whole("orders_per_second", self.orders_per_second, 1, _MOST_ORDERS)
        check_whole("recv_window_ms", self.recv_window_ms, 1, _LONGEST_RECV_WINDOW_MS)
        check_dead_man(self.dead_man_s)
        for name in ("answer_s", "probe_s"):
            check_seconds(name, getattr(self, name))

    def _check_instruments(self) -> None:
        if not 1 <= len(self.instruments) <= MOST_INSTRUMENTS:
            raise InvalidInputError("instruments", len(self.instruments), f"write 1 to {MOST_INSTRUMENTS} of them")
        for key in self.instruments:
            is_linear = key.type is InstrumentType.PERPETUAL and not key.is_inverse
            if key.venue != BYBIT or not (is_linear or key.type is InstrumentType.SPOT_PAIR):
                raise InvalidInputError("instruments", key, f"write a linear perpetual or a spot pair of {BYBIT}")
            if key.type is not self.instruments[0].type:  # positions are compared, and coins are none
                raise InvalidInputError("instruments", key, "write perpetuals alone, or spot pairs alone")

    @classmethod
    def read(cls, settings: Mapping[str, str]) -> Self:
        """Read settings that are all text; `instruments` is separated by blanks or commas.

        Raises:
            InvalidInputError: one is missing, unknown or wrong; names it, and never shows a secret.
        """
        return read_settings(cls, settings)

    @property
    def venue(self) -> VenueId:
        return BYBIT

    @property
    def is_spot(self) -> bool:
        return self.instruments[0].type is InstrumentType.SPOT_PAIR

    @property
    def category(self) -> str:
        """The venue's word for what is traded."""
        return "spot" if self.is_spot else "linear"

    @property
    def product(self) -> BybitProductType:
        """Nautilus's word for what is traded."""
        return BybitProductType.SPOT if self.is_spot else BybitProductType.LINEAR

    @property
    def nautilus_environment(self) -> BybitEnvironment:
        return _ENVIRONMENTS[self.environment]

    @property
    def http(self) -> str:
        return self.base_url_http or str(get_bybit_http_base_url(self.nautilus_environment))

    @property
    def ws_private(self) -> str:
        return self.base_url_ws_private or str(get_bybit_ws_url_private(self.nautilus_environment))

    @property
    def ws_trade(self) -> str:
        return self.base_url_ws_trade or str(get_bybit_ws_url_trade(self.nautilus_environment))

    @property
    def ws_public(self) -> str:
        if self.base_url_ws:
            return f"{self.base_url_ws}/{self.category}"
        return str(get_bybit_ws_url_public(self.product, self.nautilus_environment))
