"""Positions per instrument, strategy, venue and base asset and over all, with every open order at its worst."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Final

from core.risk.rule import (
    ProposedOrder,
    RiskBook,
    Rule,
    RuleCard,
    at_most,
    bound,
    bounds,
    not_limited,
    where_set,
)
from core.risk.totals import counted, usd, worst_usd
from ports.commands import Limits
from ports.facts import Verdict

_SOURCE: Final = "RTS 6 Art. 15(4) and (5); SEC 15c3-5(c)(1)(i); FIA maximum position"
_UNITS: Final = "instrument units"


def max_position_per_instrument(limits: Mapping[str, Decimal]) -> Rule:
    """Refuse an order after which the net position over all strategies could pass its instrument's limit."""

    own, default = bounds(limits)

    def check(order: ProposedOrder, book: RiskBook) -> Verdict:
        limit = own.get(order.instrument, default)
        if limit is None:
            return not_limited("max_position_per_instrument", _UNITS)
        return at_most("max_position_per_instrument", counted(order, book).own.worst_case, limit, _UNITS)

    return check


def max_position_per_strategy(limits_usd: Mapping[str, Decimal]) -> Rule:
    """Refuse an order after which its strategy's positions, added up, could be worth more than its limit."""

    own, default = bounds(limits_usd)

    def check(order: ProposedOrder, book: RiskBook) -> Verdict:
        limit = own.get(order.strategy_id, default)
        if limit is None:
            return not_limited("max_position_per_strategy", "USD")
        would_be = worst_usd(book.exposure.of_strategy(order.strategy_id), order, book)
        return at_most("max_position_per_strategy", would_be, limit, "USD")

    return check


def max_position_per_venue(limits_usd: Mapping[str, Decimal]) -> Rule:
    """Refuse an order after which its venue's net positions, added up, could be worth more than its limit."""

    own, default = bounds(limits_usd)

    def check(order: ProposedOrder, book: RiskBook) -> Verdict:
        limit = own.get(order.venue, default)
        if limit is None:
            return not_limited("max_position_per_venue", "USD")
        would_be = worst_usd(book.exposure.of_venue(order.venue), order, book)
        return at_most("max_position_per_venue", would_be, limit, "USD", order.venue)

    return check


def max_position_global(limit_usd: Decimal) -> Rule:
    """Refuse an order after which all net positions, added up, could be worth more than `limit_usd`."""

    bounded = bound(limit_usd)

    def check(order: ProposedOrder, book: RiskBook) -> Verdict:
        return at_most("max_position_global", usd(order, book).worst, bounded, "USD")

    return check


def max_total_notional(limit_usd: Decimal) -> Rule:
    """Refuse an order that would lift gross notional over `limit_usd`.

    Counts every strategy's positions and every working, in-flight and unconfirmed order at full size.
    """

    bounded = bound(limit_usd)

    def check(order: ProposedOrder, book: RiskBook) -> Verdict:
        return at_most("max_total_notional", usd(order, book).notional, bounded, "USD")

    return check


def _card(name: str, unit: str, says: str, build: Callable[[Limits], Rule | None]) -> RuleCard:
    return RuleCard(
        name=name,
        unit=unit,
        settings=(name,),
        source=_SOURCE,
        says=says,
        build=build,
        eases_with_size=True,
        stands_if_not_raised=True,
    )


CARDS: Final = (
    _card(
        "max_position_per_instrument",
        _UNITS,
        "Refuse an order after which the net position over all strategies could pass its instrument's limit.",
        lambda limits: where_set(max_position_per_instrument, limits.max_position_per_instrument),
    ),
    _card(
        "max_position_per_strategy",
        "USD",
        "Refuse an order after which its strategy's positions, added up, could be worth more than its limit.",
        lambda limits: where_set(max_position_per_strategy, limits.max_position_per_strategy_usd),
    ),
    _card(
        "max_position_per_venue",
        "USD",
        "Refuse an order after which its venue's net positions, added up, could be worth more than its limit.",
        lambda limits: where_set(max_position_per_venue, limits.max_position_per_venue_usd),
    ),
    _card(
        "max_position_global",
        "USD",
        "Refuse an order after which all net positions, added up, could be worth more than the limit.",
        lambda limits: where_set(max_position_global, limits.max_position_global_usd),
    ),
    _card(
        "max_total_notional",
        "USD",
        "Refuse an order that would lift positions and open orders, nothing netted, over the limit.",
        lambda limits: where_set(max_total_notional, limits.max_total_notional_usd),
    ),
)
