"""Where whatever an actor or a venue's market data raises is caught, and becomes a value."""

from __future__ import annotations

import traceback
from collections.abc import Callable
from dataclasses import dataclass

from ports.actor import Actor, Message, Outcome, Told, told


@dataclass(frozen=True, slots=True)
class Poison:
    """A message that made its actor raise. `touched`: the actor had changed its state before it raised."""

    message: Told
    error: str
    touched: bool


def attempt(actor: Actor, message: Message, now_ns: int) -> Outcome | Poison:
    """Let an actor receive a message; what it raises comes back as a value."""
    before = actor.sequence
    try:
        return actor.receive(message, now_ns)
    except Exception as raised:  # a supervisor must survive any defect of what it supervises
        where = traceback.extract_tb(raised.__traceback__)[-1]
        error = f"{type(raised).__name__}: {raised} ({where.name}, line {where.lineno})"
        return Poison(told(message), error, touched=actor.sequence != before)


def made_or_none[Made](source: Callable[[], Made]) -> Made | None:
    """Make a quote or a book; None means that its venue's code raised."""
    try:
        return source()
    except Exception:  # a supervisor: one venue's defect stops neither the book nor a reader
        return None
