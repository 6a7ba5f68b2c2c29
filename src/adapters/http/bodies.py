"""What callers send in a body: orders (under their own names and those of older senders), cancels, halts."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from contextlib import suppress
from typing import Any, Final

from fastapi import Request

from adapters.doors.errors import Kind, Refusal, RefusedError
from adapters.doors.orders import OrderDraft, RoutingDraft
from adapters.doors.text import unknown_field
from adapters.http import strict_json
from adapters.http.strict_json import Json, shown
from ports.errors import InvalidInputError

type Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
type Reader = Callable[[str, Json], object]

MAX_BODY_BYTES: Final = 1024 * 1024
LET_PASS_BYTES: Final = 32 * MAX_BODY_BYTES
LET_PASS_S: Final = 5.0
TOO_LARGE: Final = Refusal(
    Kind.BODY_TOO_LARGE,
    f"body: more than {MAX_BODY_BYTES} bytes is not usable: send one order a request",
    "body",
    f"more than {MAX_BODY_BYTES} bytes",
    "send one order a request",
)
LEGACY_AMOUNT: Final = "quantity"  # what the senders of the system before call `amount`


def _routing(field: str, value: Json) -> RoutingDraft:
    if value is None:
        return RoutingDraft()
    if not isinstance(value, dict):
        raise InvalidInputError(field, shown(value), 'write an object: {"venues": [...]}')
    return RoutingDraft(**read_fields(value, {"venues": strict_json.names, "split_allowed": strict_json.flag}, field))


ORDER_FIELDS: Final[Mapping[str, Reader]] = {
    "operation_id": strict_json.text,
    "instrument_key": strict_json.text,
    "side": strict_json.text,
    "amount": strict_json.number,
    "price": strict_json.number,
    "strategy_id": strict_json.text,
    "exec_algorithm_params": strict_json.text_map,
    "order_type": strict_json.text,
    "time_in_force": strict_json.text,
    "expire_time_ns": strict_json.whole,
    "trigger_price": strict_json.number,
    "post_only": strict_json.flag,
    "reduce_only": strict_json.flag,
    "display_amount": strict_json.number,
    "exec_algorithm": strict_json.text,
    "routing": _routing,
    "account": strict_json.text,
    "max_age_ms": strict_json.whole,
    "tags": strict_json.text_map,
}
_WITH_LEGACY: Final[Mapping[str, Reader]] = {**ORDER_FIELDS, LEGACY_AMOUNT: strict_json.number}
HALT_FIELDS: Final[Mapping[str, Reader]] = {
    "scope": strict_json.text,
    "scope_value": strict_json.text,
    "mode": strict_json.text,
    "reason": strict_json.text,
}
RESUME_FIELDS: Final[Mapping[str, Reader]] = {name: HALT_FIELDS[name] for name in ("scope", "scope_value", "reason")}


async def read_body(request: Request) -> bytes:
    """Return the whole body; of one that grows too large nothing is kept, however it is sent.

    Raises:
        RefusedError: larger than 1 MB.
        InvalidInputError: the caller went away before it was whole.
    """
    body = bytearray()
    while True:
        message = await request.receive()
        if message["type"] == "http.disconnect":
            raise InvalidInputError("body", f"{len(body)} bytes", "send it whole")
        body += message.get("body", b"")
        if len(body) > MAX_BODY_BYTES:
            await let_pass(request.receive)
            raise RefusedError(TOO_LARGE)
        if not message.get("more_body", False):
            return bytes(body)


async def let_pass(receive: Receive) -> None:
    """Take the rest of a body that is too large and forget it, within bounds.

    A connection that is closed on a caller who is still sending is reset, and the refusal would be lost with it.
    """
    passed = 0
    with suppress(TimeoutError):
        async with asyncio.timeout(LET_PASS_S):
            while passed < LET_PASS_BYTES:
                message = await receive()
                passed += len(message.get("body", b""))
                if not message.get("more_body", False):
                    return


def read_order_body(body: bytes) -> OrderDraft:
    """Read an order's JSON; contents are judged by `read_order`.

    Raises:
        InvalidInputError: not JSON, an unknown field, a wrong type, or two different amounts.
    """
    fields = read_fields(strict_json.parse_object(body), _WITH_LEGACY)
    legacy = fields.pop(LEGACY_AMOUNT, "")
    if legacy:
        amount = fields.get("amount") or legacy
        if amount != legacy:
            raise InvalidInputError(
                LEGACY_AMOUNT, legacy, f"it is another name of amount, which is {amount!r}: give one"
            )
        fields["amount"] = amount
    return OrderDraft(**fields)


def read_halt_body(body: bytes) -> dict[str, str]:
    """Read a halt's JSON; what is not given is empty.

    Raises:
        InvalidInputError: not JSON, an unknown field, or a wrong type.
    """
    return dict.fromkeys(HALT_FIELDS, "") | read_fields(strict_json.parse_object(body), HALT_FIELDS)


def read_resume_body(body: bytes) -> dict[str, str]:
    """Read a resume's JSON; what is not given is empty.

    Raises:
        InvalidInputError: not JSON, an unknown field, or a wrong type.
    """
    return dict.fromkeys(RESUME_FIELDS, "") | read_fields(strict_json.parse_object(body), RESUME_FIELDS)


def read_fields(given: Mapping[str, Json], readers: Mapping[str, Reader], path: str = "") -> dict[str, Any]:
    """Read every field with its reader.

    Raises:
        InvalidInputError: a field that has no reader (named with its nearest neighbour), or a wrong type.
    """
    for name, value in given.items():
        if name not in readers:
            raise unknown_field(path, name, shown(value), readers)
    prefix = f"{path}." if path else ""
    return {name: readers[name](f"{prefix}{name}", value) for name, value in given.items()}
