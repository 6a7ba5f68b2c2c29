"""What risk and routing decided of an order, or would: each rule's word with its headroom, as plain data."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal, InvalidOperation
from typing import Any, Final

from adapters.doors.errors import Kind, Refusal, RefusedError, refusal_of_reply
from adapters.doors.orders import OrderFields, read_order
from adapters.doors.render import Plain
from adapters.doors.routes import body_of, routing_plain
from adapters.doors.service import Service
from adapters.doors.submitting import unexpected
from adapters.doors.text import read_name
from ports.commands import CheckOrder
from ports.facts import OrderRouted, RiskDecided
from ports.projections import OrderHistory, TimelineEvent
from ports.replies import CheckReply, InvalidOrder
from ports.values import DecisionId, Principal, plain

RISK: Final = RiskDecided.__name__
ROUTE: Final = OrderRouted.__name__
_AT_LEAST: Final = ("min_", "duplicate")  # a rule whose name begins so has its limit below


async def check_order(service: Service, order: OrderFields, principal: Principal) -> Plain:
    """Return what risk and routing would say of an order now, as a `CheckOrderResponse`; nothing is recorded or sent.

    Raises:
        InvalidInputError: the order cannot be read; the book was not asked.
        RefusedError: it cannot be an order of that instrument.
        MailboxFullError, JournalUnavailableError, ShuttingDownError: as the gateway.
    """
    now_ns = service.clock()
    command = CheckOrder(terms=read_order(order, principal, now_ns).terms, principal=principal)
    reply = (await service.gateway.ask(command)).reply
    if isinstance(reply, InvalidOrder):
        raise RefusedError(refusal_of_reply(reply))
    if not isinstance(reply, CheckReply):
        raise unexpected(reply)
    return _checked(reply, plain(command.terms.quantity), now_ns)


async def find_decision(service: Service, text: str, min_sequence: int = 0) -> Plain:
    """Return the decision on a recorded order by its id.

    Raises:
        InvalidInputError: no id can look so.
        RefusedError: there is no such decision.
        NotYetVisibleError: the reads did not reach `min_sequence` in time.
    """
    decision_id = DecisionId(read_name("decision_id", text))
    history = await service.queries.decision(decision_id, min_sequence)
    risk = None if history is None else _decision(history, decision_id)
    if history is None or risk is None:
        remedy = "see decision_id of an order, which is empty until risk was asked"
        raise RefusedError(
            Refusal(Kind.NOT_FOUND, f"decision_id: {text!r} is not known: {remedy}", "decision_id", text, remedy)
        )
    route = _event(history, ROUTE)
    return {
        "operation_id": history.order.operation_id,
        "risk": {
            "decision_id": decision_id,
            "approved": risk.body["allowed"],
            "verdicts": verdicts_plain(risk.body["verdicts"]),
            "decided_at_ns": risk.ts_ns,
        },
        "price": risk.body["price"] or "",
        "notional_usd": risk.body["notional_usd"] or "",
        "routing": None if route is None else dict(route.body),
        "sequence": history.timeline[-1].seq,
    }


def with_headroom(decision: Mapping[str, Any] | None) -> Plain | None:
    """Return the body of a decision with the headroom of each rule; None where risk was not asked."""
    return None if decision is None else {**decision, "verdicts": verdicts_plain(decision["verdicts"])}


def verdicts_plain(verdicts: Iterable[Mapping[str, Any]]) -> list[Plain]:
    """Return verdicts as they were recorded, each with its headroom; older ones lack what they were reckoned from."""
    return [
        {
            "rule": one["rule"],
            "passed": one["passed"],
            "value": one["value"],
            "limit": one["limit"],
            "unit": one["unit"],
            "headroom": headroom(one["rule"], one["value"], one["limit"]),
            "seen": one.get("seen", ""),
            "remedy": one.get("remedy", ""),
        }
        for one in verdicts
    ]


def headroom(rule: str, value: str, limit: str) -> str:
    """Return how far a value is within its limit (negative: beyond it); empty where one of them is no number."""
    try:
        room = Decimal(limit) - Decimal(value)
    except InvalidOperation:
        return ""
    return plain(-room if rule.startswith(_AT_LEAST) else room)


def _decision(history: OrderHistory, decision_id: DecisionId) -> TimelineEvent | None:
    """Return the decision itself: an order that waited is decided on twice."""
    events = (event for event in history.timeline if event.kind == RISK)
    return next((event for event in events if event.body["decision_id"] == decision_id), None)


def _event(history: OrderHistory, kind: str) -> TimelineEvent | None:
    return next((event for event in history.timeline if event.kind == kind), None)


def _checked(reply: CheckReply, amount: str, now_ns: int) -> Plain:
    verdicts = [
        {
            "rule": one.rule,
            "passed": one.passed,
            "value": one.value,
            "limit": one.limit,
            "unit": one.unit,
            "seen": one.seen,
            "remedy": one.remedy,
        }
        for one in reply.verdicts
    ]
    return {
        "would_accept": reply.allowed,
        "risk": {
            "decision_id": "",
            "approved": reply.allowed,
            "verdicts": verdicts_plain(verdicts),
            "decided_at_ns": now_ns,
        },
        "routing": _route(reply, amount, now_ns),
        "reason_code": reply.code,
        "error_message": reply.reason,
    }


def _route(reply: CheckReply, amount: str, now_ns: int) -> Plain | None:
    if reply.instrument is None or reply.account is None:
        return None
    if reply.routed is not None:
        quotes = {
            str(one.instrument): {"bid": plain(one.bid), "ask": plain(one.ask), "received_ns": one.received_ns}
            for one in reply.quotes
        }
        return routing_plain(body_of(reply.routed), now_ns, quotes)
    chosen = str(reply.instrument)
    return {
        "legs": [{"instrument_key": chosen, "account": reply.account, "amount": amount}],
        "candidates": [
            {
                "instrument_key": str(quote.instrument),
                "eligible": True,
                "bid": plain(quote.bid),
                "ask": plain(quote.ask),
                "quote_age_ns": max(now_ns - quote.received_ns, 0),
            }
            for quote in reply.quotes
        ],
        "decided_at_ns": now_ns,
    }
