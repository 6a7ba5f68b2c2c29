"""No new order in a scope that is halted."""

from __future__ import annotations

from core.risk.rule import ProposedOrder, RiskBook
from ports.facts import Verdict

STATE = "state"  # the unit of a verdict that has no number


def not_halted(order: ProposedOrder, book: RiskBook) -> Verdict:
    """Refuse an order that may open risk in a halted scope (RTS 6 Art. 12; SEC 15c3-5(c)(1))."""
    if order.reduces:
        return Verdict("halt", True, "only reduces", "trading", STATE)
    halt = book.halts.covering(order.strategy_id, order.instrument, order.account, order.venue)
    if halt is None:
        return Verdict("halt", True, "trading", "trading", STATE)
    return Verdict("halt", False, f"{halt.scope} {halt.value}".rstrip() + f" halted: {halt.reason}", "trading", STATE)
