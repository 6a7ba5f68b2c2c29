"""Asking a venue what margin an order would need, before the order leaves."""

from __future__ import annotations

import asyncio

from ports.errors import NotSentError
from ports.reports import OrderNotSent, VenueMargin
from ports.requests import SendOrder
from ports.venue import StatesMargin, VenueSession


async def short_of_margin(session: VenueSession, order: SendOrder, call_s: float) -> OrderNotSent | None:
    """Return why an order must not leave; None: its venue says that the margin covers it.

    A venue that does not say within `call_s` seconds has let nothing pass: the order is not sent either, for another
    reason.
    """
    if not isinstance(session, StatesMargin):
        return _not_sent(order, f"the margin is not known: {session.venue} states none")
    try:
        async with asyncio.timeout(call_s):
            margin = await session.margin(order)
    except NotSentError as refused:
        return _not_sent(order, str(refused))
    except Exception as failure:  # a supervisor: no answer is no answer, whatever a venue's code raised
        return _not_sent(order, f"the margin is not known: {type(failure).__name__}: {failure}")
    return None if margin.is_enough else _not_sent(order, "the margin does not cover it", margin)


def _not_sent(order: SendOrder, reason: str, margin: VenueMargin | None = None) -> OrderNotSent:
    return OrderNotSent(account=order.account, client_order_id=order.client_order_id, reason=reason, margin=margin)
