"""The size of one order, in the instrument's unit and in USD."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from core.risk.rule import ProposedOrder, RiskBook, Rule, at_most, limit_for
from ports.facts import Verdict


def max_order_quantity(limits: Mapping[str, Decimal]) -> Rule:
    """Refuse an order larger than its instrument's limit (RTS 6 Art. 15(1)(c), maximum order volumes)."""

    def check(order: ProposedOrder, book: RiskBook) -> Verdict:
        limit = limit_for(limits, order.instrument)
        if limit is None:
            return Verdict("max_order_quantity", True, str(order.quantity), "none", "instrument units")
        return at_most("max_order_quantity", order.quantity, limit, "instrument units")

    return check


def max_order_value(limit_usd: Decimal) -> Rule:
    """Refuse an order worth more than `limit_usd`, or whose worth is unknown (RTS 6 Art. 15(1)(b))."""

    def check(order: ProposedOrder, book: RiskBook) -> Verdict:
        return at_most("max_order_value", order.notional_usd, limit_usd, "USD")

    return check
