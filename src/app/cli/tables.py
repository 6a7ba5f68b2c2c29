"""Plain data as people read it in a terminal: aligned, never cut, under the names that the JSON has."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from itertools import pairwise
from typing import Any, Final

from ports.values import plain

_UNITS: Final = (("d", 86_400), ("h", 3_600), ("min", 60), ("s", 1))


def table(rows: Iterable[Mapping[str, Any]], columns: Sequence[str]) -> str:
    """Return rows under a header of their names; a name that a row does not have is empty."""
    cells = [list(columns), *[[shown(row.get(name)) for name in columns] for row in rows]]
    widths = [max(len(line[index]) for line in cells) for index in range(len(columns))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip() for line in cells
    )


def fields(record: Mapping[str, Any], names: Iterable[str]) -> str:
    """Return one record, a name and its value a line; what is empty is left out."""
    given = [(name, shown(record.get(name))) for name in names]
    width = max((len(name) for name, value in given if value), default=0)
    return "\n".join(f"{name.ljust(width)}  {value}" for name, value in given if value)


def section(title: str, body: str) -> str:
    """Return a part of an answer under its name; empty where there is nothing in it."""
    return f"\n{title}\n{_indented(body)}" if body else ""


def pairs(record: Mapping[str, Any]) -> str:
    """Return a record on one line: name=value, what is empty left out."""
    return " ".join(f"{shown(name)}={value}" for name, each in record.items() if (value := shown(each)))


def shown(value: object) -> str:
    """Return one value as a terminal may show it: nothing in it can move the cursor or change a colour."""
    match value:
        case None:
            text = ""
        case bool():
            text = "yes" if value else "no"
        case Decimal():
            text = plain(value)
        case Mapping():
            text = "{" + pairs(value) + "}" if value else ""
        case list() | tuple():
            text = " ".join(shown(each) for each in value)
        case _:
            text = str(value)
    return text if text.isprintable() else "".join(each if each.isprintable() else _escaped(each) for each in text)


def moment(time_ns: int) -> str:
    """Write UTC nanoseconds as ISO 8601 with all nine digits; 0 is no moment."""
    if not time_ns:
        return ""
    seconds, nanos = divmod(time_ns, 1_000_000_000)
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%S}.{nanos:09d}Z"


def age(time_ns: int) -> str:
    """Write how long something has lasted, in its two largest units, such as `2 h 5 min`; below a second, `0 s`."""
    seconds = time_ns // 1_000_000_000
    for (unit, size), (smaller, part) in pairwise(_UNITS):
        if seconds >= size:
            rest = seconds % size // part
            return f"{seconds // size} {unit}" + (f" {rest} {smaller}" if rest else "")
    return f"{seconds} s"


def _escaped(character: str) -> str:
    return character.encode("unicode_escape").decode("ascii")


def _indented(text: str) -> str:
    return "\n".join(f"  {line}" for line in text.splitlines())
