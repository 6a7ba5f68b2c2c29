"""No new order in a scope that is halted."""

from __future__ import annotations

from core.risk.halts import Whereabouts
from core.risk.rule import ProposedOrder, RiskBook
from ports.commands import HaltMode
from ports.facts import Verdict

STATE = "state"  # the unit of a verdict that has no number


def not_halted(order: ProposedOrder, book: RiskBook) -> Verdict:
    """Refuse an order that may open risk in a halted scope (RTS 6 Art. 12; SEC 15c3-5(c)(1)).

    Reduce-only orders pass. Where every halt that covers it lets orders reduce, one that only shrinks its strategy's
    position, with all its open orders of that side counted, passes too.
    """
    where = Whereabouts(order.strategy_id, order.instrument, order.account, order.venue, order.operation_id)
    halts = book.halts.covering(where)
    if not halts:
        return Verdict("halt", True, "trading", "trading", STATE)
    if order.reduces or (all(halt.mode is HaltMode.REDUCE for halt in halts) and _shrinks(order, book)):
        return Verdict("halt", True, "only reduces", "trading", STATE)
    halt = halts[0]
    return Verdict("halt", False, f"{halt.scope} {halt.value}".rstrip() + f" halted: {halt.reason}", "trading", STATE)


def _shrinks(order: ProposedOrder, book: RiskBook) -> bool:
    held = book.exposure.of(order.strategy_id, order.instrument)
    return order.added <= -order.side.sign * held.position - held.open_on(order.side)
