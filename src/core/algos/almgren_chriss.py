"""The trajectory of Almgren and Chriss: what is still to be traded after each interval, in closed form.

R. Almgren, N. Chriss, "Optimal execution of portfolio transactions", Journal of Risk 3 (2000), section 2: with a linear
temporary impact `eta` and a linear permanent impact `gamma`, mean cost plus `lambda` times its variance is least where
`x_j = X sinh(kappa (T - t_j)) / sinh(kappa T)`, and `kappa` solves `2 (cosh(kappa tau) - 1) / tau^2 = lambda sigma^2 /
(eta - gamma tau / 2)`.

Units: time in days, quantities in the instrument's unit, prices in the quote currency. So `sigma` is quote currency
per square root of a day, `eta` quote currency per unit for each unit a day, `gamma` quote currency per unit for each
unit traded, `lambda` one over quote currency.
"""

from __future__ import annotations

from decimal import ROUND_HALF_EVEN, Context, Decimal, localcontext
from typing import Final

from ports.records import record

# The paper's calibration (its section 3.4): one spread of temporary impact for each per cent of a day's volume a day,
# one spread of permanent impact for a tenth of a day's volume.
_TEMPORARY_SHARE: Final = Decimal("0.01")
_PERMANENT_SHARE: Final = Decimal("0.1")
_CONTEXT: Final = Context(prec=50, rounding=ROUND_HALF_EVEN, Emin=-999_999, Emax=999_999, traps=[])
_FINE: Final = 10**18
_FLAT: Final = Decimal("1e-12")  # below this curvature the trajectory is a straight line to eighteen places


@record
class Impact:
    """What trading does to the price: `temporary` is `eta`, `permanent` is `gamma`."""

    temporary: Decimal
    permanent: Decimal


def calibrated(spread: Decimal, daily_volume: Decimal) -> Impact:
    """Return the paper's impact for a spread (quote currency) and a day's volume (units)."""
    with localcontext(_CONTEXT):
        return Impact(
            temporary=spread / (_TEMPORARY_SHARE * daily_volume), permanent=spread / (_PERMANENT_SHARE * daily_volume)
        )


def effective_impact(impact: Impact, tau_days: Decimal) -> Decimal:
    """Return `eta - gamma tau / 2`; where it is not above zero, the model does not hold."""
    with localcontext(_CONTEXT):
        return impact.temporary - impact.permanent * tau_days / 2


def kappa_tau(impact: Impact, sigma: Decimal, risk_aversion: Decimal, tau_days: Decimal) -> Decimal:
    """Return `kappa` times the length of one interval: how much faster the trajectory falls than a straight line."""
    with localcontext(_CONTEXT):
        urgency = risk_aversion * sigma * sigma / effective_impact(impact, tau_days)
        excess = urgency * tau_days * tau_days / 2  # cosh(kappa tau) - 1
        return (1 + excess + (excess * (excess + 2)).sqrt()).ln()


def traded_shares(curvature: Decimal, intervals: int) -> tuple[int, ...]:
    """Return how much is traded by the end of each interval, of 10^18, from 0 on; `curvature` is `kappa tau`."""
    if curvature * intervals < _FLAT:
        return tuple(range(intervals + 1))
    with localcontext(_CONTEXT):
        return tuple(_FINE - int(_FINE * _left(curvature, intervals, done)) for done in range(intervals + 1))


def _left(curvature: Decimal, intervals: int, done: int) -> Decimal:
    """Return `sinh(curvature (intervals - done)) / sinh(curvature intervals)` without a number that overflows."""
    rest = intervals - done
    if not done:
        return Decimal(1)
    falling = (-curvature * done).exp()
    return falling * (1 - (-2 * curvature * rest).exp()) / (1 - (-2 * curvature * intervals).exp())
