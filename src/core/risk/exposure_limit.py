"""Exposure by base asset, over all its instruments: net, gross, and how much of it is one asset."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Final

from core.risk.rule import (
    NOT_JUDGED,
    ProposedOrder,
    RiskBook,
    Rule,
    RuleCard,
    at_most,
    bound,
    bounds,
    not_limited,
    shown,
    where_set,
)
from core.risk.totals import by_base, worst_of
from ports.commands import Limits
from ports.facts import Verdict
from ports.values import ZERO, bps_of

_SOURCE: Final = "RTS 6 Art. 15(4) and (5) market risk limits; SEC 15c3-5(c)(1)(i)"


def max_position_per_base(limits_usd: Mapping[str, Decimal]) -> Rule:
    """Refuse an order after which the net position of its base asset could be worth more than its limit."""

    own, default = bounds(limits_usd)

    def check(order: ProposedOrder, book: RiskBook) -> Verdict:
        base = book.exposure.base_of(order.instrument)
        limit = own.get(base, default)
        if limit is None:
            return not_limited("max_position_per_base", "USD")
        net = by_base(order, book).nets[base]
        return at_most("max_position_per_base", None if net is None else worst_of(net), limit, "USD", base)

    return check


def max_gross_by_base(limit_usd: Decimal) -> Rule:
    """Refuse an order after which net positions of base assets, added up, could be worth more than `limit_usd`."""

    bounded = bound(limit_usd)

    def check(order: ProposedOrder, book: RiskBook) -> Verdict:
        return at_most("max_gross_by_base", by_base(order, book).gross, bounded, "USD")

    return check


def max_net_exposure(limit_usd: Decimal) -> Rule:
    """Refuse an order after which long less short over everything could be further from zero than `limit_usd`."""

    bounded = bound(limit_usd)

    def check(order: ProposedOrder, book: RiskBook) -> Verdict:
        return at_most("max_net_exposure", by_base(order, book).net, bounded, "USD")

    return check


def max_concentration(limits_bps: Mapping[str, Decimal], from_usd: Decimal) -> Rule:
    """Refuse an order after which its base asset could be more of the gross by base than its limit.

    Not judged while that gross is below `from_usd`: the first position is always all of it.
    """

    own, default = bounds(limits_bps)

    def check(order: ProposedOrder, book: RiskBook) -> Verdict:
        base = book.exposure.base_of(order.instrument)
        limit = own.get(base, default)
        if limit is None:
            return not_limited("max_concentration", "bps")
        sums = by_base(order, book)
        net, gross = sums.nets[base], sums.gross
        if net is None or gross is None:
            return at_most("max_concentration", None, limit, "bps", base)
        if gross < from_usd or not gross:
            return Verdict("max_concentration", True, NOT_JUDGED, limit.text, "bps", f"of {shown(gross)} USD")
        return at_most("max_concentration", bps_of(worst_of(net), gross), limit, "bps", base)

    return check


def _build_concentration(limits: Limits) -> Rule | None:
    if not limits.max_concentration_bps:
        return None
    return max_concentration(limits.max_concentration_bps, limits.concentration_from_usd or ZERO)


CARDS: Final = (
    RuleCard(
        name="max_position_per_base",
        unit="USD",
        settings=("max_position_per_base",),
        source=_SOURCE,
        says="Refuse an order after which the net position of its base asset could be worth more than its limit.",
        build=lambda limits: where_set(max_position_per_base, limits.max_position_per_base_usd),
        eases_with_size=True,
        stands_if_not_raised=True,
    ),
    RuleCard(
        name="max_gross_by_base",
        unit="USD",
        settings=("max_gross_by_base",),
        source=_SOURCE,
        says="Refuse an order after which net positions of base assets, added up, could be worth more than the limit.",
        build=lambda limits: where_set(max_gross_by_base, limits.max_gross_by_base_usd),
        eases_with_size=True,
        stands_if_not_raised=True,
    ),
    RuleCard(
        name="max_net_exposure",
        unit="USD",
        settings=("max_net_exposure",),
        source=_SOURCE,
        says="Refuse an order after which long less short could be further from zero than the limit.",
        build=lambda limits: where_set(max_net_exposure, limits.max_net_exposure_usd),
        eases_with_size=True,
        stands_if_not_raised=True,
    ),
    RuleCard(
        name="max_concentration",
        unit="bps",
        settings=("max_concentration_bps", "concentration_from"),
        source="RTS 6 Art. 15(4) market risk limits",
        says="Refuse an order after which its base asset could be more of the gross by base than its limit.",
        build=_build_concentration,
        eases_with_size=True,
        stands_if_not_raised=True,
    ),
)
