"""Facts of the smart router: where an order goes and by which sums, and afterwards whether that was right.

Amounts in USD are against the reference price (docs/routing.md); basis points are of the notional.
"""

from __future__ import annotations

from decimal import Decimal

from ports.instruments import InstrumentKey
from ports.records import brief_record, record
from ports.values import AccountId, Liquidity, OperationId, Price, Quantity


@brief_record
class CostLine:
    """One part of a cost by its name in docs/routing.md; negative is earned."""

    name: str
    usd: Decimal


@record
class RouteLeg:
    """One part of the order: how much goes to which account, at which limit, and what that is expected to cost.

    `waits` is how much of it is expected to wait rather than to trade at once; where none is, `expected_price` is the
    average price at which the book let it be taken. None also in facts of before it was noted.
    """

    account: AccountId
    instrument: InstrumentKey
    quantity: Quantity
    price: Price | None
    waits: Decimal
    cost_usd: Decimal
    notional_usd: Decimal
    expected_price: Decimal | None = None


@record
class RouteCandidate:
    """What the order, or as much of it as one account could take alone, was expected to cost there."""

    account: AccountId
    instrument: InstrumentKey
    quantity: Decimal
    liquidity: Liquidity
    notional_usd: Decimal
    total_usd: Decimal
    lines: tuple[CostLine, ...]


@record
class RouteExclusion:
    """An account that was left out: in one word, and in a sentence."""

    account: AccountId
    instrument: InstrumentKey
    code: str
    reason: str


@record
class RouteDecided:
    """The router shared `quantity` of an order out; its legs sum to it exactly.

    `candidates` come cheapest first; `fallbacks` are the accounts to go on with where a leg is refused. `is_proven`
    says that no cheaper split existed by these sums.
    """

    operation_id: OperationId
    policy: str
    reason: str
    quantity: Decimal
    reference_price: Decimal
    legs: tuple[RouteLeg, ...]
    candidates: tuple[RouteCandidate, ...]
    excluded: tuple[RouteExclusion, ...]
    fallbacks: tuple[AccountId, ...]
    is_proven: bool
    decided_ns: int


@record
class RouteJudged:
    """What was paid for a routed order, beside the best that all venues offered when it had ended.

    Both are cash, prices and fees; `regret_usd` is how much less the best would have cost, negative where ours was
    cheaper.
    """

    operation_id: OperationId
    paid_usd: Decimal
    best_usd: Decimal
    regret_usd: Decimal
    regret_bps: Decimal
    best_at: tuple[AccountId, ...]
    judged_ns: int
