"""Iceberg: one small part shows at a time, the next one when it has traded."""

from __future__ import annotations

from decimal import Decimal
from enum import StrEnum
from typing import Final

from core.algos.conduct import backing_off, doubts, finish, govern, soonest, take_back
from core.algos.draws import WIDEST, draw
from core.algos.manner import AtEnd, Manner
from core.algos.pacing import not_before_ns
from core.algos.parameters import Given, Parameter, refusal
from core.algos.placing import least_child, passive, resting, sized
from core.algos.shared_parameters import OPTIONAL_HORIZON, STALE, at_end
from core.algos.situation import Situation
from ports.algorithms import Child, Market, Notice, NoticeCode, ParentTerms, Progress, Step, Watch
from ports.records import record
from ports.values import Price, Quantity, exact, plain


class Peg(StrEnum):
    """Where the part that shows rests."""

    FIXED = "fixed"  # at the parent's price
    TOUCH = "touch"  # at the best price of its own side, and moved with it


PARAMETERS: Final = (
    Parameter(
        name="visible_pct", unit="per cent of the order", default="10", least=Decimal(1), most=Decimal(100),
        says="how much of the order shows at a time",
    ),
    Parameter(name="display_amount", unit="amount", says="how much shows at a time, in place of visible_pct"),
    Parameter(
        name="display_jitter_pct", unit="per cent", default="0", least=Decimal(0), most=Decimal(90),
        says="how much larger or smaller each part is made by lot",
    ),
    Parameter(
        name="peg", unit="word", words=tuple(Peg),
        says="where it rests: at the order's price (without peg, where it has one) or at the touch within it",
    ),
    Parameter(
        name="repeg_secs", unit="seconds", default="1", least=Decimal("0.1"), most=Decimal(3_600),
        says="how long a part rests at least before it is moved to another price",
    ),
    OPTIONAL_HORIZON,
    STALE,
    at_end(AtEnd.STOP),
)  # fmt: skip


@record
class Iceberg:
    """The parameters of an Iceberg: `display` is an amount, or `visible_pct` a share of the parent.

    `display_jitter_pct`: how much each part's size is moved by lot. `repeg_ns`: the least time between two moves.
    """

    manner: Manner
    peg: Peg
    repeg_ns: int
    display: Quantity | None = None
    visible_pct: Decimal | None = None
    display_jitter_pct: int = 0
    horizon_ns: int | None = None

    @property
    def counts_trades(self) -> bool:
        return False

    def plan(self, parent: ParentTerms, progress: Progress, market: Market, now_ns: int) -> Step:
        with exact():
            at_limit = self.peg is Peg.FIXED
            situation = Situation(parent, progress, market, now_ns, self.manner.stale_ns, at_limit=at_limit)
            governed = govern(situation)
            if governed is not None:
                return governed
            end_ns = None if self.horizon_ns is None else parent.start_ns + self.horizon_ns
            if end_ns is not None and now_ns >= end_ns:
                return finish(situation, self.manner, end_ns)
            return self._keep(situation, end_ns) if situation.open else self._show(situation, end_ns)

    def _keep(self, situation: Situation, end_ns: int | None) -> Step:
        """Leave what shows where it is, or take it back to show it elsewhere."""
        moved = [child for child in situation.open if self._has_moved(situation, child)]
        ripe = [
            child
            for child in moved
            if situation.now_ns >= child.placed_ns + self.repeg_ns or situation.is_beyond(child.order.price)
        ]
        if ripe:
            return take_back(situation, situation.open, end_ns)
        return Step(
            wake_ns=soonest(situation.now_ns, end_ns, *(child.placed_ns + self.repeg_ns for child in moved)),
            watch=self._watch(situation),
            notices=doubts(situation),
        )

    def _has_moved(self, situation: Situation, child: Child) -> bool:
        """Say whether a part rests where it no longer should: the touch is elsewhere, or the limit was amended."""
        return child.order.price != self._price(situation, child.order.price)

    def _price(self, situation: Situation, otherwise: Price | None) -> Price | None:
        if self.peg is Peg.FIXED:
            return situation.parent.price
        return situation.passive_price() if situation.fresh else otherwise

    def _watch(self, situation: Situation) -> Watch | None:
        if self.peg is Peg.FIXED:
            return None
        return Watch(
            not_before_ns=situation.now_ns + self.repeg_ns, near_leaves=situation.near, any_quote=not situation.fresh
        )

    def _show(self, situation: Situation, end_ns: int | None) -> Step:
        """Place the next part, where nothing shows."""
        pause_ns = not_before_ns(situation)
        if pause_ns > situation.now_ns:
            return Step(wake_ns=soonest(situation.now_ns, pause_ns, end_ns), notices=(backing_off(situation),))
        if self.peg is Peg.TOUCH and not situation.fresh:
            notice = Notice(NoticeCode.STALE_DATA, "no recent quote: waiting for one")
            watch = Watch(not_before_ns=situation.now_ns, any_quote=True)
            return Step(wake_ns=soonest(situation.now_ns, end_ns), watch=watch, notices=(notice,))
        lots = sized(situation, self.manner, self._display(situation))
        if self.peg is Peg.FIXED and situation.parent.price is not None:
            placed = resting(situation, lots, situation.parent.price)
        else:
            placed = passive(situation, lots)
        return Step(place=placed, wake_ns=soonest(situation.now_ns, end_ns), watch=self._watch(situation))

    def _display(self, situation: Situation) -> int:
        """Return the lots of the next part: as asked, moved by lot, never below the smallest child."""
        shown = self.display
        if shown is None:
            lots = situation.lots(situation.parent.quantity * (self.visible_pct or Decimal(100)) / 100)
        else:
            lots = situation.lots(shown)
        number = len(situation.progress.children) + 1
        lots += lots * self.display_jitter_pct * draw(situation.parent.seed, "display", number) // (100 * WIDEST)
        return min(max(lots, least_child(situation, self.manner)), max(situation.budget, 0))


def read(given: Given, parent: ParentTerms) -> Iceberg:
    """Read an Iceberg's parameters.

    Raises:
        InvalidInputError: one of them cannot be, or they contradict each other.
    """
    size = given.one_of("display_amount", "visible_pct")
    display = given.amount("display_amount", parent.rules) if size == "display_amount" else None
    if display is not None and display > parent.quantity:
        raise refusal("display_amount", plain(display), f"must not be more than the order's {plain(parent.quantity)}")
    unsaid = Peg.TOUCH if parent.price is None else Peg.FIXED
    peg = Peg(given.word("peg")) if given.has("peg") else unsaid
    if peg is Peg.FIXED and parent.price is None:
        raise refusal("peg", peg, "needs an order with a price; without one it rests at the touch")
    return Iceberg(
        manner=Manner(stale_ns=given.nanoseconds("stale_secs"), at_end=AtEnd(given.word("at_end"))),
        peg=peg,
        repeg_ns=given.nanoseconds("repeg_secs"),
        display=display,
        visible_pct=None if display is not None else given.number("visible_pct"),
        display_jitter_pct=given.whole("display_jitter_pct"),
        horizon_ns=given.nanoseconds("horizon_secs") if given.has("horizon_secs") else None,
    )
