"""What is judged, and what a judge finds."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

from ports.facts import Fact
from ports.journal import Entry
from ports.requests import Request
from ports.values import ClientOrderId

_SHOWN: Final = 20  # violations told in words; the rest are counted


class Release(NamedTuple):
    """A request that was let out: the sequence that had to be durable before, and the one that was."""

    request: Request
    needs_seq: int
    durable_seq: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordedRun:
    """All that is needed to judge a run: its journal, what left, and what its venues saw.

    `sends` are the client order ids that venues saw as new orders, in order. `fold` folds facts in a new actor and
    returns a digest of its canonical state; `live_digest` is that of the actor which lived through the run.
    """

    entries: Sequence[Entry]
    sends: Sequence[ClientOrderId]
    releases: Sequence[tuple[Request, int, int]]
    fold: Callable[[Sequence[Fact]], str]
    live_digest: str


@dataclass(frozen=True, slots=True)
class Finding:
    """Whether an invariant held, over how many cases, and each violation in words (the first of many)."""

    ok: bool
    examined: int
    violations: tuple[str, ...] = ()


class Tally:
    """Counts cases as they are looked at, and keeps what is wrong with them."""

    __slots__ = ("_examined", "_violated", "_words")

    def __init__(self) -> None:
        self._examined = 0
        self._violated = 0
        self._words: list[str] = []

    def saw(self, cases: int = 1) -> None:
        """So many more cases were looked at."""
        self._examined += cases

    def expect(self, holds: bool, otherwise: str) -> None:
        """Note a violation unless it holds."""
        if not holds:
            self.violated(otherwise)

    def violated(self, words: str) -> None:
        """Note a violation."""
        self._violated += 1
        if self._violated <= _SHOWN:
            self._words.append(words)

    def finding(self) -> Finding:
        """Return what was found."""
        unsaid = self._violated - len(self._words)
        words = (*self._words, f"and {unsaid} more") if unsaid else tuple(self._words)
        return Finding(self._violated == 0, self._examined, words)
