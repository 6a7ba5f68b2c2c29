"""JSON with exact numbers: what Deribit writes as numbers is read and written as decimals, never as floats."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any, NoReturn

from ports.values import plain

type Param = str | int | bool | Decimal | Sequence[str]


def read(text: str | bytes) -> Any:
    """Read a message; every number with a point or an exponent becomes a `Decimal` of its very digits.

    Raises:
        ValueError: it is no JSON.
    """
    return json.loads(text, parse_float=Decimal, parse_constant=_refuse)


def write_request(number: int, method: str, params: Mapping[str, Param]) -> str:
    """Write a JSON-RPC request; decimals become numbers of their very digits."""
    pairs = ", ".join(f"{json.dumps(name)}: {_literal(value)}" for name, value in params.items())
    return f'{{"jsonrpc": "2.0", "id": {number}, "method": {json.dumps(method)}, "params": {{{pairs}}}}}'


def _literal(value: Param) -> str:
    return plain(value) if isinstance(value, Decimal) else json.dumps(value)


def _refuse(word: str) -> NoReturn:
    raise ValueError(f"{word} is no number")
