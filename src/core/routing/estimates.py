"""What is estimated rather than counted: roots and exponentials to nine digits, in decimals, alike on every machine.

No binary float enters a route: a decision that is folded again from its journal has to come out the same elsewhere.
"""

from __future__ import annotations

from contextlib import AbstractContextManager
from decimal import ROUND_HALF_EVEN, Context, Decimal, DivisionByZero, FloatOperation, InvalidOperation, Overflow
from decimal import localcontext as _localcontext
from typing import Final

_TRAPPED: Final = [InvalidOperation, DivisionByZero, Overflow, FloatOperation]
_VALUATION: Final = Context(prec=40, rounding=ROUND_HALF_EVEN, traps=_TRAPPED)
_ESTIMATE: Final = Context(prec=9, rounding=ROUND_HALF_EVEN, traps=_TRAPPED)
_USD_QUANTUM: Final = Decimal("1e-12")
_BPS_QUANTUM: Final = Decimal("1e-6")
_ONE_BPS: Final = Decimal("0.0001")
_SECOND_PER_NS: Final = Decimal("1e-9")
_MEAN_OF_THE_WORSE_HALF: Final = Decimal("0.0000398942280")  # E[max(Z, 0)] = 1 / sqrt(2 pi), of a basis point
_LARGEST_RATIO: Final = Decimal(50)  # exp(-50) is nothing to nine digits
_ONE: Final = Decimal(1)
_ZERO: Final = Decimal(0)
_multiply: Final = _ESTIMATE.multiply
_root: Final = _ESTIMATE.sqrt


def valuing() -> AbstractContextManager[Context]:
    """Enter the arithmetic of costs: 40 digits, half-even; quantities of up to 36 digits stay exact in it."""
    return _localcontext(_VALUATION)


def to_usd(value: Decimal) -> Decimal:
    """Return an amount of USD rounded half-even to 12 places, as a decision records it."""
    return value.quantize(_USD_QUANTUM, None, _VALUATION)


def usd_share(usd: Decimal, fraction: Decimal) -> Decimal:
    """Return a fraction of an amount of USD, rounded half-even to 12 places."""
    return _VALUATION.multiply(usd, fraction).quantize(_USD_QUANTUM, context=_VALUATION)


def rounded_fraction(numerator: Decimal, denominator: Decimal) -> Decimal:
    """Return a quotient to nine digits, for weights and odds."""
    return _ESTIMATE.divide(numerator, denominator)


def fraction_of(bps: Decimal) -> Decimal:
    """Return basis points as a fraction, exactly."""
    return bps * _ONE_BPS


def bps_of(usd: Decimal, notional_usd: Decimal) -> Decimal:
    """Return `usd` in basis points of `notional_usd`, rounded half-even to 6 places; 0 where there is no notional."""
    if notional_usd == 0:
        return Decimal(0)
    return _VALUATION.divide(usd, _VALUATION.multiply(notional_usd, _ONE_BPS)).quantize(
        _BPS_QUANTUM, context=_VALUATION
    )


def adverse_move(volatility_bps: Decimal, wait_ns: int) -> Decimal:
    """Return the fraction by which a price is expected to move against an order that meets it after `wait_ns`.

    `volatility_bps` is one standard deviation over one second. The price walks at random, so the deviation grows with
    the root of time; only the half of the outcomes that is worse counts: sigma * sqrt(t) / sqrt(2 pi).
    """
    return _multiply(_root(wait_ns * _SECOND_PER_NS), _multiply(volatility_bps, _MEAN_OF_THE_WORSE_HALF))


def adverse_moves(volatility_bps: Decimal, way_ns: int, age_ns: int) -> tuple[Decimal, Decimal]:
    """Return `adverse_move` over the way, and how much more it is over way and age together."""
    a_second = _multiply(volatility_bps, _MEAN_OF_THE_WORSE_HALF)
    on_the_way = _multiply(_root(way_ns * _SECOND_PER_NS), a_second)
    if not age_ns:
        return on_the_way, _ZERO
    return on_the_way, _multiply(_root((way_ns + age_ns) * _SECOND_PER_NS), a_second) - on_the_way


def impact(coefficient_bps: Decimal, beyond: Decimal, visible: Decimal) -> Decimal:
    """Return the fraction by which `beyond` more than the `visible` depth moves a price.

    The square-root law of market impact (Toth et al., Physical Review X 1, 2011; Almgren et al., Risk, July 2005,
    measure an exponent of 0.6), with the visible depth as the measure of size.
    """
    return _ESTIMATE.multiply(
        _ESTIMATE.multiply(_ESTIMATE.sqrt(_ESTIMATE.divide(beyond, visible)), coefficient_bps), _ONE_BPS
    )


def odds_of_trading(traded_per_second: Decimal, horizon_ns: int, ahead: Decimal) -> Decimal:
    """Return the probability that as much as `ahead` trades within the horizon: 1 - exp(-traded / ahead).

    Exponential waiting for a queue of that size at that rate of trading; nothing ahead cannot be asked.
    """
    traded = _ESTIMATE.multiply(_ESTIMATE.multiply(traded_per_second, Decimal(horizon_ns)), _SECOND_PER_NS)
    ratio = min(_ESTIMATE.divide(traded, ahead), _LARGEST_RATIO)
    return _ESTIMATE.subtract(_ONE, _ESTIMATE.exp(-ratio))


def blend(prior: Decimal, prior_weight: Decimal, seen_sum: Decimal, seen_weight: Decimal) -> Decimal:
    """Return the mean of a prior and of what was seen, by weight; the prior alone where nothing has any weight.

    `seen_sum` is the sum of what was seen, each times its weight.
    """
    weight = _ESTIMATE.add(prior_weight, seen_weight)
    if weight == 0:
        return prior
    return _ESTIMATE.divide(_ESTIMATE.add(_ESTIMATE.multiply(prior, prior_weight), seen_sum), weight)
