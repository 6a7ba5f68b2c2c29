"""A market in virtual time that works one parent by its planner: whatever is drawn for each child happens to it."""

from __future__ import annotations

import heapq
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from enum import Enum
from typing import Final

from core.algos.pacing import has_failed
from core.algos.registry import planner_of
from ports.algorithms import (
    Child,
    ChildOrder,
    Ending,
    Market,
    NoticeCode,
    OrderRules,
    ParentState,
    ParentTerms,
    Planner,
    Progress,
    Step,
    Watch,
)
from ports.replies import InvalidOrder
from ports.values import OrderStatus, Price, Quantity, Side, is_multiple

START_NS: Final = 1_704_103_200_000_000_000  # 2024-01-01 10:00 UTC
SECOND_NS: Final = 1_000_000_000
RULES: Final = OrderRules(
    tick_size=Price(Decimal("0.1")), lot_size=Quantity(Decimal("0.001")), min_quantity=Quantity(Decimal("0.001"))
)


class Fate(Enum):
    """What becomes of a child."""

    FILLS = "fills"
    HALF = "half"  # and what then is left: a crossing child's is canceled, a resting one's rests
    RESTS = "rests"  # a crossing child finds nobody
    REJECTED = "rejected"
    LOST_FILLED = "lost, then found filled"
    LOST_REJECTED = "lost, then found never to have been there"


@dataclass(frozen=True)
class Fortune:
    """A fate, and how long it takes."""

    fate: Fate = Fate.FILLS
    after_s: float = 0.0
    refuses_cancel: bool = False


@dataclass(frozen=True)
class Shown:
    """The market from a moment on, counted in seconds from the start. No bid: silence, until the next."""

    at_s: float
    bid: str | None = "100"
    ask: str | None = "100.1"
    traded: str = "0"


def terms(
    quantity: str = "1", price: str | None = None, side: Side = Side.BUY, rules: OrderRules = RULES, seed: int = 7
) -> ParentTerms:
    """A parent that starts at `START_NS`."""
    return ParentTerms(
        side=side,
        quantity=Quantity(Decimal(quantity)),
        price=None if price is None else Price(Decimal(price)),
        rules=rules,
        start_ns=START_NS,
        seed=seed,
    )


def planner(name: str, parent: ParentTerms, **params: str) -> Planner:
    """The planner of an algorithm; its parameters must be right."""
    found = planner_of(name, params, parent)
    assert not isinstance(found, InvalidOrder), found
    return found


def steady(seconds: float, every_s: float = 1.0, per_s: str = "1") -> list[Shown]:
    """The same quote again and again, and an even flow of trades."""
    return [
        Shown(count * every_s, traded=str(Decimal(per_s) * Decimal(str(count * every_s))))
        for count in range(int(seconds / every_s) + 1)
    ]


@dataclass
class ParentMarket:
    """Runs one parent to its end, or until nothing more can happen. Every step is held to what a step must keep."""

    parent: ParentTerms
    planner: Planner
    shows: Sequence[Shown]
    fortunes: Sequence[Fortune] = ()
    now_ns: int = START_NS
    state: ParentState = ParentState.WORKING
    market: Market = field(default_factory=Market)
    children: list[Child] = field(default_factory=list)
    steps: list[tuple[int, Step]] = field(default_factory=list)
    ending: Ending | None = None
    asked: int = 0

    def __post_init__(self) -> None:
        self._events: list[tuple[int, int, str, object]] = []
        self._count = 0
        self._wake_ns: int | None = None
        self._watch: Watch | None = None
        for shown in self.shows:
            self._later(shown.at_s, "show", shown, START_NS)

    # -- what a test may do meanwhile

    def at(self, seconds: float, **changes: object) -> None:
        """Have the parent amended (`quantity`, `price`) or its `state` changed at a time."""
        self._later(seconds, "change", changes, START_NS)

    def run(self, until_s: float = 1e7) -> ParentMarket:
        """Work until the parent has ended, nothing can happen, or the time is over."""
        if not self.asked:
            self._show_what_is_due()
            self.ask()
        while self.ending is None:
            due = [time for time in (self._events[0][0] if self._events else None, self._wake_ns) if time is not None]
            if not due or min(due) > START_NS + int(until_s * SECOND_NS):
                break
            self.now_ns = max(self.now_ns, min(due))
            if self._wake_ns is not None and self._wake_ns <= self.now_ns and not self._has_event_now():
                self._wake_ns = None
                self.ask()
            else:
                self._happen(*heapq.heappop(self._events)[2:])
        return self

    # -- what a test may look at

    @property
    def filled(self) -> Decimal:
        return sum((child.filled for child in self.children), Decimal(0))

    def placed(self) -> list[tuple[float, str, str]]:
        """When, how much and at which price each child was placed."""
        return [
            ((c.placed_ns - START_NS) / SECOND_NS, str(c.order.quantity.normalize()), str(c.order.price))
            for c in self.children
        ]

    def notices(self) -> set[NoticeCode]:
        return {notice.code for _, step in self.steps for notice in step.notices}

    def progress(self) -> Progress:
        return Progress(children=tuple(self.children), filled=self.filled, state=self.state)

    # -- the machine

    def ask(self) -> None:
        """Ask the planner, hold its answer to the rules, and carry it out."""
        self.asked += 1
        assert self.asked < 5_000, "the planner is asked without end"
        step = self.planner.plan(self.parent, self.progress(), self.market, self.now_ns)
        assert step == self.planner.plan(self.parent, self.progress(), self.market, self.now_ns)
        self._hold(step)
        self.steps.append((self.now_ns, step))
        self._wake_ns, self._watch, self.ending = step.wake_ns, step.watch, step.ending
        for number in step.cancel:
            self._cancel(number)
        for order in step.place:
            self._place(order)
        if step.place:  # killed here, and asked again by what was recorded: nothing is placed twice
            again = self.planner.plan(self.parent, self.progress(), self.market, self.now_ns)
            assert again.place == (), (step.place, again.place)

    def _hold(self, step: Step) -> None:
        rules, outstanding = self.parent.rules, sum((c.unfilled for c in self.children if c.is_open), Decimal(0))
        assert step.wake_ns is None or step.wake_ns > self.now_ns
        assert [order.number for order in step.place] == [
            len(self.children) + 1 + place for place in range(len(step.place))
        ]
        for order in step.place:
            assert order.quantity >= rules.min_quantity
            assert is_multiple(order.quantity, rules.lot_size)
            assert rules.max_quantity is None or order.quantity <= rules.max_quantity
            if order.price is not None:
                assert is_multiple(order.price, rules.tick_size)
            limit = self.parent.price
            if limit is not None:
                assert order.price is not None
                assert order.price <= limit if self.parent.side is Side.BUY else order.price >= limit
            assert (
                order.price is None or rules.min_notional is None or order.price * order.quantity >= rules.min_notional
            )
            outstanding += order.quantity
        failed_now = [child for child in self.children if has_failed(child) and child.placed_ns == self.now_ns]
        assert not (step.place and failed_now), "a child follows one that failed within the same instant"
        if step.place:
            assert self.filled + outstanding <= self.parent.quantity
        opened = {child.order.number for child in self.children if child.is_open}
        assert set(step.cancel) <= opened
        if step.ending is not None:
            assert not opened
            assert not step.place

    def _place(self, order: ChildOrder) -> None:
        fortune = self._fortune(order.number)
        self.children.append(Child(order=order, status=OrderStatus.SUBMITTED, filled=Decimal(0), placed_ns=self.now_ns))
        self._later(fortune.after_s, "fate", order.number)

    def _fortune(self, number: int) -> Fortune:
        return self.fortunes[(number - 1) % len(self.fortunes)] if self.fortunes else Fortune()

    def _cancel(self, number: int) -> None:
        child = self.children[number - 1]
        first = child.cancel_asked_ns is None
        lost = child.status is OrderStatus.UNCONFIRMED
        self._become(number, cancel_asked_ns=self.now_ns, status=child.status if lost else OrderStatus.PENDING_CANCEL)
        refused = first and self._fortune(number).refuses_cancel
        if not lost:
            self._later(0.1, "cancel refused" if refused else "canceled", number)

    def _happen(self, kind: str, what: object) -> None:
        if isinstance(what, Shown):
            self._show(what)
            if self._watch is not None and self._watch.is_met(self.parent.side, self.market, self.now_ns):
                self.ask()
        elif isinstance(what, dict):
            self.state = what.pop("state", self.state)
            self.parent = replace(self.parent, **what)
            self.ask()
        elif isinstance(what, int) and self.children[what - 1].is_open:
            for changed in self._outcomes(kind, self.children[what - 1]):
                self.children[what - 1] = changed
            self.ask()

    def _outcomes(self, kind: str, child: Child) -> Iterator[Child]:
        order, fortune = child.order, self._fortune(child.order.number)
        if kind == "canceled":
            yield replace(child, status=OrderStatus.CANCELED)
        elif kind == "cancel refused":
            yield replace(child, status=OrderStatus.ACCEPTED)
        elif kind == "found":
            found = fortune.fate is Fate.LOST_FILLED
            yield replace(
                child,
                status=OrderStatus.FILLED if found else OrderStatus.REJECTED,
                filled=order.quantity if found else child.filled,
            )
        elif fortune.fate in (Fate.LOST_FILLED, Fate.LOST_REJECTED):
            self._later(30.0, "found", order.number)
            yield replace(child, status=OrderStatus.UNCONFIRMED)
        elif fortune.fate is Fate.REJECTED:
            yield replace(child, status=OrderStatus.REJECTED)
        elif fortune.fate is Fate.FILLS:
            yield replace(child, status=OrderStatus.FILLED, filled=order.quantity)
        else:
            lots = order.quantity // self.parent.rules.lot_size
            filled = (lots // 2) * self.parent.rules.lot_size if fortune.fate is Fate.HALF else Decimal(0)
            rests = OrderStatus.PARTIALLY_FILLED if filled else OrderStatus.ACCEPTED
            asked = child.status is OrderStatus.PENDING_CANCEL
            status = OrderStatus.PENDING_CANCEL if asked else rests
            yield replace(child, filled=filled, status=OrderStatus.CANCELED if order.crosses else status)

    def _become(self, number: int, **changes: object) -> None:
        self.children[number - 1] = replace(self.children[number - 1], **changes)  # type: ignore[arg-type]

    def _show(self, shown: Shown) -> None:
        traded = Decimal(shown.traded)
        if shown.bid is None or shown.ask is None:
            self.market = replace(self.market, traded=traded)
            return
        self.market = Market(
            bid=Price(Decimal(shown.bid)), ask=Price(Decimal(shown.ask)), quoted_ns=self.now_ns, traded=traded
        )

    def _show_what_is_due(self) -> None:
        while self._events and self._events[0][0] <= self.now_ns and self._events[0][2] == "show":
            shown = heapq.heappop(self._events)[3]
            assert isinstance(shown, Shown)
            self._show(shown)

    def _has_event_now(self) -> bool:
        return bool(self._events) and self._events[0][0] <= self.now_ns

    def _later(self, seconds: float, kind: str, what: object, from_ns: int | None = None) -> None:
        self._count += 1
        time_ns = (self.now_ns if from_ns is None else from_ns) + int(seconds * SECOND_NS)
        heapq.heappush(self._events, (time_ns, self._count, kind, what))
