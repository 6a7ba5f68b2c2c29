"""What no command of the book carries, asked for by name: may this principal trade for that strategy?"""

from __future__ import annotations

from adapters.doors.errors import RefusedError
from adapters.doors.roles import not_your_role
from adapters.doors.service import Service
from ports.values import Principal


def demand_trade(service: Service, principal: Principal, strategy: str | None) -> None:
    """Make sure that a principal may trade for a strategy.

    Raises:
        RefusedError: it may not; nothing was changed.
    """
    grant = service.auth.grant(principal)
    if not grant.may_trade(strategy):
        raise RefusedError(not_your_role(principal, grant))
