"""A bounded mailbox with lanes: what reduces risk goes first, what a venue said comes next, orders last.

Before all of them goes a message that was taken already, and had to wait for what has left memory.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, TypeGuard

from ports.actor import Command, Message, told
from ports.commands import (
    ApproveLimits,
    CancelAll,
    CancelOrder,
    CloseStream,
    LiftHalt,
    OpenStream,
    RaiseHalt,
    SetLimits,
    SubmitOrder,
)
from ports.errors import MailboxFullError
from ports.execution import Answer
from ports.market_data import Book, FundingRate, PublicTrades, Quote, VolumeProfile
from ports.reports import Report
from ports.requests import WakeUp
from ports.spool import URGENT

_URGENT: Final = (CancelOrder, CancelAll, RaiseHalt, LiftHalt, SetLimits, ApproveLimits, OpenStream, CloseStream)


@dataclass(frozen=True, slots=True, kw_only=True)
class MailboxLimits:
    """How many messages each lane holds at most, and how many outcomes one commit takes.

    Reports have the most room: losing one costs a reconciliation.
    """

    urgent: int = 10_000
    reports: int = 200_000
    orders: int = 10_000
    batch: int = 256


@dataclass(slots=True)
class Envelope:
    """A message, and where its answer goes (None: nobody waits for one)."""

    message: Message
    answer: asyncio.Future[Answer] | None = None


class Mailbox:
    """Bounded lanes. A full lane refuses; it never grows and never forgets."""

    def __init__(self, limits: MailboxLimits) -> None:
        self._limits = limits
        self._recalled: deque[Envelope] = deque()  # at most one at a time
        self._urgent: deque[Envelope] = deque()
        self._reports: deque[Envelope] = deque()
        self._orders: deque[Envelope] = deque()

    def __len__(self) -> int:
        return len(self._recalled) + len(self._urgent) + len(self._reports) + len(self._orders)

    @property
    def waiting(self) -> Mapping[str, int]:
        """How many messages wait in each lane."""
        return {"urgent": len(self._urgent), "reports": len(self._reports), "orders": len(self._orders)}

    def put_command(self, command: Command, answer: asyncio.Future[Answer]) -> None:
        """Take a command.

        Raises:
            MailboxFullError: its lane is full; nothing was taken.
        """
        if isinstance(command, _URGENT):
            self._put(self._urgent, self._limits.urgent, Envelope(command, answer), "urgent")
        else:
            self._put(self._orders, self._limits.orders, Envelope(command, answer), "orders")

    def put_report(self, message: Report | WakeUp) -> None:
        """Take what a venue said, or a wake-up.

        Raises:
            MailboxFullError: the lane is full; nothing was taken.
        """
        self._put(self._reports, self._limits.reports, Envelope(message), "reports")

    def put_back(self, reports: Sequence[Report]) -> None:
        """Put reports that were taken before everything that came after them; never refuses, for they had a place."""
        self._reports.extendleft([Envelope(report) for report in reversed(reports)])

    def put_recalled(self, envelope: Envelope) -> None:
        """Put a message that was taken before, now with what it waited for, before all others."""
        self._recalled.append(envelope)

    def take(self, *, urgent_only: bool = False) -> Envelope | None:
        """Return the next message by lane; None means there is none."""
        lanes = (self._recalled, self._urgent)
        for lane in lanes if urgent_only else (*lanes, self._reports, self._orders):
            if lane:
                return lane.popleft()
        return None

    def take_commands(self) -> list[Envelope]:
        """Return and forget every waiting command; reports stay, and what was taken before."""
        commands = [*self._urgent, *self._orders]
        self._urgent.clear()
        self._orders.clear()
        return commands

    def _put(self, lane: deque[Envelope], limit: int, envelope: Envelope, name: str) -> None:
        if len(lane) >= limit:
            raise MailboxFullError(f"the {name} lane holds its limit of {limit} messages; repeat later")
        lane.append(envelope)


def cause_of(message: Message) -> str:
    """Return the name by which facts remember the message that led to them."""
    message = told(message)
    match message:
        case SubmitOrder():
            return f"submit:{message.terms.operation_id}"
        case CancelOrder():
            return f"cancel:{message.operation_id}"
        case WakeUp():
            return f"wake:{message.token}"
        case _:
            client_order_id = getattr(message, "client_order_id", None)
            kind = type(message).__name__
            return kind if client_order_id is None else f"{kind}:{client_order_id}"


_SAID_AGAIN: Final = (WakeUp, Quote, Book, PublicTrades, VolumeProfile, FundingRate, *URGENT)


def is_said_once(message: Message | None) -> TypeGuard[Report]:
    """Say whether a message that no caller waits for is a venue's word (a new epoch asks for its own wake-ups)."""
    return message is not None and not isinstance(message, _SAID_AGAIN)
