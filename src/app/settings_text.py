"""JSON as people write it: comments and trailing commas allowed, everything else strict, places kept."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any, Final, NoReturn

from app.settings_problems import Problem, SettingsError

_INT_DIGITS: Final = 40  # longer whole numbers are kept as decimals, and refused where they are used


def parse_json(text: str, where: str) -> Any:
    """Read `text`; `//`, `/* */` and trailing commas are allowed, numbers are never floats.

    Raises:
        SettingsError: names `where`, line and column.
    """
    plain = _without_comments(text, where)
    try:
        return json.loads(
            plain,
            parse_float=Decimal,
            parse_int=lambda digits: int(digits) if len(digits) < _INT_DIGITS else Decimal(digits),
            parse_constant=lambda word: _refuse_constant(where, word),
            object_pairs_hook=lambda pairs: _without_repeats(where, pairs),
        )
    except json.JSONDecodeError as wrong:
        place = f"{where}:{wrong.lineno}:{wrong.colno}"
        raise SettingsError([Problem(where=place, what=wrong.msg, remedy="mend the JSON there")]) from None
    except RecursionError:
        deep = Problem(where=where, what="nested too deeply", remedy="a configuration has a handful of levels")
        raise SettingsError([deep]) from None


def _refuse_constant(where: str, word: str) -> NoReturn:
    raise SettingsError([Problem(where=where, what=f"{word} is no number", remedy="write a decimal number")])


def _without_repeats(where: str, pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made: dict[str, Any] = {}
    for key, value in pairs:
        if key in made:
            twice = Problem(where=where, what=f"the key {key!r} stands twice in one object", remedy="keep one")
            raise SettingsError([twice])
        made[key] = value
    return made


def _without_comments(text: str, where: str) -> str:
    """Blank out comments and trailing commas, so that every other character keeps its line and column."""
    out = list(text)
    at, before, comma = 0, "", None  # `before`: the last character that meant something, other than `comma`'s
    while at < len(text):
        pair = text[at : at + 2]
        if pair in ("//", "/*"):
            end = _end_of_comment(text, at, where)
            out[at:end] = [each if each in "\r\n" else " " for each in text[at:end]]
            at = end
            continue
        char = text[at]
        if char == '"':
            at = _end_of_string(text, at)
            before, comma = '"', None
            continue
        if char == "," and comma is None and before not in ("", "[", "{", ":"):
            comma = at
        elif char in "]}" and comma is not None:
            out[comma] = " "
            before, comma = char, None
        elif not char.isspace():
            before, comma = char, None
        at += 1
    return "".join(out)


def _end_of_comment(text: str, start: int, where: str) -> int:
    if text.startswith("//", start):
        end = text.find("\n", start)
        return len(text) if end < 0 else end
    end = text.find("*/", start + 2)
    if end < 0:
        line, column = text.count("\n", 0, start) + 1, start - text.rfind("\n", 0, start)
        place = f"{where}:{line}:{column}"
        raise SettingsError([Problem(where=place, what="this comment never ends", remedy="close it with */")])
    return end + 2


def _end_of_string(text: str, start: int) -> int:
    at = start + 1
    while at < len(text) and text[at] not in '"\n':
        at += 2 if text[at] == "\\" else 1
    return min(at + 1, len(text))
