"""No new order in a scope that is halted."""

from __future__ import annotations

from typing import Final

from core.risk.halts import Whereabouts
from core.risk.rule import STATE, ProposedOrder, RiskBook, RuleCard
from ports.commands import HaltMode
from ports.facts import Verdict

_TRADING: Final = Verdict("halt", True, "trading", "trading", STATE)


def not_halted(order: ProposedOrder, book: RiskBook) -> Verdict:
    """Refuse an order that may open risk in a halted scope.

    Reduce-only orders pass. Where every halt that covers it lets orders reduce, one that only shrinks its strategy's
    position, with all its open orders of that side counted, passes too.
    """
    if not book.halts.any():  # nearly always
        return _TRADING
    where = Whereabouts(
        order.strategy_id, order.instrument, order.account, order.venue, order.operation_id, order.parent_operation_id
    )
    halts = book.halts.covering(where)
    if not halts:
        return _TRADING
    if order.reduces or (all(halt.mode is HaltMode.REDUCE for halt in halts) and order.only_reduces(book)):
        return Verdict("halt", True, "only reduces", "trading", STATE)
    halt = halts[0]
    value = f"{halt.scope} {halt.value}".rstrip() + f" halted: {halt.reason}"
    return Verdict("halt", False, value, "trading", STATE, "", "the same order after a resume")


CARDS: Final = (
    RuleCard(
        name="halt",
        unit=STATE,
        settings=(),
        source="RTS 6 Art. 12 kill functionality; SEC 15c3-5(c)(1)",
        says="Refuse an order that may open risk in a halted scope.",
        build=lambda limits: not_halted,
    ),
)
