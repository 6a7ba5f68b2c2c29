"""Reading untrusted text: bounded, printable, and refused by name."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from typing import Final

from ports.errors import InvalidInputError
from ports.instruments import SMART
from ports.values import Side

MAX_REASON: Final = 200
_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:@-]{0,127}")
_VENUE: Final = re.compile(r"[A-Z][A-Z0-9]*(-[A-Z0-9]+)*")
_SIDES: Final = {str(side): side for side in Side}
_SHOWABLE: Final = re.compile(r"[A-Za-z0-9_.\[\]-]{1,60}")
INT64_MAX: Final = 2**63 - 1


def read_name(field: str, text: str) -> str:
    """Read the name of a strategy or an account.

    Raises:
        InvalidInputError: empty, too long, or with a character that a file name or a log line could not carry.
    """
    if _NAME.fullmatch(text) is None:
        raise InvalidInputError(
            field, text, "use 1 to 128 characters of A-Z a-z 0-9 . _ : @ -, a letter or digit first"
        )
    return text


def read_venue(field: str, text: str) -> str:
    """Read the name of a venue.

    Raises:
        InvalidInputError: it cannot be one.
    """
    if text == SMART:
        raise InvalidInputError(field, text, f"{SMART} is no venue: name one")
    if len(text) > 40 or _VENUE.fullmatch(text) is None:
        raise InvalidInputError(field, text, "write a venue's name as instrument keys do, such as BINANCE-FUTURES")
    return text


def read_note(field: str, text: str, limit: int = MAX_REASON) -> str:
    """Read free text of one line.

    Raises:
        InvalidInputError: too long, or with characters that cannot be printed.
    """
    if len(text) > limit or not text.isprintable():
        raise InvalidInputError(field, text, f"write at most {limit} printable characters, on one line")
    return text


def read_reason(field: str, text: str) -> str:
    """Read why somebody does what they do, or what they found out: for the record, and never empty.

    Raises:
        InvalidInputError: empty, too long, or with characters that cannot be printed.
    """
    if not text.strip():
        raise InvalidInputError(field, text, f"say why, for the record: 1 to {MAX_REASON} printable characters")
    return read_note(field, text)


def read_map(field: str, texts: Mapping[str, str], limit: int) -> dict[str, str]:
    """Read a small map from text to text: at most `limit` keys of 64 characters, values of 256.

    Raises:
        InvalidInputError: too many, too long, an empty key, or characters that cannot be printed.
    """
    if not texts:
        return {}
    if len(texts) > limit:
        raise InvalidInputError(field, f"{len(texts)} entries", f"give at most {limit}")
    for key, value in texts.items():
        if not key or len(key) > 64 or not key.isprintable():
            raise InvalidInputError(field, key, "a key has 1 to 64 printable characters")
        if len(value) > 256 or not value.isprintable():
            raise InvalidInputError(member(field, key), value, "a value has at most 256 printable characters")
    return dict(texts)


def read_count(field: str, number: int, highest: int = INT64_MAX) -> int:
    """Read a whole number from 0 to `highest`.

    Raises:
        InvalidInputError: out of range.
    """
    if not 0 <= number <= highest:
        raise InvalidInputError(field, number, f"write a whole number from 0 to {highest}")
    return number


def member(field: str, key: str) -> str:
    """Return how errors name an entry of a map or a nested field; untrusted keys are shortened and escaped."""
    return f"{field}.{shown_key(key)}" if field else shown_key(key)


def shown_key(key: str) -> str:
    """Return an untrusted field name as an error message may carry it."""
    return key if _SHOWABLE.fullmatch(key) else repr(key[:60])


def unknown_field(path: str, key: str, value: object, known: Iterable[str]) -> InvalidInputError:
    """Say that there is no such field, and which one was probably meant."""
    names = sorted(known)
    near = get_close_matches(key[:60], names, n=1, cutoff=0.6)
    remedy = (
        f"there is no such field; did you mean {near[0]!r}?"
        if near
        else f"there is no such field; known: {' '.join(names) or 'none'}"
    )
    return InvalidInputError(member(path, key), value, remedy)


def read_side(field: str, text: str) -> Side:
    """Read which way an order goes.

    Raises:
        InvalidInputError: neither of the two words.
    """
    side = _SIDES.get(text)
    if side is None:
        raise InvalidInputError(field, text, "write BUY or SELL")
    return side
