"""The line of `livexec submit` that places an order: what the command prints, and what the console shows."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from decimal import Decimal
from typing import Any, Final

from adapters.doors.orders import OrderDraft
from ports.errors import InvalidInputError
from ports.values import plain

# By the protocol's field, in the order of a line.
FLAGS: Final[Mapping[str, str]] = {
    "operation_id": "--operation-id",
    "instrument_key": "--instrument-key",
    "side": "--side",
    "amount": "--amount",
    "price": "--price",
    "order_type": "--order-type",
    "time_in_force": "--time-in-force",
    "expire_time_ns": "--expire-time-ns",
    "post_only": "--post-only",
    "strategy_id": "--strategy-id",
    "account": "--account",
    "routing": "--routing-venue",
    "exec_algorithm": "--exec-algorithm",
    "exec_algorithm_params": "--param",
    "max_age_ms": "--max-age-ms",
    "tags": "--tag",
    "trigger_price": "--trigger-price",
    "trailing_offset": "--trailing-offset",
    "reduce_only": "--reduce-only",
    "display_amount": "--display-amount",
    "oco_group": "--oco-group",
    "after_operation_id": "--after-operation-id",
}
SPLIT_FLAG: Final = "--split-allowed"  # the other part of `routing`
_LEGACY: Final[Mapping[str, str]] = {"quantity": "amount"}


def command_line_for(order: Mapping[str, Any]) -> str:
    """Return the command that submits `order`, quoted for a POSIX shell.

    `order` has the field names of `POST /api/orders`; what is None, empty, 0 or False was not given.

    Raises:
        InvalidInputError: a field that the command has no option for, or a value that it cannot say exactly.
    """
    known = {_LEGACY.get(name, name): value for name, value in order.items() if value}
    for name, value in known.items():
        if name not in FLAGS:
            raise InvalidInputError(name, str(value), "this cannot be said on the command line: send it as JSON")
    words = [word for name in FLAGS if name in known for word in _words(name, known[name])]
    return shlex.join(["livexec", "submit", *words])


def command_line_of(draft: OrderDraft) -> str:
    """Return the command that submits what a form says.

    Raises:
        InvalidInputError: it says what the command has no option for.
    """
    return command_line_for(asdict(draft))


def _words(name: str, value: Any) -> Iterator[str]:
    flag = FLAGS[name]
    match name, value:
        case "routing", Mapping():
            if unknown := [each for each in value if each not in ("venues", "split_allowed") and value[each]]:
                raise InvalidInputError(f"routing.{unknown[0]}", str(value[unknown[0]]), "it is not supported yet")
            for venue in value.get("venues") or ():
                yield from _option(flag, venue)
            if value.get("split_allowed"):
                yield SPLIT_FLAG
        case "post_only" | "reduce_only", True:
            yield flag
        case _, Mapping():
            for key, each in value.items():
                yield from _option(flag, write_pair(key, _text(f"{name}.{key}", each)))
        case _:
            yield from _option(flag, _text(name, value))


def write_pair(key: str, value: str) -> str:
    """Return `key=value` as the command reads it back."""
    return f"{re.sub(r'([=\\])', r'\\\1', key)}={value}"


def _option(flag: str, text: str) -> tuple[str, ...]:
    """Return an option's words; a text that looks like an option itself stays with its flag."""
    return (f"{flag}={text}",) if text.startswith("-") else (flag, text)


def _text(name: str, value: object) -> str:
    match value:
        case str():
            return value
        case Decimal():
            return plain(value)
        case int() if not isinstance(value, bool):
            return str(value)
        case _:
            raise InvalidInputError(name, str(value), "write text, so that no digit is lost")
