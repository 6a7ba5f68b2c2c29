"""Trading hours of an instrument or a venue."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from core.risk.rule import STATE, ProposedOrder, RiskBook, Rule, RuleCard, where_set
from ports.facts import Verdict
from ports.limits import ANY_KEY
from ports.trading_hours import parse_hours


def trading_hours(texts: Mapping[str, str]) -> Rule:
    """Refuse an order outside the weekly windows (UTC) of its instrument, else of its venue, else of `*`."""
    hours = {key: parse_hours("trading_hours", text) for key, text in texts.items()}
    opened = {one: Verdict("trading_hours", True, "open", one.text, STATE) for one in hours.values()}

    def check(order: ProposedOrder, book: RiskBook) -> Verdict:
        own = hours.get(order.instrument) or hours.get(order.venue) or hours.get(ANY_KEY)
        if own is None:
            return Verdict("trading_hours", True, "open", "always", STATE)
        if own.is_open(order.now_ns):
            return opened[own]
        remedy = f"the same order in {own.minutes_until_open(order.now_ns)} minutes"
        return Verdict("trading_hours", False, "closed", own.text, STATE, "", remedy)

    return check


CARDS: Final = (
    RuleCard(
        name="trading_hours",
        unit=STATE,
        settings=("trading_hours",),
        source="RTS 6 Art. 15(5) permission to trade; SEC 15c3-5(c)(2)(i)",
        says="Refuse an order outside the weekly windows (UTC) of its instrument or its venue.",
        build=lambda limits: where_set(trading_hours, limits.trading_hours),
    ),
)
