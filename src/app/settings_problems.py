"""What is wrong with a configuration: all of it at once, each with its place and its remedy."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from difflib import get_close_matches

from ports.errors import LivexecError


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One thing to mend. `where` is a key's path, `line:column`, or the file; never a secret's value."""

    where: str
    what: str
    remedy: str

    def __str__(self) -> str:
        return f"{self.where}: {self.what}; {self.remedy}"


class SettingsError(LivexecError):
    """The configuration cannot be used; `problems` holds everything found, `missing` the variables not set."""

    def __init__(self, problems: Sequence[Problem], missing: Sequence[str] = ()) -> None:
        self.problems = tuple(problems)
        self.missing = tuple(missing)
        unset = [f"set the environment variable {name}" for name in missing]
        super().__init__("\n".join([*map(str, problems), *unset]))


def nearest(word: str, known: Iterable[str]) -> str | None:
    """Return the known word most like `word`, whatever its case; None where nothing is like it."""
    by_lower = {each.lower(): each for each in known}
    found = get_close_matches(word.lower(), by_lower, n=1)
    return by_lower[found[0]] if found else None
