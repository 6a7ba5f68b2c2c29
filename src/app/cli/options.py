"""How options are read: exactly, and refused by name where they cannot be."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any, Final

from cyclopts import Parameter, Token
from cyclopts.validators import Path as PathValidator

from app.cli.failures import usage
from ports.errors import InvalidInputError
from ports.values import parse_decimal

DEFAULT_URL: Final = "http://127.0.0.1:8001"
URL_VARIABLE: Final = "LIVEXEC_URL"
ORDERS_GROUP: Final = "Orders at a running service"
WATCH_GROUP: Final = "Watching and stopping"
DATA_GROUP: Final = "Data and measurements"
MAX_PORT: Final = 65_535
_DIGITS: Final = re.compile(r"[0-9]{1,19}")
_PAIR: Final = re.compile(r"((?:[^\\=]|\\.)+)=(.*)", re.DOTALL)


def _whole(_: Any, tokens: Sequence[Token]) -> int:
    text = tokens[0].value
    if _DIGITS.fullmatch(text) is None:
        raise ValueError(f"{text!r} is not usable: write a whole number")
    return int(text)


def _port(_: Any, tokens: Sequence[Token]) -> int:
    number = _whole(_, tokens)
    if number > MAX_PORT:
        raise ValueError(f"{number} is not usable: write a port from 0 (any free one) to {MAX_PORT}")
    return number


def _positive(_: Any, tokens: Sequence[Token]) -> Decimal:
    text = tokens[0].value
    try:
        number = parse_decimal("", text)
    except InvalidInputError as wrong:
        raise ValueError(f"{wrong.value} is not usable: {wrong.remedy}") from None
    if number <= 0:
        raise ValueError(f"{text!r} is not usable: write a number above zero")
    return number


Whole = Annotated[int, Parameter(converter=_whole, n_tokens=1)]
Port = Annotated[int, Parameter(converter=_port, n_tokens=1)]
PositiveDecimal = Annotated[Decimal, Parameter(converter=_positive, n_tokens=1)]
Folder = Annotated[Path, Parameter(validator=PathValidator(exists=True, file_okay=False))]
Texts = Annotated[tuple[str, ...], Parameter(json_list=False)]
Json = Annotated[bool, Parameter(name="--json", help="Print one JSON document on stdout, and nothing else there.")]
Config = Annotated[
    Path | None, Parameter(help="The configuration's file; without it, LIVE_TRADING_CONFIG_PATH, else the defaults.")
]

StateDir = Annotated[
    Path | None, Parameter(help="Where the journal and the results are kept, instead of what the configuration says.")
]


@Parameter(name="*")
@dataclass(frozen=True, slots=True, kw_only=True)
class Connection:
    """How to reach a running service, and how to answer."""

    url: Annotated[
        str, Parameter(env_var=URL_VARIABLE, help="Where the service listens. Its token: LIVEXEC_TOKEN, if it asks.")
    ] = DEFAULT_URL
    json: Json = False


HERE: Final = Connection()


def read_pairs(option: str, texts: Sequence[str]) -> dict[str, str]:
    r"""Read `key=value` options; a key that holds `=` or `\` has a `\` before each.

    Raises:
        FailedError: one without `=`, or a key that is empty or there twice.
    """
    read: dict[str, str] = {}
    for text in texts:
        pair = _PAIR.fullmatch(text)
        if pair is None:
            raise usage(option, text, "write key=value")
        key = re.sub(r"\\(.)", r"\1", pair[1], flags=re.DOTALL)
        if key in read:
            raise usage(option, text, f"{key} is there twice: give it once")
        read[key] = pair[2]
    return read


def given(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return what was said: neither empty nor 0 nor False nor None."""
    return {name: value for name, value in values.items() if value}
