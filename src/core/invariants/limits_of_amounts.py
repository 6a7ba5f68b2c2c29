"""Limits on quantities, values, positions and prices, reckoned in fractions from facts alone."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Final, NamedTuple

from core.invariants.reckoning import OrderTold, Reckoning
from core.invariants.verdicts import limit_of
from ports.commands import Limits, OrderTerms
from ports.facts import OrderReleased, OrderRouted, QuoteUsed, RiskDecided
from ports.instruments import InstrumentKey, InstrumentType
from ports.values import Side

_ROUNDING: Final = Fraction(1, 10**18)  # a value may have been rounded to 18 places
_BPS: Final = 10_000
_MS: Final = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Released:
    """One release with what was decided of it."""

    fact: OrderReleased
    order: OrderTold
    terms: OrderTerms
    decision: RiskDecided | None
    route: OrderRouted | None


class Reckoned(NamedTuple):
    """What a limit is compared with, by our own reckoning; `before` is the same without the order, where that counts.

    An order that leaves as it is what is over a limit already, or lowers it, breaches nothing.
    """

    rule: str
    value: Fraction
    limit: Decimal | int
    before: Fraction | None = None
    at_least: bool = False

    @property
    def holds(self) -> bool:
        """Whether the limit was kept."""
        if self.at_least:
            return self.value + _ROUNDING >= Fraction(self.limit)
        if self.value <= Fraction(self.limit) + _ROUNDING:
            return True
        return self.before is not None and self.value <= self.before


def amounts(released: Released, reckoning: Reckoning, limits: Limits) -> Iterator[Reckoned]:
    """Yield every comparison that the facts suffice for."""
    yield from _quantities(released, reckoning, limits)
    if released.decision is not None:
        yield from _values(released, reckoning, limits, released.decision)
    yield from _prices(released, limits)


def _quantities(released: Released, reckoning: Reckoning, limits: Limits) -> Iterator[Reckoned]:
    instrument, order = released.fact.instrument, released.order
    least, largest = limit_of(limits.min_order_quantity, instrument), limit_of(limits.max_order_quantity, instrument)
    if least is not None:
        yield Reckoned("min_order_quantity", order.quantity, least, at_least=True)
    if largest is not None:
        yield Reckoned("max_order_quantity", order.quantity, largest)
    position = limit_of(limits.max_position_per_instrument, instrument)
    if position is not None:
        held = reckoning.by_instrument[instrument]
        worst, before = held.worst(order.side, order.quantity), held.worst(order.side, Fraction(0))
        yield Reckoned("max_position_per_instrument", worst, position, before)


def _values(released: Released, reckoning: Reckoning, limits: Limits, decision: RiskDecided) -> Iterator[Reckoned]:
    instrument, order = released.fact.instrument, released.order
    price = _dearest(released, decision)
    is_option = instrument.type is InstrumentType.OPTION  # counts as its underlying
    in_quote = limit_of(limits.max_order_value_in_quote, instrument.base if is_option else instrument.quote)
    is_amount = is_option or instrument.is_inverse
    if in_quote is not None and (is_amount or price is not None):
        value = order.quantity if is_amount or price is None else order.quantity * price
        yield Reckoned("max_order_value_in_quote", value, in_quote)
    unit = _usd_a_unit(instrument, price, limits)
    if unit is None:
        return
    if limits.min_order_value_usd is not None:
        yield Reckoned("min_order_value", order.quantity * unit, limits.min_order_value_usd, at_least=True)
    if limits.max_order_value_usd is not None:
        yield Reckoned("max_order_value", order.quantity * unit, limits.max_order_value_usd)
    yield from _positions(released, reckoning, limits, unit)


def _positions(released: Released, reckoning: Reckoning, limits: Limits, unit: Fraction) -> Iterator[Reckoned]:
    """Yield positions in USD where the order's instrument is all that is held: its price is the only one recorded."""
    instrument, order = released.fact.instrument, released.order
    own = limit_of(limits.max_position_per_strategy_usd, order.strategy)
    if own is not None and reckoning.instruments_of(order.strategy) <= {instrument}:
        held = reckoning.held(order.strategy, instrument)
        worst, before = held.worst(order.side, order.quantity), held.worst(order.side, Fraction(0))
        yield Reckoned("max_position_per_strategy", worst * unit, own, before * unit)
    held = reckoning.by_instrument[instrument]
    worst = held.worst(order.side, order.quantity) * unit
    before = held.worst(order.side, Fraction(0)) * unit
    everywhere = reckoning.instruments_of(None) - {instrument}
    for rule, limit, others in (
        (
            "max_position_per_venue",
            limit_of(limits.max_position_per_venue_usd, instrument.venue),
            [one for one in everywhere if one.venue == instrument.venue],
        ),
        (
            "max_position_per_base",
            limit_of(limits.max_position_per_base_usd, instrument.base),
            [one for one in everywhere if one.base == instrument.base],
        ),
        ("max_position_global", limits.max_position_global_usd, everywhere),
        ("max_gross_by_base", limits.max_gross_by_base_usd, everywhere),
        ("max_net_exposure", limits.max_net_exposure_usd, everywhere),
    ):
        if limit is not None and not others:
            yield Reckoned(rule, worst, limit, before)
    if limits.max_total_notional_usd is not None and not everywhere:
        gross = reckoning.gross(instrument)
        marked = _usd_a_unit(instrument, _mark(released, reckoning), limits) if gross else Fraction(0)
        if marked is not None:
            total = order.quantity * unit + gross * marked
            yield Reckoned("max_total_notional", total, limits.max_total_notional_usd)


def _prices(released: Released, limits: Limits) -> Iterator[Reckoned]:
    """Yield collars and ages, from the quote that the route recorded."""
    quote = _quote(released)
    if quote is None:
        return
    age = Fraction((released.fact.released_ns - quote.received_ns) // _MS)
    if limits.max_quote_age_ms is not None:
        yield Reckoned("max_quote_age", age, limits.max_quote_age_ms)
    price = released.terms.price
    if price is None:
        return
    mid = (Fraction(quote.bid) + Fraction(quote.ask)) / 2
    above = (Fraction(price) - mid) / mid * _BPS
    through = above if released.order.side is Side.BUY else -above
    for rule, limit, away in (
        ("price_collar", limit_of(limits.price_collar_bps, released.fact.instrument), through),
        ("passive_price_collar", limit_of(limits.passive_price_collar_bps, released.fact.instrument), -through),
    ):
        if limit is not None:
            yield Reckoned(rule, away, limit)


def _dearest(released: Released, decision: RiskDecided) -> Fraction | None:
    """Return the price that the decision recorded, or that of the quote which it looked at where that is dearer."""
    quote = _quote(released)
    met = [] if quote is None else [Fraction(quote.ask if released.order.side is Side.BUY else quote.bid)]
    recorded = [] if decision.price is None else [Fraction(decision.price)]
    return max(met + recorded, default=None)


def _usd_a_unit(instrument: InstrumentKey, price: Fraction | None, limits: Limits) -> Fraction | None:
    """Return what one unit is worth to 18 places, where the limits name the currency's rate; else None."""
    is_option = instrument.type is InstrumentType.OPTION
    rate = limits.usd_per.get(instrument.base if is_option else instrument.quote)
    if rate is None:
        return None
    if is_option or instrument.is_inverse:
        return Fraction(rate)
    return None if price is None else Fraction(round(price * Fraction(rate) * 10**18), 10**18)


def _quote(released: Released) -> QuoteUsed | None:
    used = released.route.quotes if released.route is not None else ()
    return next((one for one in used if one.instrument == released.fact.instrument), None)


def _mark(released: Released, reckoning: Reckoning) -> Fraction | None:
    quote = _quote(released)
    if quote is not None:
        return (Fraction(quote.bid) + Fraction(quote.ask)) / 2
    return reckoning.last_trades.get(released.fact.instrument)
