"""Nautilus's HTTP client of Binance, bounded in time, and what the venue's answer to a new order means."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Collection, Mapping
from typing import Any, Final
from urllib.parse import quote_plus, urlencode

import msgspec
from nautilus_trader.adapters.binance.http.client import BinanceHttpClient
from nautilus_trader.adapters.binance.http.error import BinanceError
from nautilus_trader.core.nautilus_pyo3 import (
    HttpClient,
    HttpError,
    HttpMethod,
    HttpResponse,
    HttpTimeoutError,
    Quota,
)

from adapters.nautilus.live_words import NANOS_A_MILLI, Accepted, InDoubt, NoAnswerError, Outcome, Refused, Unsent
from adapters.nautilus.venue_rest import Lane, TurnedAwayError, VenueRest
from ports.values import VenueOrderId

# Answers that prove the order did not come into being, at every product. Whatever is not here, or in a product's own
# list, is no proof: server errors, time-outs (-1006, -1007), busy (-1008), rate limits (-1003, -1015), shutting down
# (-1016), duplicate ids.
DEFINITIVE: Final = frozenset(
    {
        *(-1013, -1014, -1021, -1022, -1111, -1112, -1114, -1115, -1116, -1117, -1118, -1121, -1128, -1130),
        *(-1100, -1101, -1102, -1103, -1104, -1105, -1106),  # malformed
        *(-2010, -2014, -2015),
    }
)
UNKNOWN_ORDER: Final = -2013  # to a question
CANCEL_REFUSED: Final = -2011  # to a cancel
TOO_MANY_ORDERS: Final = -1015
_TOO_MANY, _BANNED = 429, 418
_RETRY_AFTER: Final = "retry-after"
_USED_WEIGHT: Final = "x-mbx-used-weight-1m"
_NO_PROOF: Final = frozenset({403, 408, 418, 429})  # of anything: turned away by a firewall, a time-out, a limit
_QUERY: Final = re.compile(r"\?[^\s)]*")  # holds signatures
_NOTHING_TO_QUOTE: Final = re.compile(r"[A-Za-z0-9_.~-]*")

# What a request can end with, besides an answer.
FAILURES: Final = (BinanceError, HttpError, HttpTimeoutError, TimeoutError, msgspec.MsgspecError, ValueError)


class _Taken(msgspec.Struct):
    orderId: int  # noqa: N815 - the venue's spelling
    updateTime: int = 0  # noqa: N815
    transactTime: int = 0  # noqa: N815


def encoded(params: Mapping[str, object]) -> str:
    """Return parameters as `urllib.parse.urlencode` does, in a fraction of its time where none has to be quoted."""
    if _NOTHING_TO_QUOTE.fullmatch("".join([*params, *map(str, params.values())])):  # some are whole numbers
        return "&".join([f"{name}={value}" for name, value in params.items()])
    return urlencode(params)


class _Overheard:
    """Nautilus's HTTP client, of whose answers the venue's own count of our weight is noted."""

    def __init__(self, client: HttpClient, rest: VenueRest) -> None:
        self._client = client
        self._rest = rest

    async def request(self, *args: Any, **fields: Any) -> HttpResponse:
        answer = await self._client.request(*args, **fields)
        used = answer.headers.get(_USED_WEIGHT, "")
        if used.isascii() and used.isdigit():
            self._rest.weighed(int(used))
        return answer


class BoundedHttpClient(BinanceHttpClient):
    """Every request ends within `answer_s`, time spent in Nautilus's own rate limiter included.

    None is sent where the venue asked to be left alone, and none is ever repeated. Parameters are encoded once, where
    Nautilus does so for the signature and then for the address: an order leaves the sooner.
    """

    def __init__(
        self,
        *,
        lane: Lane,
        rest: VenueRest,
        answer_s: float,
        weight_per_minute: int,
        **fields: Any,
    ) -> None:
        super().__init__(**fields)
        # Made anew: Nautilus's own keeps no header of an answer, and the venue says there how long to wait.
        most = Quota.rate_per_minute(weight_per_minute)
        client = HttpClient(header_keys=[_RETRY_AFTER, _USED_WEIGHT], default_quota=most)
        self._client = _Overheard(client, rest)  # type: ignore[assignment]  # all that is asked of it here
        self._lane = lane
        self._rest = rest
        self._answer_s = answer_s

    async def sign_request(
        self,
        http_method: HttpMethod,
        url_path: str,
        payload: dict[str, str] | None = None,
        ratelimiter_keys: list[str] | None = None,
    ) -> Any:
        query = encoded(payload or {})
        signature = quote_plus(self._get_sign(query))
        return await self.send_request(
            http_method, f"{url_path}?{query}&signature={signature}", ratelimiter_keys=ratelimiter_keys
        )

    async def send_request(
        self,
        http_method: HttpMethod,
        url_path: str,
        payload: dict[str, str] | None = None,
        ratelimiter_keys: list[str] | None = None,
    ) -> bytes:
        self._rest.check(self._lane)
        address = f"{url_path}?{encoded(payload)}" if payload else url_path
        try:
            async with asyncio.timeout(self._answer_s):
                answer: bytes = await super().send_request(http_method, address, None, ratelimiter_keys)
        except TimeoutError:
            path, _, _ = address.partition("?")
            raise NoAnswerError(f"no answer from {path} in {self._answer_s} s") from None
        except BinanceError as refusal:
            self._rest_after(refusal)
            raise
        return answer

    def _rest_after(self, refusal: BinanceError) -> None:
        """Leave the venue alone for as long as it says. Orders counted too often (-1015) keep nothing else waiting."""
        for_s = _retry_after_s(refusal)
        if refusal.status == _BANNED:
            self._rest.begin(tuple(Lane), for_s)
        elif refusal.status == _TOO_MANY and code_of(refusal) == TOO_MANY_ORDERS:
            self._rest.begin((Lane.ORDERS,), for_s)
        elif refusal.status == _TOO_MANY:
            self._rest.begin((Lane.ORDERS, Lane.QUESTIONS), for_s)


class OrderHttpClient(BoundedHttpClient):
    """Also remembers how each new order was answered, until somebody takes that.

    Nautilus's execution client knows only "rejected" for every error that the venue answers, and says nothing at all
    where no answer came.
    """

    def __init__(self, *, order_path: str, definitive: Collection[int], **fields: Any) -> None:
        super().__init__(lane=Lane.ORDERS, **fields)
        self._order_path = order_path
        self._definitive = definitive
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
        if http_method != HttpMethod.POST or url_path != self._order_path or client_order_id is None:
            return await super().sign_request(http_method, url_path, payload, ratelimiter_keys)
        self._outcomes[client_order_id] = Unsent("the session ended before its turn came")
        try:
            await self._rest.order_turn(self._answer_s)
            self._outcomes[client_order_id] = InDoubt("the session ended before the venue answered")
            payload = {**(payload or {}), "timestamp": str(self._clock.timestamp_ms())}  # not of before the wait
            answer = await super().sign_request(http_method, url_path, payload, ratelimiter_keys)
        except TurnedAwayError as turned_away:
            self._outcomes[client_order_id] = Unsent(str(turned_away))
            raise
        except FAILURES as failure:
            self._outcomes[client_order_id] = judge(failure, self._definitive)
            raise
        self._outcomes[client_order_id] = _read_taken(answer)
        return answer


def judge(failure: BaseException, definitive: Collection[int]) -> Refused | InDoubt:
    """Say what a failed request proves of the order that it carried; `definitive` are the codes that prove anything."""
    said = words(failure)
    if not isinstance(failure, BinanceError) or not 400 <= failure.status < 500 or failure.status in _NO_PROOF:
        return InDoubt(said)
    if code_of(failure) not in definitive or "duplicat" in said.lower():
        return InDoubt(said)
    return Refused(said)


def code_of(failure: BaseException) -> int | None:
    """Return the venue's own error code; None where it gave none."""
    message = getattr(failure, "message", None)
    code = message.get("code") if isinstance(message, dict) else None
    return code if isinstance(code, int) else None


def _retry_after_s(refusal: BinanceError) -> float:
    headers = refusal.headers or {}
    text = next((value for name, value in headers.items() if name.lower() == _RETRY_AFTER), "")
    return float(text) if text.isascii() and text.isdigit() else 0.0


def words(failure: BaseException) -> str:
    """Return a failure in the venue's own words, as far as it had any."""
    if isinstance(failure, BinanceError):
        message = failure.message
        if isinstance(message, dict):
            return f"HTTP {failure.status}, {message.get('code')}: {message.get('msg')}"
        return f"HTTP {failure.status}: {str(message)[:200]}"
    return _QUERY.sub("", f"{type(failure).__name__}: {failure}")


def _read_taken(answer: bytes) -> Accepted | InDoubt:
    try:
        taken = msgspec.json.decode(answer, type=_Taken)
    except msgspec.MsgspecError as unreadable:
        return InDoubt(f"the venue's answer cannot be read: {unreadable}")
    return Accepted(VenueOrderId(str(taken.orderId)), (taken.updateTime or taken.transactTime) * NANOS_A_MILLI)
