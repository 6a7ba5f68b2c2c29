"""From `risk_engine` to the limits that the book enforces."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Final

from app.settings import Settings
from ports.commands import Limits
from ports.limits import LIMIT_FIELDS, LimitKind, SelfTrade

# One each: a coin that leaves its peg is valued by the user's own `usd_per`.
DOLLARS: Final = ("USD", "USDT", "USDC", "BUSD", "FDUSD", "TUSD", "DAI")


def dollars(balances: Mapping[str, Decimal]) -> Decimal:
    """Return what accounts hold in dollars and coins that stand for one."""
    return sum((amount for coin, amount in balances.items() if coin in DOLLARS), Decimal(0))


def risk_limits(settings: Settings) -> Limits:
    """Return the limits that a configuration sets; one it leaves out is not set."""
    risk = settings.risk_engine
    return Limits(**{field.attribute: _held(field.kind, getattr(risk, field.name)) for field in LIMIT_FIELDS})


def _held(kind: LimitKind, value: Any) -> Any:
    """Return a limit as the book holds it."""
    match kind:
        case LimitKind.RATE_BY_CURRENCY:
            return {**dict.fromkeys(DOLLARS, Decimal(1)), **{key.upper(): rate for key, rate in value.items()}}
        case LimitKind.COUNT_BY_VENUE:
            return {key: Decimal(count) for key, count in value.items()}
        case LimitKind.SELF_TRADE:
            return SelfTrade(value)
        case _ if isinstance(value, Mapping):
            return dict(value)
        case _:
            return tuple(sorted(value)) if isinstance(value, tuple) else value
