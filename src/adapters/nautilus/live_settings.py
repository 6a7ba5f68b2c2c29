"""Reading and checking what any session of a live venue needs to be told, before anything is opened."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping
from dataclasses import fields
from typing import Any
from urllib.parse import urlsplit

from adapters.nautilus.dead_man import LEAST_S, MOST_S
from ports.errors import InvalidInputError
from ports.instruments import InstrumentKey


def check_given(settings: object, names: Collection[str]) -> None:
    """Refuse what is blank. The value is not shown: it may be a secret."""
    for name in names:
        if not getattr(settings, name).strip():
            raise InvalidInputError(name, "", "must not be empty")


def check_address(name: str, address: str, schemes: Collection[str]) -> None:
    """Refuse an address that is none; an empty one is the venue's own."""
    if address and (urlsplit(address).scheme not in schemes or not urlsplit(address).hostname):
        raise InvalidInputError(name, address, f"write an address that begins with {' or '.join(schemes)}://")


def check_seconds(name: str, value: float) -> None:
    """Refuse what is no time to wait."""
    if not 0 < value < math.inf:
        raise InvalidInputError(name, value, "write a number of seconds above zero")


def check_whole(name: str, value: int, least: int, most: int) -> None:
    """Refuse a number that is out of its range."""
    if not least <= value <= most:
        raise InvalidInputError(name, value, f"write {least} to {most}")


def check_dead_man(value: int) -> None:
    """Refuse a time that no venue waits for, before it takes orders back by itself."""
    if value:
        check_whole("dead_man_s", value, LEAST_S, MOST_S)


def read_settings[Settings](kind: type[Settings], given: Mapping[str, str]) -> Settings:
    """Read settings that are all text; `instruments` is separated by blanks or commas.

    Raises:
        InvalidInputError: one is missing, unknown or wrong; names it, and never shows a secret.
    """
    known = {one.name: one for one in fields(kind)}  # type: ignore[arg-type]  # settings are dataclasses
    required = [name for name, one in known.items() if one.default is one.default_factory]
    missing = [name for name in required if not given.get(name)]
    if missing:
        raise InvalidInputError(missing[0], "", "is required")
    if unknown := sorted(given.keys() - known.keys()):
        raise InvalidInputError(unknown[0], "", "is no setting of this venue")
    return kind(**{name: _value(name, known[name].default, text) for name, text in given.items()})


def _value(name: str, default: object, text: str) -> Any:
    if name == "instruments":
        return tuple(InstrumentKey(key) for key in text.replace(",", " ").split())
    if isinstance(default, int):
        if not text.isascii() or not text.isdigit():
            raise InvalidInputError(name, text, "write a whole number")
        return int(text)
    if isinstance(default, float):
        return _number(name, text)
    return text


def _number(name: str, text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise InvalidInputError(name, text, "write a number")
    return value
