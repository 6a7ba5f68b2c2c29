"""The lines of a recorded session, and how each is written: a checksum and a JSON document."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Set
from decimal import Decimal
from typing import Any, Final, TypeAliasType, get_args
from zlib import crc32

import orjson

from ports.actor import Told
from ports.errors import InvalidInputError
from ports.plain import reader_of
from ports.records import record
from ports.values import plain

FORMAT: Final = 1
_CHECKSUM: Final = 8  # hexadecimal digits, and a space after them


def _kinds(told: Any) -> Iterator[type[Any]]:
    """Yield every kind of message that a union is of, however it is put together."""
    if isinstance(told, TypeAliasType):
        yield from _kinds(told.__value__)
    elif parts := get_args(told):
        for part in parts:
            yield from _kinds(part)
    else:
        yield told


MESSAGES: Final[Mapping[str, type[Any]]] = {kind.__name__: kind for kind in _kinds(Told)}


@record
class Began:
    """A process took the journal at this sequence; the rest is what its orchestrator was made with.

    `routing` and `controls` are JSON, as whoever made the orchestrator writes its rules; empty: the usual ones.
    """

    program: str
    sequence: int
    patience_ns: Mapping[str, int]
    plugin_rules: tuple[str, ...]
    form: int = FORMAT
    halt_on_breaks: tuple[str, ...] = ()
    routing: str = ""
    controls: str = ""


@record
class Made:
    """An actor was made of the journal's facts up to this sequence."""

    sequence: int


@record
class Started:
    """The actor was told to open an epoch."""

    epoch: int
    program: str
    now_ns: int


@record
class Given:
    """The actor was given a message."""

    message: Told
    now_ns: int


@record
class SetAside:
    """The actor was told to set aside a message that it could not process."""

    message: Told
    error: str
    now_ns: int


type Line = Began | Made | Started | Given | SetAside

_LINES: Final[Mapping[str, type[Any]]] = {kind.__name__: kind for kind in (Began, Made, Started)}


def write_line(line: Line) -> bytes:
    """Return a line as it stands in a file.

    Raises:
        ValueError: it holds something that JSON cannot carry exactly.
    """
    match line:
        case Given():
            document: Any = [type(line.message).__name__, line.now_ns, line.message]
        case SetAside():
            document = ["SetAside", line.now_ns, line.error, type(line.message).__name__, line.message]
        case _:
            document = [type(line).__name__, line]
    try:
        text = orjson.dumps(document, default=_plainly, option=orjson.OPT_NON_STR_KEYS)
    except orjson.JSONEncodeError as refusal:
        raise ValueError(f"a {type(line).__name__} cannot be written: {refusal}") from refusal
    return b"%08x %s\n" % (crc32(text), text)


def read_line(text: bytes) -> Line:
    """Return the line that was written so.

    Raises:
        InvalidInputError: it was altered or torn, or a newer livexec wrote it.
    """
    checksum, body = text[:_CHECKSUM], text[_CHECKSUM + 1 :].rstrip(b"\n")
    try:
        if int(checksum, 16) != crc32(body):
            raise InvalidInputError("recording", text[:80].decode("utf-8", "replace"), "the line was altered or torn")
        kind, *rest = orjson.loads(body)
        line: Line
        if kind == "SetAside":
            line = SetAside(message=_message(rest[2], rest[3]), error=rest[1], now_ns=rest[0])
        elif kind in _LINES:
            declared: Any = _LINES[kind]
            line = reader_of(declared)(rest[0])
        else:
            line = Given(message=_message(kind, rest[1]), now_ns=rest[0])
    except (ValueError, KeyError, TypeError, ArithmeticError) as unreadable:
        shown = text[:80].decode("utf-8", "replace")
        raise InvalidInputError("recording", shown, f"cannot be read by this livexec: {unreadable}") from unreadable
    return line


def _message(kind: str, body: Mapping[str, Any]) -> Told:
    declared: Any = MESSAGES[kind]
    message: Told = reader_of(declared)(body)
    return message


def _plainly(value: Any) -> Any:
    if isinstance(value, Decimal):
        if not value.is_finite():
            raise TypeError(f"{value} is no amount")
        return plain(value)
    if isinstance(value, Mapping):
        return dict(value)
    if isinstance(value, Set):
        return sorted(value)
    if isinstance(value, tuple):  # one with names
        return list(value)
    raise TypeError(type(value).__name__)
