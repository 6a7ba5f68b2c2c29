"""JSON read exactly: numbers stay the text they were, nothing repeats, nothing is guessed."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import Final

from adapters.doors.text import INT64_MAX, member, shown_key
from ports.errors import InvalidInputError
from ports.values import fits, plain

type Json = str | bool | list[Json] | dict[str, Json] | None  # a number is a JsonNumber, which is text
_WHOLE: Final = re.compile(r"-?[0-9]{1,19}")


class JsonNumber(str):
    """The text of a number as it stood in the JSON, such as `0.10` or `1e400`."""

    __slots__ = ()


def parse_object(body: bytes) -> dict[str, Json]:
    """Read one JSON object from UTF-8 text.

    Raises:
        InvalidInputError: not UTF-8, not JSON, nested too deep, a name twice in an object, or not an object.
    """
    try:
        text = body.decode("utf-8")
        value: Json = json.loads(
            text,
            parse_float=JsonNumber,
            parse_int=JsonNumber,
            parse_constant=JsonNumber,
            object_pairs_hook=_without_repeats,
        )
    except UnicodeDecodeError as broken:
        where = body[broken.start : broken.start + 8].hex(" ")
        raise InvalidInputError("body", f"byte {broken.start}: {where}", "send JSON as UTF-8 text") from broken
    except json.JSONDecodeError as broken:
        near = broken.doc[broken.pos : broken.pos + 20]
        raise InvalidInputError("body", near, f"is not JSON at character {broken.pos}: {broken.msg}") from broken
    except RecursionError as deep:
        raise InvalidInputError("body", f"{len(body)} bytes", "it is nested too deep: send one flat object") from deep
    if not isinstance(value, dict):
        raise InvalidInputError("body", shown(value), "send one JSON object")
    return value


def _without_repeats(pairs: list[tuple[str, Json]]) -> dict[str, Json]:
    read: dict[str, Json] = {}
    for name, value in pairs:
        if name in read:
            raise InvalidInputError(shown_key(name), shown(value), "it is there twice: give it once")
        read[name] = value
    return read


def shown(value: Json) -> str:
    """Return a value as an error message shows it: what is nested is named, not repeated."""
    match value:
        case dict():
            return "{…}"
        case list():
            return "[…]"
        case None | bool():
            return json.dumps(value)
        case _:
            return str(value)


def text(field: str, value: Json) -> str:
    """Read text; null is empty.

    Raises:
        InvalidInputError: anything else, a number included.
    """
    if value is None:
        return ""
    if not isinstance(value, str) or isinstance(value, JsonNumber):
        raise InvalidInputError(field, shown(value), 'write text, such as "…"')
    return str(value)


def number(field: str, value: Json) -> str:
    """Read a number, or text that is one, as the text that the order will keep; null is empty.

    A JSON number with an exponent (`1e-05`, as some writers spell small floats) is spelled out where that is exact.

    Raises:
        InvalidInputError: anything else; a number that cannot be held exactly is left for the field's own reader.
    """
    if value is None:
        return ""
    if not isinstance(value, str):
        raise InvalidInputError(field, shown(value), 'write a decimal number, best as text: "0.25"')
    if not isinstance(value, JsonNumber) or not set("eE") & set(value) or len(value) > 64:
        return str(value)
    try:
        spelled = Decimal(value)
    except InvalidOperation:
        return str(value)
    return plain(spelled) if fits(spelled) else str(value)


def whole(field: str, value: Json) -> int:
    """Read a whole number, or text that is one; null is 0.

    Raises:
        InvalidInputError: anything else.
    """
    if value is None:
        return 0
    if not isinstance(value, str) or _WHOLE.fullmatch(value) is None or abs(int(value)) > INT64_MAX:
        raise InvalidInputError(field, shown(value), "write a whole number")
    return int(value)


def flag(field: str, value: Json) -> bool:
    """Read true or false; null is false.

    Raises:
        InvalidInputError: anything else.
    """
    if value is None or isinstance(value, bool):
        return bool(value)
    raise InvalidInputError(field, shown(value), "write true or false")


def names(field: str, value: Json) -> list[str]:
    """Read a list of text; null is empty.

    Raises:
        InvalidInputError: anything else.
    """
    if value is None:
        return []
    if not isinstance(value, list):
        raise InvalidInputError(field, shown(value), "write a list of text")
    return [text(f"{field}[{index}]", item) for index, item in enumerate(value)]


def text_map(field: str, value: Json) -> Mapping[str, str]:
    """Read an object of text and numbers, the numbers as `number` reads them; null is empty.

    Raises:
        InvalidInputError: anything else.
    """
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise InvalidInputError(field, shown(value), "write an object of text and numbers")
    for key, item in value.items():
        if not isinstance(item, str):
            raise InvalidInputError(member(field, key), shown(item), "write text or a number")
    return {
        key: number(member(field, key), item) if isinstance(item, JsonNumber) else str(item)
        for key, item in value.items()
    }


def number_map(field: str, value: Json) -> Mapping[str, str]:
    """Read an object of numbers, or of text that is one, as their exact text; null is empty.

    Raises:
        InvalidInputError: anything else.
    """
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise InvalidInputError(field, shown(value), "write an object of decimal numbers")
    return {key: number(member(field, key), item) for key, item in value.items()}
