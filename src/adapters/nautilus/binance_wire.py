"""Nautilus's HTTP client of Binance, bounded in time, and what the venue's answer to a new order means."""

from __future__ import annotations

import asyncio
import re
from dataclasses import dataclass
from typing import Any, Final

import msgspec
from nautilus_trader.adapters.binance.http.client import BinanceHttpClient
from nautilus_trader.adapters.binance.http.error import BinanceError
from nautilus_trader.core.nautilus_pyo3 import HttpError, HttpMethod, HttpTimeoutError, Quota

# Answers that prove the order did not come into being. Whatever is not here is no proof: server errors, time-outs
# (-1006, -1007), busy (-1008), rate limits (-1003, -1015), shutting down (-1016), duplicate ids (-4115, -4116).
DEFINITIVE: Final = frozenset(
    {
        *(-1013, -1014, -1021, -1022, -1111, -1112, -1114, -1115, -1116, -1117, -1118, -1121, -1128, -1130, -1136),
        *(-1100, -1101, -1102, -1103, -1104, -1105, -1106),  # malformed
        *(-2010, -2014, -2015, -2018, -2019, -2020, -2021, -2022, -2023, -2024, -2025, -2026, -2027, -2028),
        *(-4000, -4001, -4002, -4003, -4004, -4005, -4013, -4014, -4015, -4016, -4023, -4024),  # price and amount
        *(-4061, -4062, -4087, -4088, -4118, -4131, -4140, -4141, -4164, -4192, -4400, -4401, -4402),
        *(-5021, -5022, -5028, -5040),  # FOK, post-only, too late for the matching engine, expiry time
    }
)
UNKNOWN_ORDER: Final = -2013  # to a question
CANCEL_REFUSED: Final = -2011  # to a cancel
_NO_PROOF: Final = frozenset({403, 408, 418, 429})  # of anything: turned away by a firewall, a time-out, a limit
_QUERY: Final = re.compile(r"\?[^\s)]*")  # holds signatures
_ORDER_PATH: Final = "/fapi/v1/order"

# What a request can end with, besides an answer.
FAILURES: Final = (BinanceError, HttpError, HttpTimeoutError, TimeoutError, msgspec.MsgspecError, ValueError)


class NoAnswerError(TimeoutError):
    """The venue did not answer within the bound."""


@dataclass(frozen=True, slots=True)
class Accepted:
    """The venue took the order."""

    venue_order_id: str
    update_time_ms: int


@dataclass(frozen=True, slots=True)
class Refused:
    """The venue proved that it did not take the order."""

    reason: str


@dataclass(frozen=True, slots=True)
class InDoubt:
    """The order may be at the venue."""

    reason: str


type Outcome = Accepted | Refused | InDoubt


class _Taken(msgspec.Struct):
    orderId: int  # noqa: N815 - the venue's spelling
    updateTime: int = 0  # noqa: N815


class BoundedHttpClient(BinanceHttpClient):
    """Every request ends within `answer_s`, time spent in Nautilus's own rate limiter included."""

    def __init__(self, *, answer_s: float, **fields: Any) -> None:
        super().__init__(**fields)
        self._answer_s = answer_s

    async def send_request(
        self,
        http_method: HttpMethod,
        url_path: str,
        payload: dict[str, str] | None = None,
        ratelimiter_keys: list[str] | None = None,
    ) -> bytes:
        try:
            async with asyncio.timeout(self._answer_s):
                answer: bytes = await super().send_request(http_method, url_path, payload, ratelimiter_keys)
        except TimeoutError:
            raise NoAnswerError(f"no answer from {url_path} in {self._answer_s} s") from None
        return answer


class OrderHttpClient(BoundedHttpClient):
    """Also remembers how each new order was answered, until somebody takes that.

    Nautilus's execution client knows only "rejected" for every error that the venue answers, and says nothing at all
    where no answer came.
    """

    def __init__(self, *, answer_s: float, **fields: Any) -> None:
        super().__init__(answer_s=answer_s, **fields)
        self._outcomes: dict[str, Outcome] = {}

    def take_outcome(self, client_order_id: str) -> Outcome | None:
        """Return what became of a new order; None means that nothing of it was transmitted."""
        return self._outcomes.pop(client_order_id, None)

    async def sign_request(
        self,
        http_method: HttpMethod,
        url_path: str,
        payload: dict[str, str] | None = None,
        ratelimiter_keys: list[str] | None = None,
    ) -> Any:
        client_order_id = (payload or {}).get("newClientOrderId")
        if http_method != HttpMethod.POST or url_path != _ORDER_PATH or client_order_id is None:
            return await super().sign_request(http_method, url_path, payload, ratelimiter_keys)
        self._outcomes[client_order_id] = InDoubt("the session ended before the venue answered")
        try:
            answer = await super().sign_request(http_method, url_path, payload, ratelimiter_keys)
        except FAILURES as failure:
            self._outcomes[client_order_id] = judge(failure)
            raise
        self._outcomes[client_order_id] = _read_taken(answer)
        return answer


def judge(failure: BaseException) -> Refused | InDoubt:
    """Say what a failed request proves of the order that it carried."""
    said = words(failure)
    if not isinstance(failure, BinanceError) or not 400 <= failure.status < 500 or failure.status in _NO_PROOF:
        return InDoubt(said)
    if code_of(failure) not in DEFINITIVE or "duplicat" in said.lower():
        return InDoubt(said)
    return Refused(said)


def code_of(failure: BaseException) -> int | None:
    """Return the venue's own error code; None where it gave none."""
    message = getattr(failure, "message", None)
    code = message.get("code") if isinstance(message, dict) else None
    return code if isinstance(code, int) else None


def words(failure: BaseException) -> str:
    """Return a failure in the venue's own words, as far as it had any."""
    if isinstance(failure, BinanceError):
        message = failure.message
        if isinstance(message, dict):
            return f"HTTP {failure.status}, {message.get('code')}: {message.get('msg')}"
        return f"HTTP {failure.status}: {str(message)[:200]}"
    return _QUERY.sub("", f"{type(failure).__name__}: {failure}")


def quotas(orders_per_10s: int, orders_per_minute: int) -> list[tuple[str, Quota]]:
    """Return the limits of the client that sends orders: 2,400 weights a minute, and those of orders."""
    return [
        ("binance:global", Quota.rate_per_minute(2_400)),
        ("binance:futures:orders:10s", Quota.rate_per_second(orders_per_10s // 10)),
        ("binance:futures:orders:1m", Quota.rate_per_minute(orders_per_minute)),
    ]


def _read_taken(answer: bytes) -> Accepted | InDoubt:
    try:
        taken = msgspec.json.decode(answer, type=_Taken)
    except msgspec.MsgspecError as unreadable:
        return InDoubt(f"the venue's answer cannot be read: {unreadable}")
    return Accepted(str(taken.orderId), taken.updateTime)
