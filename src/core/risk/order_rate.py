"""Orders per second and per minute, in all and by strategy."""

from __future__ import annotations

from core.risk.rule import ProposedOrder, RiskBook, Rule
from ports.facts import Verdict


def max_orders_per_second(limit: int) -> Rule:
    """Refuse an order beyond `limit` released in one second over all strategies (RTS 6 Art. 15(2), throttles)."""

    def check(order: ProposedOrder, book: RiskBook) -> Verdict:
        would_be = book.rates.in_last_second(order.now_ns) + 1
        return Verdict("max_orders_per_second", would_be <= limit, str(would_be), str(limit), "orders/s")

    return check


def max_orders_per_minute(limit: int) -> Rule:
    """Refuse an order beyond `limit` released in one minute over all strategies."""

    def check(order: ProposedOrder, book: RiskBook) -> Verdict:
        would_be = book.rates.in_last_minute(order.now_ns) + 1
        return Verdict("max_orders_per_minute", would_be <= limit, str(would_be), str(limit), "orders/min")

    return check


def max_orders_per_second_per_strategy(limit: int) -> Rule:
    """Refuse an order beyond `limit` released in one second by its strategy."""

    def check(order: ProposedOrder, book: RiskBook) -> Verdict:
        would_be = book.rates.in_last_second(order.now_ns, order.strategy_id) + 1
        return Verdict("max_orders_per_second_per_strategy", would_be <= limit, str(would_be), str(limit), "orders/s")

    return check


def max_orders_per_minute_per_strategy(limit: int) -> Rule:
    """Refuse an order beyond `limit` released in one minute by its strategy."""

    def check(order: ProposedOrder, book: RiskBook) -> Verdict:
        would_be = book.rates.in_last_minute(order.now_ns, order.strategy_id) + 1
        return Verdict("max_orders_per_minute_per_strategy", would_be <= limit, str(would_be), str(limit), "orders/min")

    return check
