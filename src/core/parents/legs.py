"""An order that the smart router shares out: its legs, and where what they leave goes on to.

The rule of the ledger is that of every parent: legs never come to more than the order. What one leg leaves goes to
another venue only where it is proven that no more of that leg can fill, and never while any leg is unconfirmed.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Final

from core.cancelling import take_back
from core.orders.order import Order
from core.parents.placing import child_id, note, place
from core.parents.terms import filled_of, left_of
from core.reconciliation.patience import Patience
from core.routing.decision import NoRouteFound
from core.routing.recording import recorded
from core.routing.smart import again, in_words
from core.submitting import to_several
from core.turn import Turn
from ports.commands import OrderTerms
from ports.facts import ParentEnded, RouteDecided, RouteLeg
from ports.instruments import MULTI
from ports.values import SYSTEM, ZERO, AccountId, OrderStatus, OrderType, Quantity, plain, round_down, round_up

GOES_ON: Final = "the rest of it goes on to where it is cheaper now"
_NOT_THERE: Final = frozenset({OrderStatus.REJECTED})  # refused by risk or its venue, never sent, or never arrived


def work_legs(turn: Turn, parent: Order, patience: Patience) -> None:
    """Do what is to be done for a split order as its legs are now."""
    legs = parent.children
    working = [leg for leg in legs if not leg.status.is_terminal]
    if parent.cancel_requested or filled_of(parent) >= parent.quantity:
        _take_all_back(turn, parent, working, patience)
    elif not legs:
        _place_all(turn, parent, _route(parent).legs, patience)
    else:
        _fit(turn, parent, working, patience)
        if all(leg.status is not OrderStatus.UNCONFIRMED for leg in working):
            _go_on(turn, parent, patience)
    if all(leg.status.is_terminal for leg in legs) and parent.is_worked:
        _end(turn, parent)


def _take_all_back(turn: Turn, parent: Order, working: Sequence[Order], patience: Patience) -> None:
    reason = "its order is taken back" if parent.cancel_requested else "its order is filled"
    for leg in working:
        if not leg.cancel_requested:
            take_back(turn, leg, SYSTEM, reason, patience)


def _fit(turn: Turn, parent: Order, working: Sequence[Order], patience: Patience) -> None:
    """After an amend: take back the newest legs until the rest fits, and those that work at another price."""
    excess = -left_of(parent)
    for leg in reversed(working):
        if excess > 0 or _is_mispriced(turn, parent, leg):
            excess -= leg.reserved
            if not leg.cancel_requested:
                take_back(turn, leg, SYSTEM, GOES_ON, patience)


def _is_mispriced(turn: Turn, parent: Order, leg: Order) -> bool:
    if parent.price is None or leg.account is None or leg.terms.order_type is not OrderType.LIMIT:
        return False
    tick = turn.book.listing(leg.account, leg.instrument).instrument.tick_size
    to_tick = round_down if leg.terms.side.sign > 0 else round_up
    return leg.price != to_tick(parent.price, tick)


def _go_on(turn: Turn, parent: Order, patience: Patience) -> None:
    """Route again what proven ends of legs have left of the order."""
    given_up = sum([leg.remaining for leg in parent.children if _is_given_up(leg)], ZERO)
    rest = left_of(parent) - given_up
    if rest <= 0:
        return
    gone = tuple(sorted({leg.account for leg in _refused(parent) if leg.account is not None}))
    terms = replace(_terms(parent), quantity=Quantity(rest), account=tied_to(turn, parent))
    found = again(turn.book, terms, gone, turn.now_ns)
    if isinstance(found, NoRouteFound):
        note(turn, parent, found.code, f"{plain(rest)} are left, and {in_words(found)}")
        return
    decided = recorded(parent.terms.operation_id, found, turn.now_ns)
    turn.fact(decided)
    if any(leg.account != parent.account for leg in decided.legs) and parent.venue != MULTI:
        turn.fact(to_several(parent.terms, f"goes on: {found.reason}", ()))
    _place_all(turn, parent, decided.legs, patience)


def tied_to(turn: Turn, parent: Order) -> AccountId | None:
    """Return where alone the rest of an order may go; None: anywhere.

    What follows it works where it went first: a stop there would close nothing of what is opened elsewhere.
    """
    is_followed = any(not one.status.is_terminal for one in turn.book.oms.contingent.after(parent))
    return parent.account if is_followed and parent.venue != MULTI else parent.terms.account


def _refused(parent: Order) -> Iterator[Order]:
    return (leg for leg in parent.children if leg.status in _NOT_THERE)


def _is_given_up(leg: Order) -> bool:
    """Say whether what a leg left is nobody's to place: it ended by its venue, its time, or a person's word."""
    return leg.status.is_terminal and leg.status not in _NOT_THERE and leg.cancel_reason != GOES_ON


def _place_all(turn: Turn, parent: Order, legs: Sequence[RouteLeg], patience: Patience) -> None:
    batch = len(parent.children) + 1
    for number, leg in enumerate(legs, start=batch):
        misfit = place(turn, parent, _terms_of(parent, leg, number, batch), patience)
        if misfit is not None:
            note(turn, parent, *misfit)
            take_back(turn, parent, SYSTEM, misfit[1], patience)
            return


def _terms(parent: Order) -> OrderTerms:
    return replace(parent.terms, quantity=parent.quantity, price=parent.price)


def _terms_of(parent: Order, leg: RouteLeg, number: int, batch: int) -> OrderTerms:
    return replace(
        parent.terms,
        operation_id=child_id(parent, number),
        parent_operation_id=parent.terms.operation_id,
        batch=batch,
        instrument=leg.instrument,
        account=leg.account,
        venues=(),
        split_allowed=False,
        quantity=leg.quantity,
        order_type=OrderType.MARKET if leg.price is None else OrderType.LIMIT,
        price=leg.price,
    )


def _route(parent: Order) -> RouteDecided:
    if parent.route is None:
        raise LookupError(f"{parent.terms.operation_id} was not routed over several venues")
    return parent.route


def _end(turn: Turn, parent: Order) -> None:
    status, code, reason = _ended_as(parent)
    turn.fact(
        ParentEnded(
            operation_id=parent.terms.operation_id, status=status, code=code, reason=reason, ended_ns=turn.now_ns
        )
    )
    turn.book.desk.forget(parent.terms.operation_id, parent.instrument)


def _ended_as(parent: Order) -> tuple[OrderStatus, str, str]:
    """Return how a split order ends with all its legs: FILLED, as it was taken back, or as its newest legs ended."""
    if filled_of(parent) >= parent.quantity:
        return OrderStatus.FILLED, "", ""
    last = parent.children[-1] if parent.children else None
    if parent.cancel_requested or last is None:
        return OrderStatus.CANCELED, "", parent.reason
    if not filled_of(parent) and all(leg.status in _NOT_THERE for leg in parent.children):
        return OrderStatus.REJECTED, last.reason_code, parent.reason or last.reason
    if any(leg.status is OrderStatus.EXPIRED for leg in parent.children):
        return OrderStatus.EXPIRED, "", last.reason
    code = parent.notices[-1] if parent.notices else ""
    return OrderStatus.CANCELED, code, parent.reason or last.reason
