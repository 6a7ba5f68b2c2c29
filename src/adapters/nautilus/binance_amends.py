"""Amends at Binance: where one of its products changes an order in place, it is asked; the rest is refused by name."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Final, Protocol

from nautilus_trader.adapters.binance.common.enums import BinanceOrderSide
from nautilus_trader.adapters.binance.futures.http.account import BinanceFuturesAccountHttpAPI
from nautilus_trader.core.nautilus_pyo3 import HttpMethod

from adapters.nautilus.binance_wire import UNKNOWN_ORDER, BoundedHttpClient, judge
from adapters.nautilus.live_words import Refused
from adapters.nautilus.order_terms import Terms
from adapters.nautilus.venue_rest import TurnedAwayError, VenueRest
from ports.errors import NotSentError
from ports.requests import SendAmend
from ports.values import plain

KEEP_PRIORITY: Final = "/api/v3/order/amend/keepPriority"
# Answers to an amend that prove that it was not made, besides those that prove it of an order: no such open order,
# not a limit order, too often amended, as it is already, too small; spot: not amended.
_NOT_MADE: Final = frozenset({UNKNOWN_ORDER, -2011, -2038, -2039, -5025, -5026, -5027, -5029})


class Amends(Protocol):
    """How one product amends."""

    def check(self, amend: SendAmend, terms: Terms | None) -> None:
        """Let an amend pass that the venue may be asked for; `terms` are what the order is worked with, if known.

        Raises:
            NotSentError: it may not.
        """

    async def ask(self, amend: SendAmend, symbol: str) -> None:
        """Ask, once.

        Raises:
            FAILURES: `refuses` says what one proves.
        """

    def refuses(self, failure: Exception) -> bool:
        """Say whether a failure proves that the amend was not made."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FuturesAmends:
    """Price and quantity of a limit order; it goes to the end of its queue, and counts as a new order in limits."""

    http: BinanceFuturesAccountHttpAPI
    rest: VenueRest
    definitive: Collection[int]
    answer_s: float
    recv_window_ms: int

    def check(self, amend: SendAmend, terms: Terms | None) -> None:
        """Let every amend pass."""

    async def ask(self, amend: SendAmend, symbol: str) -> None:
        await self.rest.order_turn(self.answer_s)
        await self.http.modify_order(
            symbol,
            BinanceOrderSide(amend.side),
            plain(amend.quantity),
            plain(amend.price),
            orig_client_order_id=amend.client_order_id,
            recv_window=str(self.recv_window_ms),
        )

    def refuses(self, failure: Exception) -> bool:
        return _was_not_made(failure, self.definitive)


@dataclass(frozen=True, slots=True, kw_only=True)
class SpotAmends:
    """A lower quantity, which keeps its place in the queue: the venue changes nothing else of an order.

    For another price it has a cancel and a new order in one request. That is two orders, and not sent.
    """

    http: BoundedHttpClient
    definitive: Collection[int]
    now_ms: Callable[[], int]
    recv_window_ms: int

    def check(self, amend: SendAmend, terms: Terms | None) -> None:
        if terms is None:
            raise NotSentError(f"{amend.instrument}: the venue has not told what the order is worked with")
        if amend.price != terms.price or amend.quantity >= terms.quantity:
            raise NotSentError(
                f"{amend.instrument}: orders there are amended to a lower quantity at the same price alone; "
                "cancel the order and submit a new one"
            )

    async def ask(self, amend: SendAmend, symbol: str) -> None:
        payload = {
            "symbol": symbol,
            "origClientOrderId": amend.client_order_id,
            "newClientOrderId": amend.client_order_id,  # else it would have another name from here on
            "newQty": plain(amend.quantity),
            "recvWindow": str(self.recv_window_ms),
            "timestamp": str(self.now_ms()),
        }
        await self.http.sign_request(HttpMethod.PUT, KEEP_PRIORITY, payload)

    def refuses(self, failure: Exception) -> bool:
        return _was_not_made(failure, self.definitive)


def _was_not_made(failure: Exception, definitive: Collection[int]) -> bool:
    if isinstance(failure, TurnedAwayError):
        return True
    return isinstance(judge(failure, frozenset(definitive) | _NOT_MADE), Refused)
