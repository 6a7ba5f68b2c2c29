"""An order that would meet an open order of ours in the same account."""

from __future__ import annotations

from typing import Final

from core.risk.rule import STATE, ProposedOrder, RiskBook, Rule, RuleCard
from ports.commands import Limits
from ports.facts import Verdict
from ports.limits import SelfTrade
from ports.values import Side, plain

_MEETS_NONE: Final = Verdict("self_trade", True, "meets none of ours", "none of ours", STATE)


def self_trade(policy: SelfTrade) -> Rule:
    """Refuse an order that would meet ours, of whichever strategy; or say that what it would meet is taken back.

    What a reduce-only order would meet is taken back whatever the policy: nothing of ours keeps a position open.
    """

    def check(order: ProposedOrder, book: RiskBook) -> Verdict:
        met = book.resting.met_by(order.account, order.instrument, order.side, order.limit_price)
        if met is None:
            return _MEETS_NONE
        price = met.price if met.amending is None else met.amending.price
        value = f"meets {met.terms.operation_id} of {met.terms.strategy_id}"
        if policy is SelfTrade.CANCEL_RESTING or (order.reduces and not order.is_amend):
            return Verdict("self_trade", True, value, "none of ours", STATE, "what it meets is canceled first")
        worse = "below" if order.side is Side.BUY else "above"
        remedy = f"a limit {worse} {plain(price)}" if price is not None else "when it is gone"
        return Verdict("self_trade", False, value, "none of ours", STATE, "", remedy)

    return check


def _build(limits: Limits) -> Rule | None:
    return None if limits.self_trade is SelfTrade.ALLOW else self_trade(limits.self_trade)


CARDS: Final = (
    RuleCard(
        name="self_trade",
        unit=STATE,
        settings=("self_trade",),
        source="MAR Art. 12 wash trades; FIA self-match prevention",
        says="Refuse an order that would meet an open one of ours in its account, or take that back first.",
        build=_build,
        holds_reducing=True,
    ),
)
