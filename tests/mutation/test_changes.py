"""Small changes to source: where each is made, and that it is made in the code of its function."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import FunctionType

import pytest

from mutation.changes import Mutant, mutants_of, mutated

TEXT = '''
"""Of the module, where nothing is changed."""

LIMIT = 3


class Gate:
    """A class."""

    def lets(self, value: int, *, all_of_it: bool = False) -> bool:
        """Words stay as they are."""
        if value < 0 and not all_of_it:
            raise ValueError(f"{value + 1} is too small")
        return value + 2 <= LIMIT

    def knows(self, value: int) -> int | None:
        return value

    def says(self, value: int) -> str:
        if value:
            return f"{value - 1} too many" if value > 5 else "too many"
        return "none"


def least(one: int, other: int) -> int:
    return min(
        one,
        other,
    )


def _table(most: int) -> Callable[[int], bool]:
    first = most + 1

    def lets(value: int) -> bool:
        return value < first

    return lets


def _shared(most: int) -> int:
    return most + 1


LETS = (_table(1), _table(2), _shared(3))
LATER = {"shared": _shared}
'''


@pytest.fixture
def source(tmp_path: Path) -> Path:
    (tmp_path / "gate.py").write_text(TEXT)
    return tmp_path


def test_each_place_is_changed_and_words_are_not(source: Path) -> None:
    assert [(one.where, one.says) for one in mutants_of(source, "gate.py")] == [
        ("Gate.lets", "And to Or"),
        ("Gate.lets", "Lt to LtE"),
        ("Gate.lets", "0 to 1"),
        ("Gate.lets", "Not left out"),
        ("Gate.lets", "LtE to Lt"),
        ("Gate.lets", "Add to Sub"),
        ("Gate.lets", "2 to 3"),
        ("Gate.knows", "returns None"),
        ("Gate.says", "condition negated"),
        ("Gate.says", "returns nothing"),
        ("Gate.says", "Gt to GtE"),
        ("Gate.says", "5 to 6"),
        ("Gate.says", "Sub to Add"),
        ("Gate.says", "1 to 2"),
        ("least", "returns nothing"),
        ("least", "min to max"),
        ("_table", "returns None"),  # what the table holds, and not how it is filled at import
        ("_table", "Lt to LtE"),
        ("_shared", "returns nothing"),
        ("_shared", "Add to Sub"),
        ("_shared", "1 to 2"),
    ]


def test_a_change_knows_the_lines_that_must_run_for_it_to_matter(source: Path) -> None:
    at = {(one.where, one.says): (one.line, one.last_line) for one in mutants_of(source, "gate.py")}
    assert at["Gate.says", "condition negated"] == (20, 20)  # of what branches, its head alone
    assert at["least", "min to max"] == (26, 29)


@pytest.mark.parametrize(("says", "after"), [("min to max", 2), ("returns nothing", 0)])
def test_a_change_is_made_in_the_living_function(source: Path, says: str, after: int) -> None:
    living = _living(source)
    assert living(1, 2) == 1
    living.__code__ = mutated(source, _that(source, "least", says))[0]
    assert living(1, 2) == after


def _that(source: Path, where: str, says: str) -> Mutant:
    (found,) = [one for one in mutants_of(source, "gate.py") if (one.where, one.says) == (where, says)]
    return found


def _living(source: Path) -> FunctionType:
    names: dict[str, object] = {"Callable": Callable}
    exec(compile((source / "gate.py").read_text(), str(source / "gate.py"), "exec"), names)  # noqa: S102 - the lines above
    found = names["least"]
    assert isinstance(found, FunctionType)
    return found
