"""A decision of the router as the fact that keeps it."""

from __future__ import annotations

from decimal import Decimal

from core.routing.decision import CostSheet, RouteDecision
from core.routing.estimates import valuing
from ports.facts import CostLine, RouteCandidate, RouteDecided, RouteExclusion, RouteLeg
from ports.values import ZERO, OperationId


def recorded(operation_id: OperationId, decision: RouteDecision, now_ns: int) -> RouteDecided:
    """Return everything that a decision says of an order's route."""
    with valuing():
        return RouteDecided(
            operation_id=operation_id,
            policy=decision.policy,
            reason=decision.reason,
            quantity=decision.quantity,
            reference_price=decision.reference_price,
            legs=tuple(
                [
                    RouteLeg(
                        account=leg.account,
                        instrument=leg.instrument,
                        quantity=leg.quantity,
                        price=leg.price,
                        waits=leg.waits,
                        expected_price=leg.expected_price,
                        cost_usd=_sum([sheet.total_usd for sheet in leg.costs]),
                        notional_usd=_sum([sheet.notional_usd for sheet in leg.costs]),
                    )
                    for leg in decision.legs
                ]
            ),
            candidates=tuple([_candidate(sheet) for sheet in decision.candidates]),
            excluded=tuple(
                [
                    RouteExclusion(account=out.account, instrument=out.instrument, code=out.code, reason=out.reason)
                    for out in decision.excluded
                ]
            ),
            fallbacks=decision.fallbacks,
            is_proven=decision.is_proven,
            decided_ns=now_ns,
        )


def _candidate(sheet: CostSheet) -> RouteCandidate:
    return RouteCandidate(
        account=sheet.account,
        instrument=sheet.instrument,
        quantity=sheet.quantity,
        liquidity=sheet.liquidity,
        notional_usd=sheet.notional_usd,
        total_usd=sheet.total_usd,
        lines=tuple([CostLine(name, usd) for name, usd in sheet.lines_usd]),
    )


def _sum(amounts: list[Decimal]) -> Decimal:
    return sum(amounts, ZERO)
