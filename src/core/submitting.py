"""From a submit to a release or a refusal."""

from __future__ import annotations

from collections.abc import Sequence
from difflib import get_close_matches

from core.orders.identity import content_hash, names_of
from core.orders.validation import check_against, check_terms
from core.reconciliation.patience import Patience
from core.reconciliation.steps import watch
from core.risk.engine import judge, refusal
from core.risk.rule import ProposedOrder
from core.routing.direct import Listing, NoRoute, Route, choose
from core.turn import Turn
from ports.commands import OrderTerms, SubmitOrder
from ports.facts import OrderRecorded, OrderRefused, OrderReleased, OrderRouted, RiskDecided
from ports.instruments import InstrumentKey
from ports.replies import InvalidOrder, OperationConflict, OrderReply
from ports.requests import SendOrder
from ports.values import multiply_rounded


def submit(turn: Turn, message: SubmitOrder, patience: Patience) -> None:
    """Record, route, judge and release a new order; answer a known one as it now is; record nothing of a bad one."""
    terms = message.terms
    known = turn.book.oms.get(terms.operation_id)
    digest = content_hash(terms)
    if known is not None:
        if known.content_hash == digest:
            turn.reply(OrderReply(order=known.view(), repeated=True))
        else:
            turn.reply(_conflict(terms))
        return
    listings = turn.book.listings(terms.instrument)
    wrong = check_terms(terms, turn.now_ns) or _check_listed(turn, terms, listings)
    route = choose(terms, listings, turn.book.market)
    if wrong is None:
        wrong = check_against(terms, (route.listing if isinstance(route, Route) else listings[0]).instrument)
    if wrong is not None:
        turn.reply(wrong)
        return
    turn.fact(
        OrderRecorded(
            operation_id=terms.operation_id,
            order_id=names_of(terms.operation_id).order_id,
            content_hash=digest,
            terms=terms,
            principal=message.principal,
            received_ns=message.received_ns,
            recorded_ns=turn.now_ns,
        )
    )
    _place(turn, message, route, patience)
    turn.reply(OrderReply(order=turn.book.oms.recorded(terms.operation_id).view()))


def _place(turn: Turn, message: SubmitOrder, route: Route | NoRoute, patience: Patience) -> None:
    terms = message.terms
    if turn.book.oms.is_tombstoned(terms.operation_id):
        _refuse(turn, terms, "CANCELED_BEFORE_SUBMIT", "a cancel of this operation id came before its submit")
        return
    waited_ns = turn.now_ns - message.received_ns
    if message.max_age_ns is not None and waited_ns > message.max_age_ns:
        _refuse(turn, terms, "TOO_OLD", f"it waited {waited_ns} ns, longer than its max_age of {message.max_age_ns} ns")
        return
    if isinstance(route, NoRoute):
        _refuse(turn, terms, route.code, route.reason)
        return
    decision, refused = _judge(turn, terms, route)
    if refused is not None:
        turn.fact(decision)
        _refuse(turn, terms, *refused)
        return
    _release(turn, terms, route, decision)
    watch(turn, turn.book.oms.recorded(terms.operation_id), patience)


def _judge(turn: Turn, terms: OrderTerms, route: Route) -> tuple[RiskDecided, tuple[str, str] | None]:
    book = turn.book
    key = route.listing.instrument.key
    price = book.market.price_of_order(key, terms.side, terms.price)
    unit_usd = book.market.unit_usd_at(key, price)
    order = ProposedOrder(
        strategy_id=terms.strategy_id,
        instrument=key,
        venue=route.listing.venue,
        account=route.listing.account,
        side=terms.side,
        quantity=terms.quantity,
        added=terms.quantity,
        price=price,
        unit_usd=unit_usd,
        notional_usd=None if unit_usd is None else multiply_rounded(terms.quantity, unit_usd),
        now_ns=turn.now_ns,
    )
    verdicts = judge(book.rules, order, book.risk_book)
    refused = refusal(verdicts)
    decision = RiskDecided(
        operation_id=terms.operation_id,
        decision_id=names_of(terms.operation_id).decision_id,
        allowed=refused is None,
        verdicts=verdicts,
        price=price,
        notional_usd=order.notional_usd,
    )
    return decision, refused


def _release(turn: Turn, terms: OrderTerms, route: Route, decision: RiskDecided) -> None:
    listing = route.listing
    client_order_id = names_of(terms.operation_id).client_order_id
    turn.fact(
        decision,
        OrderRouted(
            operation_id=terms.operation_id,
            venue=listing.venue,
            account=listing.account,
            instrument=listing.instrument.key,
            reason=route.reason,
            quotes=route.quotes,
        ),
        OrderReleased(
            operation_id=terms.operation_id,
            account=listing.account,
            instrument=listing.instrument.key,
            client_order_id=client_order_id,
            released_ns=turn.now_ns,
        ),
    )
    turn.request(
        SendOrder(
            account=listing.account,
            instrument=listing.instrument.key,
            client_order_id=client_order_id,
            side=terms.side,
            quantity=terms.quantity,
            order_type=terms.order_type,
            price=terms.price,
            time_in_force=terms.time_in_force,
            expire_time_ns=terms.expire_time_ns,
            post_only=terms.post_only,
        )
    )


def _refuse(turn: Turn, terms: OrderTerms, code: str, reason: str) -> None:
    turn.fact(OrderRefused(operation_id=terms.operation_id, code=code, reason=reason, refused_ns=turn.now_ns))


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
    near = get_close_matches(instrument, known, n=3, cutoff=0.5)
    if not known:
        return "no venue has listed an instrument yet; wait until one is connected"
    return f"no venue lists it; near it: {', '.join(near)}" if near else "no venue lists it; see GET /api/instruments"
