"""One message's turn: facts are applied as they are decided, so that the next decision sees them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from core.book import Book
from ports.actor import Outcome
from ports.facts import Fact
from ports.records import maker
from ports.replies import Reply
from ports.requests import Request

_new_outcome: Final = maker(Outcome)


class Turn:
    """Collects what one message leads to. `now_ns` is the one time of the whole turn."""

    __slots__ = ("_facts", "_last_replies", "_replies", "_requests", "book", "now_ns")

    def __init__(self, book: Book, now_ns: int) -> None:
        self.book = book
        self.now_ns = now_ns
        self._facts: list[Fact] = []
        self._requests: list[Request] = []
        self._replies: list[Reply] = []
        self._last_replies: list[Callable[[], Reply]] = []

    def fact(self, *facts: Fact) -> None:
        """These are true from here on."""
        self._facts += facts
        self.book.apply(facts)

    @property
    def facts(self) -> Sequence[Fact]:
        """What this turn has made true so far."""
        return self._facts

    def request(self, *requests: Request) -> None:
        """These are to be done once the facts are durable."""
        self._requests += requests

    def reply(self, reply: Reply) -> None:
        """This is what the sender is told once the facts are durable."""
        self._replies.append(reply)

    def reply_at_last(self, made: Callable[[], Reply]) -> None:
        """This is what the sender is told as things are at the end of the turn."""
        self._last_replies.append(made)

    def outcome(self) -> Outcome:
        """Return what the turn led to."""
        if self._last_replies:
            self._replies += [made() for made in self._last_replies]
        return _new_outcome(facts=tuple(self._facts), requests=tuple(self._requests), replies=tuple(self._replies))
