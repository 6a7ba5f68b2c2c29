"""Gross notional of everything: positions and open orders, nothing netted."""

from __future__ import annotations

from decimal import Decimal

from core.risk.rule import ProposedOrder, RiskBook, Rule, at_most
from ports.facts import Verdict


def max_total_notional(limit_usd: Decimal) -> Rule:
    """Refuse an order that would lift gross notional over `limit_usd` (SEC 15c3-5(c)(1)(i), credit threshold).

    Counts every strategy's positions and every working, in-flight and unconfirmed order at full size.
    """

    def check(order: ProposedOrder, book: RiskBook) -> Verdict:
        return at_most("max_total_notional", _total_with(order, book), limit_usd, "USD")

    return check


def _total_with(order: ProposedOrder, book: RiskBook) -> Decimal | None:
    total = None if order.unit_usd is None else order.added * order.unit_usd
    for instrument, gross in book.exposure.gross_by_instrument().items():
        if not gross:
            continue
        unit_usd = book.market.unit_usd(instrument)
        if unit_usd is None or total is None:
            return None
        total += gross * unit_usd
    return total
