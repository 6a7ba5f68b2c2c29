"""The orchestrator: the one writer of the book of record. Message in, Outcome out."""

from __future__ import annotations

from collections.abc import Iterable
from typing import assert_never

from core.book import Book
from core.cancelling import cancel_all, cancel_one
from core.controlling import lift_halt, quarantine, raise_halt, set_limits
from core.reconciliation import sessions, venue_word
from core.reconciliation.patience import Patience
from core.reconciliation.trades import book_trade
from core.submitting import submit
from core.turn import Turn
from ports.actor import Message, Outcome
from ports.commands import CancelAll, CancelOrder, LiftHalt, RaiseHalt, SetLimits, SubmitOrder
from ports.facts import Fact, LeaderStarted
from ports.instruments import InstrumentKey
from ports.market_data import Quote
from ports.reports import (
    CancelRefused,
    FillReport,
    OrderEvidence,
    OrderNotFound,
    OrderNotSent,
    OrderOutcomeUnknown,
    OrderStatusReport,
    QueryUnanswered,
    SessionDown,
    SessionUp,
)
from ports.requests import WakeUp
from ports.values import exact


class Orchestrator:
    """Owns every order, position, reservation, limit and halt; see `ports.actor.Actor` for what it promises."""

    def __init__(self, patience: Patience | None = None) -> None:
        self.book = Book()
        self._patience = patience or Patience()

    @property
    def name(self) -> str:
        """What the journal calls this actor."""
        return "orchestrator"

    @property
    def sequence(self) -> int:
        """How many facts made this state."""
        return self.book.sequence

    def start(self, epoch: int, program: str, now_ns: int) -> Outcome:
        """Open an epoch: no session is up, and every order that no venue has acknowledged is in doubt."""
        turn = Turn(self.book, now_ns)
        turn.fact(LeaderStarted(epoch=epoch, program=program, started_ns=now_ns))
        sessions.all_lost(turn, "the service was restarted")
        return turn.outcome()

    def receive(self, message: Message, now_ns: int) -> Outcome:
        """Decide what a message leads to, and make it so."""
        turn = Turn(self.book, now_ns)
        with exact():
            self._decide(turn, message)
        return turn.outcome()

    def quarantine(self, message: Message, error: str, now_ns: int) -> Outcome:
        """Set aside a message that `receive` could not process."""
        turn = Turn(self.book, now_ns)
        quarantine(turn, repr(message), _instrument_of(message), error)
        return turn.outcome()

    def apply(self, facts: Iterable[Fact]) -> None:
        """Fold facts of the journal."""
        with exact():
            self.book.apply(facts)

    def _decide(self, turn: Turn, message: Message) -> None:  # noqa: C901, PLR0912 - the one place that branches
        match message:
            case SubmitOrder():
                submit(turn, message, self._patience)
            case Quote():
                self.book.market.take(message)
            case FillReport():
                book_trade(turn, message)
            case OrderStatusReport():
                venue_word.status(turn, message, self._patience)
            case OrderEvidence():
                venue_word.evidence(turn, message, self._patience)
            case CancelOrder():
                cancel_one(turn, message, self._patience)
            case CancelAll():
                cancel_all(turn, message, self._patience)
            case WakeUp():
                venue_word.wake(turn, message, self._patience)
            case CancelRefused():
                venue_word.cancel_refused(turn, message)
            case OrderNotSent():
                venue_word.not_sent(turn, message)
            case OrderOutcomeUnknown():
                venue_word.outcome_unknown(turn, message, self._patience)
            case OrderNotFound():
                venue_word.not_found(turn, message, self._patience)
            case QueryUnanswered():
                pass  # nothing was learnt; the order's watch asks again
            case SessionUp():
                sessions.session_up(turn, message, self._patience)
            case SessionDown():
                sessions.session_down(turn, message)
            case RaiseHalt():
                raise_halt(turn, message, self._patience)
            case LiftHalt():
                lift_halt(turn, message)
            case SetLimits():
                set_limits(turn, message)
            case _:
                assert_never(message)


def _instrument_of(message: Message) -> InstrumentKey | None:
    match message:
        case SubmitOrder():
            return message.terms.instrument
        case Quote() | FillReport() | OrderStatusReport():
            return message.instrument
        case OrderEvidence():
            return message.status.instrument
        case _:
            return None
