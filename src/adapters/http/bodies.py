"""What callers send in a body: orders and amends (older senders' names too), halts, corrections, limits."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping, MutableMapping
from contextlib import suppress
from typing import Any, Final

from fastapi import Request

from adapters.doors.amending import AmendDraft
from adapters.doors.corrections import ADJUST_FIELDS, BUST_FIELDS, TRANSFER_FIELDS
from adapters.doors.errors import Kind, Refusal, RefusedError
from adapters.doors.limits import PATH, LimitsDraft
from adapters.doors.orders import OrderDraft, RoutingDraft
from adapters.doors.text import member, unknown_field
from adapters.http import strict_json
from adapters.http.strict_json import Json, shown
from ports.errors import InvalidInputError
from ports.limits import LIMIT_FIELDS, LimitKind

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
    "trailing_offset": strict_json.number,
    "oco_group": strict_json.text,
    "after_operation_id": strict_json.text,
}
_WITH_LEGACY: Final[Mapping[str, Reader]] = {**ORDER_FIELDS, LEGACY_AMOUNT: strict_json.number}
AMEND_FIELDS: Final[Mapping[str, Reader]] = {
    "amount": strict_json.number,
    LEGACY_AMOUNT: strict_json.number,
    "price": strict_json.number,
    "amend_id": strict_json.text,
    "reason": strict_json.text,
    "trigger_price": strict_json.number,
    "expire_time_ns": strict_json.whole,
    "display_amount": strict_json.number,
}
HALT_FIELDS: Final[Mapping[str, Reader]] = {
    "scope": strict_json.text,
    "scope_value": strict_json.text,
    "mode": strict_json.text,
    "reason": strict_json.text,
}
RESUME_FIELDS: Final[Mapping[str, Reader]] = {name: HALT_FIELDS[name] for name in ("scope", "scope_value", "reason")}


AMOUNTS: Final = ("quantity", "price")
RESOLVE_FIELDS: Final[Mapping[str, Reader]] = {"how": strict_json.text, "reason": strict_json.text}


def _with_amounts(names: Iterable[str]) -> Mapping[str, Reader]:
    return {name: strict_json.number if name in AMOUNTS else strict_json.text for name in names}


CORRECTIONS: Final[Mapping[str, Mapping[str, Reader]]] = {
    "adjust": _with_amounts(ADJUST_FIELDS),
    "transfer": _with_amounts(TRANSFER_FIELDS),
    "bust": _with_amounts(BUST_FIELDS),
}


def _unless_null(read: Reader) -> Reader:
    return lambda field, value: None if value is None else read(field, value)


_MAPS: Final = frozenset(kind for kind in LimitKind if "_BY_" in kind)
_LISTS: Final = frozenset({LimitKind.INSTRUMENTS, LimitKind.CURRENCIES, LimitKind.STRATEGIES, LimitKind.VENUES})


def _limit_reader(kind: LimitKind) -> Reader:
    """Return what reads the JSON of a limit; null is a limit that is not set."""
    if kind in _MAPS:
        return strict_json.number_map
    if kind is LimitKind.HOURS:
        return strict_json.text_map
    if kind in _LISTS:
        return strict_json.names
    match kind:
        case LimitKind.SWITCH:
            return _unless_null(strict_json.flag)
        case LimitKind.AMOUNT:
            return strict_json.number
        case LimitKind.SELF_TRADE:
            return strict_json.text
        case _:
            return _unless_null(strict_json.whole)


LIMIT_READERS: Final[Mapping[str, Reader]] = {field.name: _limit_reader(field.kind) for field in LIMIT_FIELDS}


def _limits(field: str, value: Json) -> LimitsDraft:
    if not isinstance(value, dict):
        raise InvalidInputError(field, shown(value), "write the whole document, as reading the limits answers it")
    draft = read_fields(value, LIMIT_READERS, field)
    for name in LIMIT_READERS:
        if name not in value:
            remedy = "it is missing: the document is whole; write null for what is not to be limited"
            raise InvalidInputError(member(field, name), "", remedy)
    return draft


SET_LIMITS_FIELDS: Final[Mapping[str, Reader]] = {PATH: _limits, "reason": strict_json.text}

APPROVAL_FIELDS: Final[Mapping[str, Reader]] = dict.fromkeys(("proposal_id", "decision", "reason"), strict_json.text)


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
    return OrderDraft(**_one_amount(read_fields(strict_json.parse_object(body), _WITH_LEGACY)))


def read_amend_body(operation_id: str, body: bytes) -> AmendDraft:
    """Read an amend's JSON; contents are judged by `read_amend`.

    Raises:
        InvalidInputError: not JSON, an unknown field, a wrong type, or two different amounts.
    """
    fields = _one_amount(read_fields(strict_json.parse_object(body), AMEND_FIELDS))
    return AmendDraft(operation_id=operation_id, **fields)


def _one_amount(fields: dict[str, Any]) -> dict[str, Any]:
    """Return the fields with the amount under its one name."""
    legacy = fields.pop(LEGACY_AMOUNT, "")
    if legacy:
        amount = fields.get("amount") or legacy
        if amount != legacy:
            raise InvalidInputError(
                LEGACY_AMOUNT, legacy, f"it is another name of amount, which is {amount!r}: give one"
            )
        fields["amount"] = amount
    return fields


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


def read_correction(kind: str, body: bytes) -> dict[str, str]:
    """Read the JSON of one of `CORRECTIONS`; what is not given is empty.

    Raises:
        InvalidInputError: not JSON, an unknown field, or a wrong type.
    """
    readers = CORRECTIONS[kind]
    return dict.fromkeys(readers, "") | read_fields(strict_json.parse_object(body), readers)


def read_resolve_body(body: bytes) -> tuple[str, str]:
    """Read the JSON of a break's resolution: how it was resolved, and what moved a balance; empty where not given.

    Raises:
        InvalidInputError: not JSON, an unknown field, or a wrong type.
    """
    given = read_fields(strict_json.parse_object(body), RESOLVE_FIELDS)
    return given.get("how", ""), given.get("reason", "")


def read_limits_body(body: bytes) -> tuple[LimitsDraft, str]:
    """Read the JSON of new limits and of why; contents are judged by `read_limits`.

    Raises:
        InvalidInputError: not JSON, an unknown or missing field, or a wrong type.
    """
    given = read_fields(strict_json.parse_object(body), SET_LIMITS_FIELDS)
    draft = given.get(PATH)
    if draft is None:
        raise InvalidInputError(PATH, "", "write the whole document, as reading the limits answers it")
    return draft, given.get("reason", "")


def read_approval_body(body: bytes) -> dict[str, str]:
    """Read the JSON of a word on limits that wait; what is not given is empty.

    Raises:
        InvalidInputError: not JSON, an unknown field, or a wrong type.
    """
    return dict.fromkeys(APPROVAL_FIELDS, "") | read_fields(strict_json.parse_object(body), APPROVAL_FIELDS)


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
