"""What a session of OKX needs to be told, checked before anything is opened."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar, Final, Self

from nautilus_trader.core.nautilus_pyo3 import (
    OKXEnvironment,
    derive_okx_ws_url,
    get_okx_http_base_url,
    get_okx_ws_url_private,
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

OKX: Final = VenueId("OKX")
MOST_INSTRUMENTS: Final = 100
_TYPES: Final = (InstrumentType.SPOT_PAIR, InstrumentType.PERPETUAL)
_LONGEST_DEADLINE_MS: Final = 60_000
_MOST_ORDERS: Final = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class OkxSettings:
    """One account of OKX in net mode: spot pairs with its own money, linear swaps with cross margin.

    Empty addresses mean those of `environment` (live or demo); `base_url_ws` is that of private messages, and others
    follow from it. `deadline_ms` is how late an order may reach the venue: later it refuses it. `answer_s` bounds
    every request; `probe_s` is how often the venue is asked whether the user stream kept something back;
    after `dead_man_s` without us it takes back every order of the account (0: it never does).
    """

    venue: ClassVar[VenueId] = OKX

    account: AccountId
    api_key: str = field(repr=False)
    api_secret: str = field(repr=False)
    api_passphrase: str = field(repr=False)
    instruments: tuple[InstrumentKey, ...]  # those to trade and to have quotes of
    environment: str = "live"
    base_url_http: str = ""
    base_url_ws: str = ""
    orders_per_2s: int = 60  # of one instrument; as many amends, and as many cancels
    deadline_ms: int = 5_000
    answer_s: float = 8.0
    probe_s: float = 15.0
    dead_man_s: int = 0

    def __post_init__(self) -> None:
        check_given(self, ("account", "api_key", "api_secret", "api_passphrase"))
        check_whole("instruments", len(self.instruments), 1, MOST_INSTRUMENTS)
        for key in self.instruments:
            if key.venue != OKX or key.type not in _TYPES or key.is_inverse:
                raise InvalidInputError("instruments", key, f"write a spot pair or linear perpetual of {OKX}")
        if self.environment not in {"live", "demo"}:
            raise InvalidInputError("environment", self.environment, "write live or demo")
        check_address("base_url_http", self.base_url_http, ("http", "https"))
        check_address("base_url_ws", self.base_url_ws, ("ws", "wss"))
        check_whole("orders_per_2s", self.orders_per_2s, 1, _MOST_ORDERS)
        check_whole("deadline_ms", self.deadline_ms, 1, _LONGEST_DEADLINE_MS)
        check_seconds("answer_s", self.answer_s)
        check_seconds("probe_s", self.probe_s)
        check_dead_man(self.dead_man_s)

    @classmethod
    def read(cls, settings: Mapping[str, str]) -> Self:
        """Read settings that are all text; `instruments` is separated by blanks or commas.

        Raises:
            InvalidInputError: one is missing, unknown or wrong; names it, and never shows a secret.
        """
        return read_settings(cls, settings)

    @property
    def is_demo(self) -> bool:
        return self.environment == "demo"

    @property
    def nautilus_environment(self) -> OKXEnvironment:
        return OKXEnvironment.DEMO if self.is_demo else OKXEnvironment.LIVE

    @property
    def http(self) -> str:
        """Where HTTP requests go."""
        return (self.base_url_http or str(get_okx_http_base_url(None))).rstrip("/")

    def ws(self, channel: str) -> str:
        """Where a websocket goes: `private`, `public` or `business`."""
        base = self.base_url_ws or get_okx_ws_url_private(self.nautilus_environment, None)
        return str(derive_okx_ws_url(base, channel))

    @property
    def kinds(self) -> tuple[str, ...]:
        """The venue's kinds of the instruments, each once."""
        has_swaps = any(key.type is InstrumentType.PERPETUAL for key in self.instruments)
        has_spot = any(key.type is InstrumentType.SPOT_PAIR for key in self.instruments)
        return (*(("SPOT",) if has_spot else ()), *(("SWAP",) if has_swaps else ()))
