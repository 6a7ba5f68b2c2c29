"""What the orchestrator hears of a request that cannot be carried out."""

from __future__ import annotations

from ports.reports import (
    AmendRefused,
    CancelRefused,
    OrderNotSent,
    OrderStatusReport,
    QueryUnanswered,
    Report,
    StatementUnanswered,
    VenueOrderStatus,
)
from ports.requests import AskStatement, OrderRequest, QueryOrder, SendAmend, SendCancel, SendOrder, VenueRequest


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


def refused_by_venue(request: OrderRequest, reason: str, now_ns: int) -> Report:
    """Return what a venue's definitive refusal means."""
    account, name = request.account, request.client_order_id
    match request:
        case SendOrder():
            return OrderStatusReport(
                account=account,
                instrument=request.instrument,
                client_order_id=name,
                status=VenueOrderStatus.REJECTED,
                reason=reason,
                venue_time_ns=now_ns,
            )
        case SendCancel():
            return CancelRefused(account=account, client_order_id=name, reason=reason)
        case SendAmend():
            return AmendRefused(account=account, client_order_id=name, reason=reason)
        case QueryOrder():  # a venue that will not say has said nothing
            return QueryUnanswered(account=account, client_order_id=name, reason=reason)
