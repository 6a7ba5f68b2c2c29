"""The size of one order: in the instrument's unit, in its quote currency, in USD, and beside recent volume."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Final

from core.risk.rule import (
    UNKNOWN,
    Bound,
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
from ports.commands import Limits
from ports.facts import Verdict
from ports.values import bps_of

_UNITS: Final = "instrument units"
_VOLUME_MS: Final = 60_000  # where none is set
_MS: Final = 1_000_000


def min_order_quantity(limits: Mapping[str, Decimal]) -> Rule:
    """Refuse an order smaller than its instrument's least."""

    own, default = bounds(limits)

    def check(order: ProposedOrder, book: RiskBook) -> Verdict:
        least = own.get(order.instrument, default)
        if least is None:
            return not_limited("min_order_quantity", _UNITS)
        return _at_least("min_order_quantity", order.quantity, least, _UNITS)

    return check


def max_order_quantity(limits: Mapping[str, Decimal]) -> Rule:
    """Refuse an order larger than its instrument's limit."""

    own, default = bounds(limits)

    def check(order: ProposedOrder, book: RiskBook) -> Verdict:
        limit = own.get(order.instrument, default)
        if limit is None:
            return not_limited("max_order_quantity", _UNITS)
        return at_most("max_order_quantity", order.quantity, limit, _UNITS)

    return check


def min_order_value(least_usd: Decimal) -> Rule:
    """Refuse an order worth less than `least_usd`, or whose worth is unknown."""

    bounded = bound(least_usd)

    def check(order: ProposedOrder, book: RiskBook) -> Verdict:
        return _at_least("min_order_value", order.notional_usd, bounded, "USD")

    return check


def max_order_value(limit_usd: Decimal) -> Rule:
    """Refuse an order worth more than `limit_usd`, or whose worth is unknown."""

    bounded = bound(limit_usd)

    def check(order: ProposedOrder, book: RiskBook) -> Verdict:
        return at_most("max_order_value", order.notional_usd, bounded, "USD")

    return check


def max_order_value_in_quote(limits: Mapping[str, Decimal]) -> Rule:
    """Refuse an order worth more than the limit of its quote currency, in that currency."""

    own, default = bounds(limits)

    def check(order: ProposedOrder, book: RiskBook) -> Verdict:
        is_amount, currency = book.market.shape(order.instrument)
        limit = own.get(currency, default)
        if limit is None:
            return not_limited("max_order_value_in_quote", "quote currency")
        if is_amount:  # its quantity is its notional, or that of its underlying
            value: Decimal | None = order.quantity
        else:
            value = None if order.price is None else order.quantity * order.price
        return at_most("max_order_value_in_quote", value, limit, "quote currency", currency)

    return check


def max_share_of_volume(limits: Mapping[str, Decimal], window_ms: int) -> Rule:
    """Refuse an order that is too large a share of what was traded publicly in the window (fat finger)."""
    name = "max_share_of_volume"

    own, default = bounds(limits)

    def check(order: ProposedOrder, book: RiskBook) -> Verdict:
        limit = own.get(order.instrument, default)
        if limit is None:
            return not_limited(name, "bps")
        volume = book.market.volume(order.instrument, order.now_ns, window_ms * _MS)
        if not volume:
            seen = f"no public trade known of {window_ms} ms"
            return Verdict(name, False, UNKNOWN, limit.text, "bps", seen)
        return at_most(name, bps_of(order.quantity, volume), limit, "bps", f"{shown(volume)} traded in {window_ms} ms")

    return check


def _at_least(rule: str, value: Decimal | None, least: Bound, unit: str) -> Verdict:
    if value is None:
        return Verdict(rule, False, UNKNOWN, least.text, unit)
    if value >= least.value:
        return Verdict(rule, True, shown(value), least.text, unit)
    return Verdict(rule, False, shown(value), least.text, unit, "", f"{least.text} {unit} or more")


def _build_volume(limits: Limits) -> Rule | None:
    if not limits.max_share_of_volume_bps:
        return None
    return max_share_of_volume(limits.max_share_of_volume_bps, limits.volume_window_ms or _VOLUME_MS)


CARDS: Final = (
    RuleCard(
        name="min_order_quantity",
        unit=_UNITS,
        settings=("min_order_quantity",),
        source="FIA order size",
        says="Refuse an order smaller than its instrument's least.",
        build=lambda limits: where_set(min_order_quantity, limits.min_order_quantity),
    ),
    RuleCard(
        name="max_order_quantity",
        unit=_UNITS,
        settings=("max_order_quantity",),
        source="RTS 6 Art. 15(1)(c) maximum order volumes; FIA order size",
        says="Refuse an order larger than its instrument's limit.",
        build=lambda limits: where_set(max_order_quantity, limits.max_order_quantity),
        eases_with_size=True,
        holds_reducing=True,
    ),
    RuleCard(
        name="min_order_value",
        unit="USD",
        settings=("min_order_value",),
        source="FIA order size",
        says="Refuse an order worth less than the limit, or whose worth is unknown.",
        build=lambda limits: where_set(min_order_value, limits.min_order_value_usd),
    ),
    RuleCard(
        name="max_order_value",
        unit="USD",
        settings=("max_order_value",),
        source="RTS 6 Art. 15(1)(b) maximum order values; SEC 15c3-5(c)(1)(ii)",
        says="Refuse an order worth more than the limit, or whose worth is unknown.",
        build=lambda limits: where_set(max_order_value, limits.max_order_value_usd),
        eases_with_size=True,
        holds_reducing=True,
    ),
    RuleCard(
        name="max_order_value_in_quote",
        unit="quote currency",
        settings=("max_order_value_in_quote",),
        source="RTS 6 Art. 15(1)(b) maximum order values",
        says="Refuse an order worth more than the limit of its quote currency, in that currency.",
        build=lambda limits: where_set(max_order_value_in_quote, limits.max_order_value_in_quote),
        eases_with_size=True,
        holds_reducing=True,
    ),
    RuleCard(
        name="max_share_of_volume",
        unit="bps",
        settings=("max_share_of_volume_bps", "volume_window_ms"),
        source="SEC 15c3-5(c)(1)(ii) erroneous orders; FIA order size",
        says="Refuse an order that is too large a share of recent public volume, or where that is unknown.",
        build=_build_volume,
        eases_with_size=True,
    ),
)
