"""IS: the trajectory of Almgren and Chriss, which trades faster the more risk weighs against impact."""

from __future__ import annotations

from decimal import Decimal
from functools import lru_cache
from typing import Final

from core.algos.almgren_chriss import Impact, calibrated, effective_impact, kappa_tau, traded_shares
from core.algos.manner import AtEnd, Manner
from core.algos.parameters import Given, Parameter, refusal
from core.algos.schedule import Slicing, Timetable, begins_of, part_at, static_target, work
from core.algos.shared_parameters import CHILDREN, SLICING, at_end, read_manner, read_slicing
from core.algos.situation import Situation
from core.algos.twap import even_timetable
from core.algos.volume_curve import DAY_NS, daily_volume
from ports.algorithms import Conditions, Market, Notice, NoticeCode, ParentTerms, Progress, Step
from ports.records import record
from ports.values import divide, exact, multiply_rounded, plain

PARAMETERS: Final = (
    *SLICING,
    Parameter(
        name="risk_aversion", unit="1 / quote currency", default="0.000001", least=Decimal(0), most=Decimal(1000),
        says="how much variance weighs against cost (lambda); 0 trades evenly, more trades faster",
    ),
    Parameter(
        name="volatility_pct", unit="per cent a day", most=Decimal(1000),
        says="standard deviation of a day's return; without it, as measured at the start",
    ),
    Parameter(
        name="spread_bps", unit="bps of the mid", most=Decimal(10_000), says="the spread; without it, as at the start"
    ),
    Parameter(
        name="daily_volume", unit="amount", says="what a day trades; without it, the volume curve's"
    ),
    Parameter(
        name="temporary_impact", unit="quote currency per unit, for each unit a day",
        says="eta, in place of its calibration by spread and volume; needs permanent_impact",
    ),
    Parameter(
        name="permanent_impact", unit="quote currency per unit, for each unit traded", least=Decimal(0),
        says="gamma, in place of its calibration; needs temporary_impact",
    ),
    *CHILDREN,
    at_end(AtEnd.FINISH),
)  # fmt: skip
_PER_CENT: Final = Decimal("0.01")
_BPS: Final = Decimal("0.0001")


@record
class ImplementationShortfall:
    """The parameters of an IS. What is None is taken from the conditions at the parent's start.

    `volatility_pct`: standard deviation of a day's return; `spread_bps` of the mid; `daily_volume` in units. `impact`
    stands in place of the calibration by spread and volume. `risk_aversion`: one over quote currency.
    """

    slicing: Slicing
    manner: Manner
    risk_aversion: Decimal
    volatility_pct: Decimal | None = None
    spread_bps: Decimal | None = None
    daily_volume: Decimal | None = None
    impact: Impact | None = None

    @property
    def counts_trades(self) -> bool:
        return False

    def plan(self, parent: ParentTerms, progress: Progress, market: Market, now_ns: int) -> Step:
        with exact():
            situation = Situation(parent, progress, market, now_ns, self.manner.stale_ns)
            table, notices = timetable(self, parent.conditions, parent.start_ns, parent.seed)
            target = static_target(table, situation.total, part_at(table, now_ns))
            return work(situation, self.slicing, self.manner, table, target, notices)


@lru_cache(maxsize=256)  # pure, and asked again at every step of a parent
def timetable(
    shortfall: ImplementationShortfall, conditions: Conditions, start_ns: int, seed: int
) -> tuple[Timetable, tuple[Notice, ...]]:
    """Return the trajectory's timetable; equal parts, and why, where something that it needs is missing."""
    slicing = shortfall.slicing
    even = even_timetable(slicing, 0, start_ns, seed)
    if not shortfall.risk_aversion:
        return even, ()
    sigma, impact, missing = _measures(shortfall, conditions)
    if sigma is None or impact is None:
        return even, (Notice(NoticeCode.NO_CONDITIONS, f"unknown at the start: {missing}; worked as TWAP"),)
    if effective_impact(impact, _days(slicing)) <= 0:
        return even, (Notice(NoticeCode.NO_CONDITIONS, "permanent impact outweighs temporary: worked as TWAP"),)
    curvature = kappa_tau(impact, sigma, shortfall.risk_aversion, _days(slicing))
    shares = traded_shares(curvature, slicing.slices)
    return Timetable(begins_of(slicing, start_ns, seed), even.end_ns, shares), ()


def _measures(shortfall: ImplementationShortfall, conditions: Conditions) -> tuple[Decimal | None, Impact | None, str]:
    """Return volatility in quote currency, impact, and what is missing of either."""
    mid = conditions.mid
    volatility = shortfall.volatility_pct
    daily = conditions.daily_volatility if volatility is None else multiply_rounded(volatility, _PER_CENT)
    sigma = None if mid is None or daily is None else multiply_rounded(mid, daily)
    impact, lacks = shortfall.impact, [] if mid is not None else ["the mid price"]
    if daily is None:
        lacks.append("volatility_pct")
    if impact is None:
        spread, volume = conditions.spread, shortfall.daily_volume
        if shortfall.spread_bps is not None:
            spread = None if mid is None else multiply_rounded(multiply_rounded(mid, shortfall.spread_bps), _BPS)
        if volume is None and conditions.volume_curve is not None:
            volume = daily_volume(conditions.volume_curve)
        lacks += [name for name, value in (("spread_bps", spread), ("daily_volume", volume)) if not value]
        impact = calibrated(spread, volume) if spread and volume else None
    return sigma, impact, ", ".join(lacks)


def _days(slicing: Slicing) -> Decimal:
    return divide(Decimal(slicing.interval_ns), Decimal(DAY_NS))


def read(given: Given, parent: ParentTerms) -> ImplementationShortfall:
    """Read an IS's parameters.

    Raises:
        InvalidInputError: one of them cannot be, or they contradict each other.
    """
    slicing = read_slicing(given)
    return ImplementationShortfall(
        slicing=slicing,
        manner=read_manner(given, parent.rules, slicing),
        risk_aversion=given.number("risk_aversion"),
        volatility_pct=given.optional("volatility_pct"),
        spread_bps=given.optional("spread_bps"),
        daily_volume=given.optional("daily_volume"),
        impact=_read_impact(given, slicing),
    )


def _read_impact(given: Given, slicing: Slicing) -> Impact | None:
    temporary, permanent = given.optional("temporary_impact"), given.optional("permanent_impact")
    if temporary is None and permanent is None:
        return None
    if temporary is None or permanent is None:
        missing = "temporary_impact" if temporary is None else "permanent_impact"
        raise refusal(missing, "", "temporary_impact and permanent_impact are given together, or neither")
    for name in ("spread_bps", "daily_volume"):
        if given.has(name):
            raise refusal(name, plain(given.number(name)), "calibrates what temporary_impact says; give one of them")
    impact = Impact(temporary=temporary, permanent=permanent)
    if effective_impact(impact, _days(slicing)) <= 0:
        raise refusal(
            "permanent_impact",
            plain(permanent),
            "times half a part of the horizon (days) must be below temporary_impact",
        )
    return impact
