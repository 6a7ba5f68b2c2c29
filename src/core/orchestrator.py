"""The orchestrator: the one writer of the book of record. Message in, Outcome out."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any, Final, assert_never

from core import holding
from core.adjusting import adjust, bust, resolve_break, transfer
from core.amending import amend, amend_refused, amended
from core.book import Book as BookOfRecord
from core.cancelling import cancel_all, cancel_one
from core.checking import check_order
from core.control_rules import ControlRules
from core.controlling import lift_halt, quarantine, raise_halt
from core.disconnecting import all_streams_lost, close_stream, look_at_strategy, open_stream
from core.extensions import Extensions
from core.flattening import begin_flattening, look_at_positions
from core.following import follow_up
from core.judging import begin_day
from core.limiting import approve_limits, set_limits
from core.orders.recalling import recall, wanted_for
from core.parents import working
from core.reconciliation import sessions, statements, venue_word
from core.reconciliation.patience import (
    FlattenDue,
    HeldLook,
    Patience,
    PlanDue,
    StatementDue,
    StrategyGone,
    TimeIsUp,
    TripLook,
    read_token,
)
from core.reconciliation.sharing import take_funding
from core.reconciliation.trades import book_trade
from core.routing.offers import RoutingRules
from core.submitting import submit
from core.tripping import begin_looking, look, trip_on_facts
from core.turn import Turn
from ports.actor import Command, Message, Outcome, Recalled, Told, told
from ports.commands import (
    AdjustPosition,
    AmendOrder,
    ApproveLimits,
    BustTrade,
    CancelAll,
    CancelOrder,
    CheckOrder,
    CloseStream,
    LiftHalt,
    OpenStream,
    RaiseHalt,
    ResolveBreak,
    SetLimits,
    SubmitOrder,
    TransferPosition,
)
from ports.facts import BreakKind, Fact, LeaderStarted, OrdersLeftMemory
from ports.instruments import InstrumentKey
from ports.market_data import Book, FundingRate, PublicTrades, Quote, VolumeProfile
from ports.recall import NOTHING, LoadOrders
from ports.reports import (
    AccountStatement,
    AmendRefused,
    AmendReport,
    CancelRefused,
    FillReport,
    FundingReport,
    OrderEvidence,
    OrderNotFound,
    OrderNotSent,
    OrderOutcomeUnknown,
    OrderStatusReport,
    QueryUnanswered,
    Report,
    SessionDown,
    SessionUp,
    StatementUnanswered,
)
from ports.requests import WakeUp
from ports.values import exact

_DECIDES_NOTHING: Final = (Quote, Book, PublicTrades, VolumeProfile, FundingRate, CheckOrder)  # of a new day
KEPT_IN_MEMORY: Final = 10_000  # of the orders that ended last; what is older is read back when it is needed


class Orchestrator:
    """Owns every order, position, reservation, limit and halt; see `ports.actor.Actor` for what it promises."""

    def __init__(
        self,
        patience: Patience | None = None,
        extensions: Extensions | None = None,
        halt_on_breaks: Collection[BreakKind] = (),
        routing: RoutingRules | None = None,
        controls: ControlRules | None = None,
        keep: int = KEPT_IN_MEMORY,
    ) -> None:
        self.book = BookOfRecord(extensions, routing)
        self._patience = patience or Patience()
        self._halt_on_breaks = halt_on_breaks
        self._controls = controls or ControlRules()
        self._keep = keep

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
        all_streams_lost(turn)
        holding.resume(turn, self._patience)
        for halt in self.book.halts.flattening():
            begin_flattening(turn, halt, self._patience)
        begin_looking(turn, self._controls)
        return turn.outcome()

    def receive(self, message: Message, now_ns: int) -> Outcome:
        """Decide what a message leads to, and make it so; or say what has to be read back before."""
        if isinstance(message, Recalled):
            recall(self.book.oms, message)
            try:
                return self._receive(message.message, message.asked, now_ns)
            finally:
                self.book.oms.forget_recalled()
        return self._receive(message, NOTHING, now_ns)

    def _receive(self, message: Told, asked: LoadOrders, now_ns: int) -> Outcome:
        wanted = wanted_for(self.book.oms, message, asked)
        if wanted:
            return Outcome(awaits=wanted)
        turn = Turn(self.book, now_ns)
        with exact():
            if not isinstance(message, _DECIDES_NOTHING):
                begin_day(turn)
            self._decide(turn, message)
            follow_up(turn, self._patience)
            if self._halt_on_breaks or self._controls.rejections is not None:
                trip_on_facts(turn, self._controls, self._halt_on_breaks, self._patience)
            self._let_leave(turn)  # last: until here this turn may speak of any of them
        return turn.outcome()

    def _let_leave(self, turn: Turn) -> None:
        oms = self.book.oms
        leaving, unattributed = oms.who_may_leave(self._keep), oms.unattributed_beyond(self._keep)
        if leaving or unattributed:
            turn.fact(OrdersLeftMemory(operation_ids=tuple(leaving), unattributed=unattributed, left_ns=turn.now_ns))

    def quarantine(self, message: Message, error: str, now_ns: int) -> Outcome:
        """Set aside a message that `receive` could not process."""
        turn = Turn(self.book, now_ns)
        instrument = _instrument_of(told(message))
        with exact():
            quarantine(turn, repr(message), instrument, error, self._patience, self._controls)
        return turn.outcome()

    def apply(self, facts: Iterable[Fact]) -> None:
        """Fold facts of the journal."""
        with exact():
            self.book.apply(facts)

    def state(self) -> Any:
        """See `ports.actor.Actor`."""
        return self.book.parts()

    def restore(self, state: Any) -> None:
        """See `ports.actor.Actor`."""
        self.book.restore(state)

    def _decide(self, turn: Turn, message: Told) -> None:
        match message:
            case Quote() if message.bid > 0 and message.ask > 0:
                self.book.market.take(message)
                holding.quoted(turn, message, self._patience)
                working.quoted(turn, message, self._patience)
            case Quote():
                pass  # nobody bids, or nobody offers: that is no price, and no stop is met by it
            case Book():
                self.book.market.take_book(message)
            case PublicTrades():
                self.book.market.take_trades(message)
                working.trades_came(turn, message.instrument, self._patience)
            case VolumeProfile():
                self.book.market.take_profile(message)
            case FundingRate():
                self.book.market.take_funding(message)
            case WakeUp():
                self._wake(turn, message)
            case (
                SubmitOrder()
                | CheckOrder()
                | CancelOrder()
                | AmendOrder()
                | CancelAll()
                | RaiseHalt()
                | LiftHalt()
                | SetLimits()
                | ApproveLimits()
                | AdjustPosition()
                | TransferPosition()
                | BustTrade()
                | ResolveBreak()
                | OpenStream()
                | CloseStream()
            ):
                self._obey(turn, message)
            case _:
                self._hear(turn, message)

    def _obey(self, turn: Turn, command: Command) -> None:  # noqa: C901, PLR0912 - the one place that branches
        match command:
            case SubmitOrder():
                submit(turn, command, self._patience)
            case CancelOrder():
                cancel_one(turn, command, self._patience)
            case AmendOrder():
                amend(turn, command, self._patience)
            case CancelAll():
                cancel_all(turn, command, self._patience)
            case RaiseHalt():
                raise_halt(turn, command, self._patience, self._controls)
            case LiftHalt():
                lift_halt(turn, command, self._controls)
            case SetLimits():
                set_limits(turn, command, self._controls)
            case ApproveLimits():
                approve_limits(turn, command, self._controls)
            case AdjustPosition():
                adjust(turn, command)
            case TransferPosition():
                transfer(turn, command)
            case BustTrade():
                bust(turn, command)
            case ResolveBreak():
                resolve_break(turn, command)
            case CheckOrder():
                check_order(turn, command)
            case OpenStream():
                open_stream(turn, command)
            case CloseStream():
                close_stream(turn, command)
            case _:
                assert_never(command)

    def _hear(self, turn: Turn, report: Report) -> None:  # noqa: C901, PLR0912 - the one place that branches
        match report:
            case FillReport():
                book_trade(turn, report)
            case FundingReport():
                take_funding(turn, report)
            case OrderStatusReport():
                venue_word.status(turn, report, self._patience)
            case OrderEvidence():
                venue_word.evidence(turn, report, self._patience)
            case CancelRefused():
                venue_word.cancel_refused(turn, report)
            case AmendReport():
                amended(turn, report)
            case AmendRefused():
                amend_refused(turn, report)
            case OrderNotSent():
                venue_word.not_sent(turn, report, self._patience)
            case OrderOutcomeUnknown():
                venue_word.outcome_unknown(turn, report, self._patience)
            case OrderNotFound():
                venue_word.not_found(turn, report, self._patience)
            case QueryUnanswered():
                pass  # nothing was learnt; the order's watch asks again
            case AccountStatement():
                statements.take_statement(turn, report, self._patience)
            case StatementUnanswered():
                statements.unanswered(turn, report, self._patience)
            case SessionUp():
                sessions.session_up(turn, report, self._patience)
            case SessionDown():
                sessions.session_down(turn, report)
            case _:
                assert_never(report)

    def _wake(self, turn: Turn, message: WakeUp) -> None:
        match read_token(message.token):
            case StatementDue() as due:
                statements.due(turn, due)
            case HeldLook() as held:
                holding.look(turn, held.operation_id, self._patience)
            case TimeIsUp() as end:
                holding.end_in_time(turn, end.operation_id, self._patience)
            case TripLook() as due:
                look(turn, due.epoch, self._controls, self._patience)
            case FlattenDue() as due:
                look_at_positions(turn, due.raised_ns, self._patience)
            case PlanDue() as plan:
                working.plan_at(turn, plan.operation_id, plan.at_ns, self._patience)
            case StrategyGone() as gone:
                look_at_strategy(turn, gone.strategy, gone.cancel_at_ns, self._patience)
            case asked:
                venue_word.look_again(turn, asked, self._patience)


def _instrument_of(message: Told) -> InstrumentKey | None:
    match message:
        case SubmitOrder():
            return message.terms.instrument
        case Quote() | Book() | PublicTrades() | VolumeProfile() | FundingRate():
            return message.instrument
        case FillReport() | FundingReport() | OrderStatusReport():
            return message.instrument
        case OrderEvidence():
            return message.status.instrument
        case _:
            return None
