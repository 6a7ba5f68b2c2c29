"""What Nautilus's clients of Binance's products have in common, and what a connection of ours adds to them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from nautilus_trader.adapters.binance.data import BinanceCommonDataClient
from nautilus_trader.adapters.binance.execution import BinanceCommonExecutionClient
from nautilus_trader.adapters.binance.http.account import BinanceAccountHttpAPI
from nautilus_trader.adapters.binance.http.market import BinanceMarketHttpAPI
from nautilus_trader.common.providers import InstrumentProvider

from adapters.nautilus.binance_wire import OrderHttpClient


class Listening(BinanceCommonExecutionClient):
    """Shows what the user stream says to `hear` as well, word for word, before the real client takes it.

    Where the stream was interrupted, the real client would ask for everything and infer what it missed; instead
    `interrupted` is told, and whoever owns this connection makes it anew.
    """

    def __init__(self, *, hear: Callable[[bytes], None], interrupted: Callable[[], None], **fields: Any) -> None:
        self._hear = hear
        self._interrupted = interrupted
        super().__init__(**fields)

    def _handle_user_ws_message(self, raw: bytes) -> None:
        self._hear(raw)
        super()._handle_user_ws_message(raw)

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
    market: BinanceMarketHttpAPI
