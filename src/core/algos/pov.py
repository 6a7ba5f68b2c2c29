"""POV: a steady share of the volume that trades publicly."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Final

from core.algos.conduct import finish, govern
from core.algos.manner import AtEnd, Manner
from core.algos.parameters import Given, Parameter, refusal
from core.algos.placing import least_child
from core.algos.pursuit import Due, pursue
from core.algos.shared_parameters import CHILDREN, OPTIONAL_HORIZON, at_end, read_manner
from core.algos.situation import Situation
from ports.algorithms import Market, Notice, NoticeCode, ParentTerms, Progress, Step, Watch
from ports.records import record
from ports.values import divide, exact, multiply_rounded, plain

PARAMETERS: Final = (
    Parameter(
        name="participation_pct", unit="per cent of volume", least=Decimal("0.01"), most=Decimal(50), required=True,
        says="the share of all that trades publicly",
    ),
    Parameter(
        name="cap_pct", unit="per cent of volume", least=Decimal("0.01"), most=Decimal(100),
        says="the most of the volume that the order may come to when its end finishes it; without it, no bound",
    ),
    Parameter(
        name="interval_secs", unit="seconds", default="1", least=Decimal("0.1"), most=Decimal(3_600),
        says="the least time from one child to the next",
    ),
    Parameter(name="max_child", unit="amount", says="the largest child; without it, whatever the share comes to"),
    OPTIONAL_HORIZON,
    *CHILDREN,
    at_end(AtEnd.FINISH),
)  # fmt: skip
_NO_VOLUME: Final = Notice(NoticeCode.NO_VOLUME, "nobody counts public trades: nothing to take a share of")
_PER_CENT: Final = Decimal("0.01")


@record
class Pov:
    """The parameters of a POV. `participation_pct` of all that trades, ours included where the venue's trades show it.

    `interval_ns`: the least time between two looks at the volume. `cap_pct`: the most of the volume that the order may
    come to when its horizon ends and the remainder is finished; None: no such bound.
    """

    manner: Manner
    participation_pct: Decimal
    interval_ns: int
    cap_pct: Decimal | None = None
    horizon_ns: int | None = None

    @property
    def counts_trades(self) -> bool:
        return True

    def plan(self, parent: ParentTerms, progress: Progress, market: Market, now_ns: int) -> Step:
        with exact():
            situation = Situation(parent, progress, market, now_ns, self.manner.stale_ns)
            governed = govern(situation)
            if governed is not None:
                return governed
            end_ns = None if self.horizon_ns is None else parent.start_ns + self.horizon_ns
            if end_ns is not None and now_ns >= end_ns:
                return finish(situation, self.manner, end_ns, self._most_at_end(situation))
            return pursue(situation, self.manner, self._due(situation, end_ns))

    def _due(self, situation: Situation, end_ns: int | None) -> Due:
        since_ns = situation.parent.start_ns
        if situation.market.traded is None:
            return Due(lots=0, since_ns=since_ns, next_ns=end_ns, notices=(_NO_VOLUME,))
        children = situation.progress.children
        again_ns = children[-1].placed_ns + self.interval_ns if children else since_ns
        if situation.now_ns < again_ns:
            return Due(lots=0, since_ns=since_ns, next_ns=again_ns)
        lots = self._share(situation, situation.market.traded, self.participation_pct)
        return Due(lots=lots, since_ns=since_ns, next_ns=end_ns, watch=self._watch(situation))

    def _most_at_end(self, situation: Situation) -> int | None:
        """Return the lots that the cap leaves; none where there is a cap and nobody counts what it is a share of."""
        if self.cap_pct is None:
            return None
        traded = situation.market.traded
        return 0 if traded is None else self._share(situation, traded, self.cap_pct)

    def _share(self, situation: Situation, traded: Decimal, pct: Decimal) -> int:
        """Return the lots that a share of the volume still allows."""
        allowed = situation.lots(multiply_rounded(traded, multiply_rounded(pct, _PER_CENT)))
        return min(max(allowed - situation.committed, 0), situation.budget)

    def _watch(self, situation: Situation) -> Watch:
        """Return what to wait for: the volume of which the share allows one more child."""
        lots = situation.committed + min(least_child(situation, self.manner), max(situation.budget, 1))
        quantity = lots * situation.parent.rules.lot_size * 100
        return Watch(
            not_before_ns=situation.now_ns + self.interval_ns,
            volume_reaches=divide(quantity, self.participation_pct),
        )


def read(given: Given, parent: ParentTerms) -> Pov:
    """Read a POV's parameters.

    Raises:
        InvalidInputError: one of them cannot be, or they contradict each other.
    """
    manner = read_manner(given, parent.rules)
    if given.has("max_child"):
        manner = replace(manner, max_child=given.amount("max_child", parent.rules))
        if manner.min_child is not None and manner.max_child is not None and manner.max_child < manner.min_child:
            raise refusal(
                "max_child", plain(manner.max_child), f"must not be below min_child {plain(manner.min_child)}"
            )
    participation_pct, cap_pct = given.number("participation_pct"), given.optional("cap_pct")
    if cap_pct is not None and cap_pct < participation_pct:
        raise refusal("cap_pct", plain(cap_pct), f"must not be below participation_pct {plain(participation_pct)}")
    if cap_pct is not None and not given.has("horizon_secs"):
        raise refusal("cap_pct", plain(cap_pct), "bounds what the end of the horizon finishes; give horizon_secs too")
    return Pov(
        manner=manner,
        participation_pct=participation_pct,
        interval_ns=given.nanoseconds("interval_secs"),
        cap_pct=cap_pct,
        horizon_ns=given.nanoseconds("horizon_secs") if given.has("horizon_secs") else None,
    )
