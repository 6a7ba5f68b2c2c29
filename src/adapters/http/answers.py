"""What callers get back: JSON with the protocol's field names, and refusals from the one table."""

from __future__ import annotations

import functools
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, Final

import orjson
from fastapi import Response

from adapters.doors.errors import Kind, Refusal
from adapters.doors.render import Plain
from adapters.doors.supervision import supervised
from ports.values import OrderStatus, plain

JSON: Final = "application/json"
_RETRY_AFTER: Final = {
    *(Kind.MAILBOX_FULL, Kind.TOO_MANY_STREAMS),
    *(Kind.JOURNAL_UNAVAILABLE, Kind.SHUTTING_DOWN, Kind.VENUE_UNAVAILABLE),
}


def json_bytes(value: object) -> bytes:
    """Write plain data, and facts, as JSON; a decimal is text."""
    return orjson.dumps(value, default=_plain_data, option=orjson.OPT_NON_STR_KEYS)


def answer(value: object, status: int = 200) -> Response:
    """Answer with JSON."""
    return Response(json_bytes(value), status, media_type=JSON)


def refused(refusal: Refusal) -> Response:
    """Answer with a refusal."""
    headers = {}
    if refusal.kind in _RETRY_AFTER:
        headers["Retry-After"] = "1"
    if refusal.kind is Kind.UNAUTHENTICATED:
        headers["WWW-Authenticate"] = "Bearer"
    if refusal.kind is Kind.BODY_TOO_LARGE:
        headers["Connection"] = "close"  # the rest of the body is not read
    return Response(json_bytes(refusal.plain()), refusal.kind.http_status, headers, JSON)


def answering(endpoint: Callable[..., Awaitable[Response]]) -> Callable[..., Awaitable[Response]]:
    """Return `endpoint` with every failure turned into its answer."""

    @functools.wraps(endpoint)
    async def answered(*args: Any, **named: Any) -> Response:
        response = await supervised(endpoint(*args, **named))
        return refused(response) if isinstance(response, Refusal) else response

    return answered


def order_json(result: Plain) -> Plain:
    """Return an order with the names that older senders read, beside the protocol's."""
    rejected = result["status"] == OrderStatus.REJECTED
    fills = [fill | {"timestamp": iso(fill["timestamp_ns"])} for fill in result["fills"]]
    return result | {"rejection_reason": result["error_message"] if rejected else None, "fills": fills}


def iso(time_ns: int) -> str:
    """Write UTC nanoseconds as ISO 8601 with all nine digits."""
    seconds, nanos = divmod(time_ns, 1_000_000_000)
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%S}.{nanos:09d}Z"


def _plain_data(value: object) -> object:
    if isinstance(value, Decimal):
        return plain(value)
    if isinstance(value, Mapping):
        return dict(value)
    raise TypeError(f"{type(value).__name__} has no JSON")
