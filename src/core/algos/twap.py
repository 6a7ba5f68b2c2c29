"""TWAP: equal parts over a horizon, their sizes and times moved by lot within bounds."""

from __future__ import annotations

from decimal import Decimal
from functools import lru_cache
from itertools import accumulate
from typing import Final

from core.algos.draws import draw
from core.algos.manner import AtEnd, Manner
from core.algos.parameters import Given, Parameter
from core.algos.schedule import Slicing, Timetable, begins_of, part_at, static_target, work
from core.algos.shared_parameters import CHILDREN, SLICING, at_end, read_manner, read_slicing
from core.algos.situation import Situation
from ports.algorithms import Market, ParentTerms, Progress, Step
from ports.records import record
from ports.values import exact

PARAMETERS: Final = (
    *SLICING,
    Parameter(
        name="size_jitter_pct", unit="per cent", default="0", least=Decimal(0), most=Decimal(90),
        says="how much larger or smaller each part is made by lot",
    ),
    *CHILDREN,
    at_end(AtEnd.FINISH),
)  # fmt: skip
_PART: Final = 100 * 10**6  # the weight of a part that no lot has moved, in millionths of a per cent


@record
class Twap:
    """The parameters of a TWAP. `size_jitter_pct`: how much a part may be larger or smaller than the others."""

    slicing: Slicing
    manner: Manner
    size_jitter_pct: int = 0

    @property
    def counts_trades(self) -> bool:
        return False

    def plan(self, parent: ParentTerms, progress: Progress, market: Market, now_ns: int) -> Step:
        table = even_timetable(self.slicing, self.size_jitter_pct, parent.start_ns, parent.seed)
        with exact():
            situation = Situation(parent, progress, market, now_ns, self.manner.stale_ns)
            target = static_target(table, situation.total, part_at(table, now_ns))
            return work(situation, self.slicing, self.manner, table, target)


@lru_cache(maxsize=1024)  # pure, and asked again at every step of a parent
def even_timetable(slicing: Slicing, size_jitter_pct: int, start_ns: int, seed: int) -> Timetable:
    """Return a timetable of parts that are equal but for the lot drawn for each."""
    weights = [_PART + size_jitter_pct * draw(seed, "size", part) for part in range(slicing.slices)]
    shares = tuple(accumulate(weights, initial=0))
    return Timetable(begins_of(slicing, start_ns, seed), start_ns + slicing.horizon_ns, shares)


def read(given: Given, parent: ParentTerms) -> Twap:
    """Read a TWAP's parameters.

    Raises:
        InvalidInputError: one of them cannot be.
    """
    slicing = read_slicing(given)
    return Twap(
        slicing=slicing,
        manner=read_manner(given, parent.rules, slicing),
        size_jitter_pct=given.whole("size_jitter_pct"),
    )
