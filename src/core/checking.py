"""What would become of an order: asked exactly as a submit would be, and nothing is recorded, reserved or sent."""

from __future__ import annotations

from core.holding import must_be_held
from core.judging import proposed
from core.releasing import check_group, check_reduces, judged_whole
from core.risk.engine import judge, refusal
from core.routing.direct import NoRoute, Route
from core.routing.recording import recorded
from core.submitting import is_shared_out, routed
from core.turn import Turn
from ports.commands import NORMAL, CheckOrder, OrderTerms
from ports.facts import RouteDecided
from ports.replies import CheckReply


def check_order(turn: Turn, message: CheckOrder) -> None:
    """Answer what routing and every rule would say of an order now; an operation id that is known does not matter."""
    terms = message.terms
    route, wrong = routed(turn, terms)
    if wrong is not None:
        turn.reply(wrong)
        return
    if isinstance(route, NoRoute):
        turn.reply(CheckReply(allowed=False, code=route.code, reason=route.reason))
        return
    if terms.exec_algorithm != NORMAL or is_shared_out(route, terms):
        turn.reply(_of_the_whole(turn, terms, route))
        return
    waits = must_be_held(terms, route.listing.abilities)
    held_back = None if waits else check_group(turn, terms) or check_reduces(turn, terms, route.listing, terms.quantity)
    order = proposed(turn, terms, route.listing, terms.quantity)
    order.is_what_if = True
    verdicts = judge(turn.book.rules, order, turn.book.risk_book)
    code, reason = held_back or refusal(verdicts) or ("", "")
    turn.reply(
        CheckReply(
            allowed=not code,
            code=code,
            reason=reason,
            verdicts=verdicts,
            price=order.price,
            notional_usd=order.notional_usd,
            venue=route.listing.venue,
            account=route.listing.account,
            instrument=order.instrument,
            route_reason=route.reason,
            quotes=route.quotes,
            routed=_sums(turn, terms, route),
        )
    )


def _sums(turn: Turn, terms: OrderTerms, route: Route) -> RouteDecided | None:
    return None if route.decision is None else recorded(terms.operation_id, route.decision, turn.now_ns)


def _of_the_whole(turn: Turn, terms: OrderTerms, route: Route) -> CheckReply:
    """Return what a submit of an order that others of its own work would be told: they are judged when they leave."""
    decision, refused = judged_whole(turn, terms, route.listing)
    code, reason = refused or ("", "")
    return CheckReply(
        allowed=not code,
        code=code,
        reason=reason,
        verdicts=decision.verdicts,
        price=decision.price,
        notional_usd=decision.notional_usd,
        venue=route.listing.venue,
        account=route.listing.account,
        instrument=route.listing.instrument.key,
        route_reason=route.reason,
        quotes=route.quotes,
        routed=_sums(turn, terms, route),
    )
