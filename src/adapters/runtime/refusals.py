"""What the orchestrator hears of a request that cannot be carried out."""

from __future__ import annotations

from ports.reports import AmendRefused, OrderNotSent, QueryUnanswered, Report, StatementUnanswered
from ports.requests import AskStatement, QueryOrder, SendAmend, SendCancel, SendOrder, VenueRequest


def refusal_of(request: VenueRequest, reason: str) -> Report | None:
    """Return the report; None for a cancel: the order's watch, or the session's coming up, asks and cancels again."""
    account = request.account
    match request:
        case SendOrder():
            return OrderNotSent(account=account, client_order_id=request.client_order_id, reason=reason)
        case SendCancel():
            return None
        case SendAmend():
            return AmendRefused(account=account, client_order_id=request.client_order_id, reason=reason)
        case QueryOrder():
            return QueryUnanswered(account=account, client_order_id=request.client_order_id, reason=reason)
        case AskStatement():
            return StatementUnanswered(account=account, reason=reason)
