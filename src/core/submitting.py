"""From a submit to a release or a refusal."""

from __future__ import annotations

from collections.abc import Sequence
from difflib import get_close_matches
from typing import Final, TypeGuard

from core.algos.draws import seed_of
from core.holding import hold, must_be_held, wake_at_its_end
from core.orders.identity import content_hash, names_of
from core.orders.validation import check_able, check_against, check_links, check_terms
from core.parents.terms import LONGEST_NAME, check_parent, conditions_of
from core.reconciliation.patience import Patience
from core.releasing import check_group, check_reduces, judged, judged_whole, refuse, release
from core.routing.direct import Listing, NoRoute, Route
from core.routing.recording import recorded
from core.routing.smart import choose
from core.turn import Turn
from ports.algorithms import Conditions
from ports.commands import NORMAL, OrderTerms, SubmitOrder
from ports.facts import OrderRecorded, OrderRouted, ParentStarted, QuoteUsed
from ports.instruments import MULTI, InstrumentKey
from ports.records import maker
from ports.replies import InvalidOrder, OperationConflict, OrderReply
from ports.values import AccountId

_new_order_recorded: Final = maker(OrderRecorded)
_new_order_routed: Final = maker(OrderRouted)
_new_order_reply: Final = maker(OrderReply)

_MOST_COMPARED: Final = 100  # some microseconds each, of the one thread that decides


def submit(turn: Turn, message: SubmitOrder, patience: Patience) -> None:
    """Record, route, judge and release a new order; answer a known one as it now is; record nothing of a bad one."""
    terms = message.terms
    known = turn.book.oms.get(terms.operation_id)
    if known is not None:
        if known.content_hash == content_hash(terms):
            turn.reply(_new_order_reply(order=known.view(), repeated=True))
        else:
            turn.reply(_conflict(terms))
        return
    wrong = record(turn, message, patience)
    if wrong is not None:
        turn.reply(wrong)
        return
    order = turn.book.oms.recorded(terms.operation_id)
    if order.is_split and order.is_worked:  # its legs leave, or are refused, later in this turn
        turn.reply_at_last(lambda: _new_order_reply(order=order.view()))
    else:
        turn.reply(_new_order_reply(order=order.view()))


def routed(turn: Turn, terms: OrderTerms) -> tuple[Route | NoRoute, InvalidOrder | None]:
    """Return where an order would go, and what is wrong with it; None means that it can be one of its instrument."""
    listings = _where_it_may_go(turn, terms)
    wrong = check_terms(terms, turn.now_ns) or check_links(terms, turn.book.oms) or _check_listed(turn, terms, listings)
    if wrong is not None:
        return NoRoute("NO_ROUTE", "it cannot be an order"), wrong
    route = choose(turn.book, terms, listings, turn.now_ns)
    if is_shared_out(route, terms):
        return route, _check_legs(turn, terms, route)
    listing = route.listing if isinstance(route, Route) else listings[0]
    wrong = (
        check_against(terms, listing.instrument)
        or check_parent(terms, listing.instrument, turn.book.extensions.algorithms)
        or check_able(terms, listing.abilities)
    )
    return route, wrong


def is_shared_out(route: Route | NoRoute, terms: OrderTerms) -> TypeGuard[Route]:
    """Say whether an order is worked by legs: the smart router chose, so that it may go on elsewhere.

    One that may not be split has one leg at a time. Where its name is too long to name legs after it, it is an order
    of its own, and ends where its venue refuses it.
    """
    has_sums = isinstance(route, Route) and route.decision is not None
    return has_sums and (terms.split_allowed or len(terms.operation_id) <= LONGEST_NAME)


def _check_legs(turn: Turn, terms: OrderTerms, route: Route) -> InvalidOrder | None:
    if len(terms.operation_id) > LONGEST_NAME:
        remedy = f"at most {LONGEST_NAME} characters, for its legs are named after it"
        return InvalidOrder(field="operation_id", value=terms.operation_id, remedy=remedy)
    legs = () if route.decision is None else route.decision.legs
    unable = [check_able(terms, turn.book.listing(leg.account, leg.instrument).abilities) for leg in legs]
    return next((wrong for wrong in unable if wrong is not None), None)


def record(turn: Turn, message: SubmitOrder, patience: Patience) -> InvalidOrder | None:
    """Record, route, judge and release an order whose operation id is new; of a bad one say why, and record nothing."""
    terms = message.terms
    route, wrong = routed(turn, terms)
    if wrong is not None:
        return wrong
    turn.fact(
        _new_order_recorded(
            operation_id=terms.operation_id,
            order_id=names_of(terms.operation_id).order_id,
            content_hash=content_hash(terms),
            terms=terms,
            principal=message.principal,
            received_ns=message.received_ns,
            recorded_ns=turn.now_ns,
        )
    )
    _place(turn, message, route, patience)
    return None


def _place(turn: Turn, message: SubmitOrder, route: Route | NoRoute, patience: Patience) -> None:
    terms = message.terms
    if turn.book.oms.is_tombstoned(terms.operation_id):
        refuse(turn, terms, "CANCELED_BEFORE_SUBMIT", "a cancel of this operation id came before its submit")
        return
    waited_ns = turn.now_ns - message.received_ns
    if message.max_age_ns is not None and waited_ns > message.max_age_ns:
        refuse(turn, terms, "TOO_OLD", f"it waited {waited_ns} ns, longer than its max_age of {message.max_age_ns} ns")
        return
    if isinstance(route, NoRoute):
        refuse(turn, terms, route.code, route.reason)
        return
    listing = route.listing
    if route.decision is not None:
        turn.fact(recorded(terms.operation_id, route.decision, turn.now_ns))
    if is_shared_out(route, terms):
        _share_out(turn, terms, route)
        return
    if terms.exec_algorithm != NORMAL:
        _begin_parent(turn, terms, route)
        return
    is_held = must_be_held(terms, listing.abilities)
    refused = None if is_held else check_group(turn, terms) or check_reduces(turn, terms, listing, terms.quantity)
    if refused is None:
        decision, refused = judged(turn, terms, listing, terms.quantity, names_of(terms.operation_id).decision_id)
        turn.fact(decision)
    if refused is not None:
        refuse(turn, terms, *refused)
        return
    turn.fact(_routed(terms, route))
    order = turn.book.oms.recorded(terms.operation_id)
    if is_held:
        hold(turn, order, patience)
    else:
        release(turn, terms, listing, terms.quantity, patience)
    wake_at_its_end(turn, order)


def _routed(terms: OrderTerms, route: Route) -> OrderRouted:
    return _new_order_routed(
        operation_id=terms.operation_id,
        venue=route.listing.venue,
        account=route.listing.account,
        instrument=route.listing.instrument.key,
        reason=route.reason,
        quotes=route.quotes,
    )


def _share_out(turn: Turn, terms: OrderTerms, route: Route) -> None:
    """Start an order over several venues; its legs are placed as soon as this turn's facts are looked at.

    Limits of one order's size hold for all of it; every other rule is asked about each leg.
    """
    decision, refused = judged_whole(turn, terms, route.listing)
    turn.fact(decision)
    if refused is not None:
        refuse(turn, terms, *refused)
        return
    several = route.decision is not None and len(route.decision.legs) > 1
    started = ParentStarted(operation_id=terms.operation_id, seed=0, conditions=Conditions(), started_ns=turn.now_ns)
    turn.fact(to_several(terms, route.reason, route.quotes) if several else _routed(terms, route), started)


def to_several(terms: OrderTerms, reason: str, quotes: tuple[QuoteUsed, ...]) -> OrderRouted:
    """Return the fact that an order has gone to more than one venue; its legs carry their own."""
    return _new_order_routed(
        operation_id=terms.operation_id,
        venue=MULTI,
        account=AccountId(MULTI),
        instrument=terms.instrument,
        reason=reason,
        quotes=quotes,
    )


def _begin_parent(turn: Turn, terms: OrderTerms, route: Route) -> None:
    """Start an order of an algorithm; its planner is asked as soon as this turn's facts are looked at."""
    decision, refused = judged_whole(turn, terms, route.listing)
    turn.fact(decision)
    if refused is not None:
        refuse(turn, terms, *refused)
        return
    turn.fact(_routed(terms, route), _started(turn, terms, route.listing))


def _started(turn: Turn, terms: OrderTerms, listing: Listing) -> ParentStarted:
    return ParentStarted(
        operation_id=terms.operation_id,
        seed=seed_of(terms.operation_id),
        conditions=conditions_of(terms, listing.instrument.key, turn.book.market),
        started_ns=turn.now_ns,
    )


def _where_it_may_go(turn: Turn, terms: OrderTerms) -> Sequence[Listing]:
    """Return where the instrument is traded; of an order that follows or replaces another, where that one went."""
    listings = turn.book.listings(terms.instrument)
    if not terms.oco_group and terms.after_operation_id is None:
        return listings
    order = turn.book.oms.linked(terms)
    if order is None:
        return listings
    return [one for one in listings if (one.account, one.instrument.key) == (order.account, order.instrument)]


def _conflict(terms: OrderTerms) -> OperationConflict:
    return OperationConflict(
        operation_id=terms.operation_id,
        reason="this operation id belongs to an order with other content; choose a new one for a new order",
    )


def _check_listed(turn: Turn, terms: OrderTerms, listings: Sequence[Listing]) -> InvalidOrder | None:
    if listings:
        return None
    return InvalidOrder(field="instrument_key", value=terms.instrument, remedy=_nearest(turn, terms.instrument))


def _nearest(turn: Turn, instrument: InstrumentKey) -> str:
    known = list(turn.book.venue_instruments())
    symbol = instrument.rpartition(":")[2]
    alike = [one for one in known if one.rpartition(":")[2][:2] == symbol[:2]]  # all of them would take too long
    near = get_close_matches(instrument, alike[:_MOST_COMPARED], n=3, cutoff=0.5)
    if not known:
        return "no venue has listed an instrument yet; wait until one is connected"
    return f"no venue lists it; near it: {', '.join(near)}" if near else "no venue lists it; see GET /api/instruments"
