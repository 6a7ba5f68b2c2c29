"""What a rule is: an order and the book in, a verdict out."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache

from core.market.view import MarketView
from core.positions.exposure import ExposureBook
from core.risk.halts import Halts
from core.risk.order_rates import OrderRates
from ports.facts import Verdict
from ports.instruments import InstrumentKey
from ports.values import AccountId, OperationId, Quantity, Side, StrategyId, VenueId, plain, to_places

type Rule = Callable[[ProposedOrder, RiskBook], Verdict]


@dataclass(slots=True, kw_only=True)
class ProposedOrder:
    """An order on its way to a venue. `price` is what it is valued at; None means no price is known."""

    strategy_id: StrategyId
    instrument: InstrumentKey
    venue: VenueId
    account: AccountId
    side: Side
    quantity: Quantity  # the whole order
    added: Quantity  # what it adds to what the book counts already: all of a new order, the rise of an amended one
    price: Decimal | None
    unit_usd: Decimal | None  # what one unit is worth at `price`; None means it cannot be valued
    notional_usd: Decimal | None
    now_ns: int
    operation_id: OperationId
    reduces: bool = False  # it closes what its strategy holds, and can open nothing


@dataclass(slots=True)
class RiskBook:
    """What rules may look at; none of it counts the proposed order yet."""

    exposure: ExposureBook
    market: MarketView
    rates: OrderRates
    halts: Halts


def at_most(rule: str, value: Decimal | None, limit: Decimal, unit: str) -> Verdict:
    """Return the verdict of a rule that wants `value <= limit`; an unknown value does not pass."""
    if value is None:
        return Verdict(rule, False, "unknown", _text_of(limit), unit)
    return Verdict(rule, value <= limit, plain(to_places(value)), _text_of(limit), unit)


@lru_cache(maxsize=4096)  # limits are few, and every order is told all of them
def _text_of(limit: Decimal) -> str:
    return plain(limit)


def limit_for(limits: Mapping[str, Decimal], key: str) -> Decimal | None:
    """Return the limit of a key: its own, else the default under `*`, else None."""
    own = limits.get(key)
    return own if own is not None else limits.get("*")
