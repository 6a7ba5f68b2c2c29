"""One step of a parent: its planner is asked, and what it proposes is carried out as far as the parent allows."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Final

from core.cancelling import take_back
from core.orders.order import Order
from core.parents.desk import Worked
from core.parents.legs import work_legs
from core.parents.placing import GIVEN_UP, child_id, note, place
from core.parents.terms import filled_of, market_of, parent_terms, planner_for, progress_of
from core.parents.waiting_legs import look_at_legs, watch_legs
from core.reconciliation.patience import Patience, plan_due
from core.reconciliation.steps import open_break
from core.releasing import listing_of
from core.risk.halts import Whereabouts
from core.routing.direct import Listing
from core.turn import Turn
from ports.algorithms import ChildOrder, Ending, EndReason, ParentState, Step
from ports.commands import NORMAL, OrderTerms
from ports.facts import BreakKind, ParentEnded, ParentProgressed, ParentVolumeSeen
from ports.instruments import InstrumentKey
from ports.market_data import Quote
from ports.values import SYSTEM, ZERO, OperationId, OrderStatus, divide, plain

_ENDS_AS: Final = {
    EndReason.COMPLETE: OrderStatus.CANCELED,  # of one that has traded less after all: see `_end`
    EndReason.CANCELED: OrderStatus.CANCELED,
    EndReason.HORIZON: OrderStatus.EXPIRED,
    EndReason.PRICE_LIMIT: OrderStatus.EXPIRED,
    EndReason.REFUSED: OrderStatus.CANCELED,  # of one that has traded: see `_end`
    EndReason.REMAINDER_TOO_SMALL: OrderStatus.CANCELED,
}


def work(turn: Turn, parent: Order, patience: Patience) -> None:
    """Ask a parent's planner, and carry out what it says. While its account is away, nothing is asked.

    One that the router split has no planner: its legs are looked after.
    """
    if not parent.is_worked or parent.account is None:
        return
    if parent.is_split:
        work_legs(turn, parent, patience)
        watch_legs(turn, parent)
        return
    listing = listing_of(turn, parent)
    state = _state(turn, parent, listing)
    if not listing.is_ready and state is not ParentState.CANCELING:
        return  # it is asked when the account is ready
    terms = parent_terms(parent, listing.instrument)
    worked = turn.book.desk.get(parent.terms.operation_id) or _remembered(turn, parent, listing)
    traded = _volume(turn, parent, worked)
    worked.is_blind = traded is None and worked.planner.counts_trades
    market = market_of(turn.book.market.quote(parent.instrument), traded)
    step = worked.planner.plan(terms, progress_of(parent, state), market, turn.now_ns)
    if traded is not None and traded != parent.volume_seen and (step.place or step.ending is not None):
        turn.fact(ParentVolumeSeen(operation_id=parent.terms.operation_id, traded=traded, seen_ns=turn.now_ns))
    _carry_out(turn, parent, step, patience)


def progressed(turn: Turn, parent: Order) -> None:
    """A child of a parent has traded."""
    filled, status = filled_of(parent), parent.status
    if status.is_terminal:
        status = OrderStatus.FILLED if filled >= parent.quantity else status
    elif not parent.cancel_requested:
        status = OrderStatus.PARTIALLY_FILLED
    turn.fact(
        ParentProgressed(
            operation_id=parent.terms.operation_id,
            status=status,
            filled_quantity=filled,
            average_price=divide(parent.filled_value, filled),
            progressed_ns=turn.now_ns,
        )
    )
    if filled > parent.quantity:  # late trades, or an amend to less that came too late for a child
        operation_id = parent.terms.operation_id
        detail = f"{operation_id}: its children traded {plain(filled)} of {plain(parent.quantity)}"
        open_break(turn, f"overfill-{operation_id}", BreakKind.OVERFILL, parent.account, parent.instrument, detail)


def plan_at(turn: Turn, operation_id: OperationId, at_ns: int, patience: Patience) -> None:
    """The time has come that a parent's planner asked for, unless it has asked for another since."""
    parent, worked = turn.book.oms.get(operation_id), turn.book.desk.get(operation_id)
    if parent is not None and parent.is_split:
        look_at_legs(turn, parent, at_ns, patience)
    if parent is not None and worked is not None and worked.wake_ns == at_ns:
        work(turn, parent, patience)


def quoted(turn: Turn, quote: Quote, patience: Patience) -> None:
    """A new quote: does a parent's planner wait for it?"""
    for operation_id in turn.book.desk.watching(quote.instrument):
        parent, worked = turn.book.oms.recorded(operation_id), turn.book.desk.get(operation_id)
        if worked is None or worked.watch is None:
            continue
        # What it waits for may have traded before it wanted to be asked again: a quote reminds of it too.
        if worked.watch.is_met(parent.terms.side, market_of(quote, _volume(turn, parent, worked)), turn.now_ns):
            work(turn, parent, patience)


def trades_came(turn: Turn, instrument: InstrumentKey, patience: Patience) -> None:
    """Something has traded publicly: does a parent's planner wait for that?"""
    for operation_id in turn.book.desk.watching(instrument):
        parent, worked = turn.book.oms.recorded(operation_id), turn.book.desk.get(operation_id)
        if worked is None or not worked.planner.counts_trades:
            continue
        market = market_of(turn.book.market.quote(instrument), _volume(turn, parent, worked))
        if worked.is_blind or (
            worked.watch is not None and worked.watch.is_met(parent.terms.side, market, turn.now_ns)
        ):
            work(turn, parent, patience)


def _state(turn: Turn, parent: Order, listing: Listing) -> ParentState:
    if parent.cancel_requested:
        return ParentState.CANCELING
    terms = parent.terms
    where = Whereabouts(terms.strategy_id, parent.instrument, listing.account, listing.venue, terms.operation_id)
    halted = bool(turn.book.halts.covering(where)) and not terms.reduce_only
    return ParentState.PAUSED if halted else ParentState.WORKING


def _remembered(turn: Turn, parent: Order, listing: Listing) -> Worked:
    counted = turn.book.market.traded_since_start(parent.instrument)
    worked = Worked(
        planner_for(parent, listing.instrument, turn.book.extensions.algorithms),
        counted_from=ZERO if counted is None else counted,
        counted_before=ZERO if parent.volume_seen is None else parent.volume_seen,
    )
    return turn.book.desk.add(parent.terms.operation_id, worked)


def _volume(turn: Turn, parent: Order, worked: Worked) -> Decimal | None:
    """Return what has traded publicly since a parent started, as far as it was seen; None: nobody counts it.

    What traded while this process was not there is not in it: too little volume makes an order slower, never faster.
    """
    if not worked.planner.counts_trades:
        return None
    counted = turn.book.market.traded_since_start(parent.instrument)
    if counted is None:
        return parent.volume_seen
    return worked.counted_before + counted - worked.counted_from


def _carry_out(turn: Turn, parent: Order, step: Step, patience: Patience) -> None:
    for notice in step.notices:
        note(turn, parent, str(notice.code), notice.text)
    for number in step.cancel:
        take_back(turn, parent.children[number - 1], SYSTEM, f"{parent.terms.exec_algorithm} takes it back", patience)
    for child in step.place:
        if (misfit := place(turn, parent, _terms_of(parent, child), patience)) is not None:
            note(turn, parent, *misfit)
            take_back(turn, parent, SYSTEM, misfit[1], patience)
            break
    if step.ending is not None and all(child.status.is_terminal for child in parent.children):
        _end(turn, parent, step.ending)
        return
    wake_ns = None if step.wake_ns is None else max(step.wake_ns, turn.now_ns + 1)
    turn.book.desk.wait(parent.terms.operation_id, parent.instrument, wake_ns, step.watch)
    if wake_ns is not None:
        turn.request(plan_due(parent.terms.operation_id, wake_ns))


def _terms_of(parent: Order, child: ChildOrder) -> OrderTerms:
    return replace(
        parent.terms,
        operation_id=child_id(parent, child.number),
        parent_operation_id=parent.terms.operation_id,
        batch=child.batch,
        instrument=parent.instrument,
        account=parent.account,
        venues=(),
        quantity=child.quantity,
        order_type=child.order_type,
        price=child.price,
        time_in_force=child.time_in_force,
        post_only=child.post_only,
        exec_algorithm=NORMAL,
        exec_algorithm_params={},
    )


def _end(turn: Turn, parent: Order, ending: Ending) -> None:
    status, code, reason = _ENDS_AS[ending.reason], str(ending.reason), ending.text
    if parent.filled_quantity >= parent.quantity:
        status, code, reason = OrderStatus.FILLED, "", ""
    elif ending.reason is EndReason.REFUSED and not parent.filled_quantity:
        status = OrderStatus.REJECTED
    elif parent.notices and parent.notices[-1] in GIVEN_UP:
        code, reason = parent.notices[-1], parent.reason
    turn.fact(
        ParentEnded(
            operation_id=parent.terms.operation_id,
            status=status,
            code=code,
            reason=reason,
            ended_ns=turn.now_ns,
        )
    )
    turn.book.desk.forget(parent.terms.operation_id, parent.instrument)
