"""Positions per instrument, per strategy and over all, with every open order at its worst."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from core.market.view import MarketView
from core.positions.exposure import Exposure
from core.risk.rule import ProposedOrder, RiskBook, Rule, at_most, limit_for
from ports.facts import Verdict
from ports.instruments import InstrumentKey


def max_position_per_instrument(limits: Mapping[str, Decimal]) -> Rule:
    """Refuse an order after which the net position over all strategies could pass its instrument's limit."""

    def check(order: ProposedOrder, book: RiskBook) -> Verdict:
        limit = limit_for(limits, order.instrument)
        if limit is None:
            return Verdict("max_position_per_instrument", True, "not limited", "none", "instrument units")
        would_be = book.exposure.of_instrument(order.instrument).with_order(order.side, order.added)
        return at_most("max_position_per_instrument", would_be.worst_case, limit, "instrument units")

    return check


def max_position_per_strategy(limits_usd: Mapping[str, Decimal]) -> Rule:
    """Refuse an order after which its strategy's positions, added up, could be worth more than its limit."""

    def check(order: ProposedOrder, book: RiskBook) -> Verdict:
        limit = limit_for(limits_usd, order.strategy_id)
        if limit is None:
            return Verdict("max_position_per_strategy", True, "not limited", "none", "USD")
        would_be = _worst_case_usd(book.exposure.of_strategy(order.strategy_id), order, book.market)
        return at_most("max_position_per_strategy", would_be, limit, "USD")

    return check


def max_position_global(limit_usd: Decimal) -> Rule:
    """Refuse an order after which all net positions, added up, could be worth more than `limit_usd`."""

    def check(order: ProposedOrder, book: RiskBook) -> Verdict:
        would_be = _worst_case_usd(book.exposure.by_instrument(), order, book.market)
        return at_most("max_position_global", would_be, limit_usd, "USD")

    return check


def _worst_case_usd(held: Mapping[InstrumentKey, Exposure], order: ProposedOrder, market: MarketView) -> Decimal | None:
    """Return the worst-case positions in USD with the order counted; None where one cannot be valued."""
    if order.unit_usd is None:
        return None
    own = (held.get(order.instrument) or Exposure()).with_order(order.side, order.added)
    total = own.worst_case * order.unit_usd
    for instrument, exposure in held.items():
        if instrument == order.instrument or not (worst := exposure.worst_case):
            continue
        unit_usd = market.unit_usd(instrument)
        if unit_usd is None:
            return None
        total += worst * unit_usd
    return total
