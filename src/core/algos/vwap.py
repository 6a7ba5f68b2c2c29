"""VWAP: parts in proportion to the volume that is expected, corrected by the volume that is observed."""

from __future__ import annotations

from decimal import Decimal
from typing import Final

from core.algos.manner import AtEnd, Manner
from core.algos.parameters import Given, Parameter
from core.algos.schedule import Slicing, Target, Timetable, begins_of, part_at, static_target, work
from core.algos.shared_parameters import CHILDREN, SLICING, at_end, read_manner, read_slicing
from core.algos.situation import Situation
from core.algos.twap import even_timetable
from core.algos.volume_curve import expected_shares, in_billionths
from ports.algorithms import Market, Notice, NoticeCode, ParentTerms, Progress, Step
from ports.records import record
from ports.values import exact

PARAMETERS: Final = (
    *SLICING,
    Parameter(
        name="band_pct", unit="per cent", default="10", least=Decimal(0), most=Decimal(100),
        says="how far observed volume may move the schedule from the volume curve's, of the whole order",
    ),
    *CHILDREN,
    at_end(AtEnd.FINISH),
)  # fmt: skip
_NO_CURVE: Final = Notice(NoticeCode.NO_VOLUME_CURVE, "no volume curve for this time of day: worked as TWAP")
_NO_VOLUME: Final = Notice(NoticeCode.NO_VOLUME, "nobody counts public trades: the volume curve is followed as it is")


@record
class Vwap:
    """The parameters of a VWAP.

    `band_pct`: how far observed volume may move the target from the curve's, in per cent of the parent: a feed of
    trades that fails must not stall the order, nor a wild one rush it.
    """

    slicing: Slicing
    manner: Manner
    band_pct: int

    @property
    def counts_trades(self) -> bool:
        return True

    def plan(self, parent: ParentTerms, progress: Progress, market: Market, now_ns: int) -> Step:
        with exact():
            situation = Situation(parent, progress, market, now_ns, self.manner.stale_ns)
            table = self._timetable(parent)
            if table is None:
                table = even_timetable(self.slicing, 0, parent.start_ns, parent.seed)
                target = static_target(table, situation.total, part_at(table, now_ns))
                return work(situation, self.slicing, self.manner, table, target, (_NO_CURVE,))
            target, notices = self._target(situation, table)
            return work(situation, self.slicing, self.manner, table, target, notices)

    def _timetable(self, parent: ParentTerms) -> Timetable | None:
        """Return the timetable by the curve; None where there is none, or where it expects nothing to trade."""
        curve = parent.conditions.volume_curve
        if curve is None:
            return None
        begins_ns = begins_of(self.slicing, parent.start_ns, parent.seed)
        end_ns = parent.start_ns + self.slicing.horizon_ns
        shares = expected_shares(curve, (*begins_ns, end_ns))
        return Timetable(begins_ns, end_ns, shares) if shares[-1] else None

    def _target(self, situation: Situation, table: Timetable) -> tuple[Target, tuple[Notice, ...]]:
        """Return what is due by the observed volume, within the band around what the curve says.

        What the observed volume adds is due at once, and what it takes away is not behind schedule; what is behind both
        is made up for as `catch_up` says.
        With `seen` traded where the curve expected `past` of `whole`, the rest of the horizon is expected to trade
        `rest * (whole + seen - past) / whole`: the observed pace counts for as much as the share of the horizon
        in which it was observed.
        """
        part = part_at(table, situation.now_ns)
        static = static_target(table, situation.total, part)
        if situation.market.traded is None:
            return static, (_NO_VOLUME,)
        whole, past = table.shares[-1], table.shares[part]
        seen = in_billionths(situation.market.traded)
        pace = whole + seen - past  # over `whole`
        ahead = seen * whole + (whole - past) * pace  # what the whole horizon will have traded, times `whole`
        if not ahead:  # nothing has traded, and nothing more is expected to
            return static, ()
        before = self._held(situation, situation.total * seen * whole // ahead, static.before)
        by = situation.total * (seen * whole + (table.shares[part + 1] - past) * pace) // ahead
        return Target(min(before, static.before), self._held(situation, by, static.by)), ()

    def _held(self, situation: Situation, lots: int, static: int) -> int:
        """Return a target, within the band around the curve's."""
        band = situation.total * self.band_pct // 100
        return min(max(lots, static - band, 0), static + band, situation.total)


def read(given: Given, parent: ParentTerms) -> Vwap:
    """Read a VWAP's parameters.

    Raises:
        InvalidInputError: one of them cannot be.
    """
    slicing = read_slicing(given)
    return Vwap(slicing=slicing, manner=read_manner(given, parent.rules, slicing), band_pct=given.whole("band_pct"))
