"""What Nautilus's clients of Binance's products have in common, and what a connection of ours adds to them."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

from nautilus_trader.adapters.binance.common.credentials import is_ed25519_private_key
from nautilus_trader.adapters.binance.common.enums import BinanceAccountType
from nautilus_trader.adapters.binance.common.urls import get_http_base_url
from nautilus_trader.adapters.binance.data import BinanceCommonDataClient
from nautilus_trader.adapters.binance.execution import BinanceCommonExecutionClient
from nautilus_trader.adapters.binance.http.account import BinanceAccountHttpAPI
from nautilus_trader.adapters.binance.http.market import BinanceMarketHttpAPI
from nautilus_trader.common.providers import InstrumentProvider
from nautilus_trader.system.kernel import NautilusKernel

from adapters.nautilus.binance_amends import Amends
from adapters.nautilus.binance_settings import BinanceSettings
from adapters.nautilus.binance_wire import OrderHttpClient
from adapters.nautilus.venue_rest import VenueRest

_LATER_S: Final = 0.02  # a few commits on a usual disk


class Listening(BinanceCommonExecutionClient):
    """Shows what the user stream says to `hear` as well, word for word, before the real client takes it.

    The real client keeps its own cache by it, which nobody waits for: it takes the words in their order, a little
    later, one a turn of the loop, when what was heard is on its way to the disk.

    Where the stream was interrupted, the real client would ask for everything and infer what it missed; instead
    `interrupted` is told, and whoever owns this connection makes it anew.
    """

    def __init__(self, *, hear: Callable[[bytes], None], interrupted: Callable[[], None], **fields: Any) -> None:
        self._hear = hear
        self._interrupted = interrupted
        self._later: deque[Callable[[], None]] = deque()
        super().__init__(**fields)

    def _handle_user_ws_message(self, raw: bytes) -> None:
        self.afterwards(partial(super()._handle_user_ws_message, raw))
        self._hear(raw)  # what this lets happen `afterwards` comes after the real client has taken it

    def afterwards(self, act: Callable[[], None]) -> None:
        """Do something once the real client has taken everything that was heard so far."""
        if not self._later:
            self._loop.call_later(_LATER_S, self._catch_up)
        self._later.append(act)

    def _catch_up(self) -> None:
        try:
            self._later.popleft()()
        finally:
            if self._later:
                self._loop.call_soon(self._catch_up)

    def catch_up_now(self) -> None:
        """Let the real client take at once whatever it has not: the connection ends."""
        while self._later:
            self._later.popleft()()

    async def _reconcile_after_resubscribe(self) -> None:
        self._interrupted()

    @property
    def hears(self) -> bool:
        """Whether the connection of the user stream is open, as far as this end knows."""
        raise NotImplementedError


@dataclass(frozen=True, slots=True)
class Clients:
    """One connection's clients. Orders, cancels and questions have each their own local rate limit."""

    orders: OrderHttpClient
    execution: Listening
    data: BinanceCommonDataClient
    provider: InstrumentProvider
    account: BinanceAccountHttpAPI  # for questions
    cancels: BinanceAccountHttpAPI
    amends: Amends
    market: BinanceMarketHttpAPI


def http_fields(
    settings: BinanceSettings, account_type: BinanceAccountType, kernel: NautilusKernel, rest: VenueRest
) -> dict[str, Any]:
    """Return what every HTTP client of a connection is made with. Secrets are HMAC's, or an Ed25519 key's in PEM."""
    environment = settings.nautilus_environment
    is_key = is_ed25519_private_key(settings.api_secret)
    return {
        "rest": rest,
        "answer_s": settings.answer_s,
        "clock": kernel.clock,
        "api_key": settings.api_key,
        "api_secret": settings.api_secret,
        "ed25519_private_key": settings.api_secret if is_key else None,
        "base_url": settings.base_url_http or get_http_base_url(account_type, environment, is_us=False),
    }
