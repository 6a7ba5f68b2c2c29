"""Where whatever an actor or a venue's market data raises is caught, and becomes a value."""

from __future__ import annotations

import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from ports.actor import Actor, Message, Outcome, Told, told
from ports.commands import SubmitOrder
from ports.telemetry import STEP_SECONDS, Telemetry

_ONE_IN: Final = 8  # submits; a clock read twice for each would be seen in what the core costs


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


class Attempts:
    """Lets an actor receive messages, and measures one in eight submits."""

    def __init__(self, telemetry: Telemetry) -> None:
        self._telemetry = telemetry
        self._submits = 0

    def __call__(self, actor: Actor, message: Message, now_ns: int) -> Outcome | Poison:
        """See `attempt`."""
        if type(message) is not SubmitOrder:
            return attempt(actor, message, now_ns)
        self._submits += 1
        if self._submits % _ONE_IN:
            return attempt(actor, message, now_ns)
        began = time.perf_counter()
        result = attempt(actor, message, now_ns)
        self._telemetry.observe(STEP_SECONDS, time.perf_counter() - began, step="decide")
        return result


def made_or_none[Made](source: Callable[[], Made]) -> Made | None:
    """Make a quote or a book; None means that its venue's code raised."""
    try:
        return source()
    except Exception:  # a supervisor: one venue's defect stops neither the book nor a reader
        return None
