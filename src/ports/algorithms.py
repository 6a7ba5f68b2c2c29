"""How a parent order is worked: what a planner is told, and what it answers. A planner is a pure function of these."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from decimal import Decimal
from enum import StrEnum
from typing import TYPE_CHECKING, Final, Protocol

from ports.records import brief_record, record
from ports.values import OrderStatus, OrderType, Price, Quantity, Side, TimeInForce

if TYPE_CHECKING:
    from ports.replies import InvalidOrder  # replies name facts, and a fact keeps the conditions

ALGORITHM_NAMES: Final = ("TWAP", "VWAP", "ICEBERG", "POV", "IS")  # what an order may ask for besides NORMAL


@record
class OrderRules:
    """What the venue asks of a child's numbers. `min_notional` is in the quote currency; None: none is asked."""

    tick_size: Price
    lot_size: Quantity
    min_quantity: Quantity
    max_quantity: Quantity | None = None
    min_notional: Decimal | None = None


@record
class VolumeCurve:
    """What trades on average by time of day (UTC): volumes of equal buckets from midnight on, a whole day of them."""

    bucket_ns: int
    volumes: tuple[Decimal, ...]


@record
class Conditions:
    """What the market was when the parent started; measured once and kept with it, so that a plan never changes.

    `spread` and `mid` are in the quote currency; `daily_volatility` is the standard deviation of a day's return, as a
    fraction. None: nobody measured it.
    """

    mid: Decimal | None = None
    spread: Decimal | None = None
    daily_volatility: Decimal | None = None
    volume_curve: VolumeCurve | None = None


@record
class ParentTerms:
    """What is to be worked, as it stands now: an amend changes `quantity` (all of it, what is filled too) or `price`.

    `price` is the limit that no child goes beyond; None: none. `seed` decides everything that is drawn by lot.
    """

    side: Side
    quantity: Quantity
    price: Price | None
    rules: OrderRules
    start_ns: int
    seed: int
    conditions: Conditions = Conditions()  # a record, and nobody changes one


@record
class ChildOrder:
    """One order that a planner places; `number` counts from 1 within the parent, and is never used twice.

    `batch` is the number of the first child of the same step: an amount above the venue's largest order is split.
    """

    number: int
    batch: int
    quantity: Quantity
    order_type: OrderType
    price: Price | None
    time_in_force: TimeInForce
    post_only: bool = False

    @property
    def crosses(self) -> bool:
        """True where it is meant to trade at once and never rests."""
        return self.order_type is OrderType.MARKET or self.time_in_force is TimeInForce.IOC


@record
class Child:
    """A child that was placed and what is known of it.

    One that risk refused is REJECTED, as one that its venue refused. `cancel_asked_ns` is when its cancel was last
    asked for; None: never.
    """

    order: ChildOrder
    status: OrderStatus
    filled: Decimal
    placed_ns: int
    cancel_asked_ns: int | None = None

    @property
    def is_open(self) -> bool:
        """True where it may still trade, as far as we know: an UNCONFIRMED one too."""
        return not self.status.is_terminal

    @property
    def unfilled(self) -> Decimal:
        """What of it has not traded; zero where its venue overfilled."""
        return max(self.order.quantity - self.filled, Decimal(0))


class ParentState(StrEnum):
    """What is asked of a parent."""

    WORKING = "WORKING"
    PAUSED = "PAUSED"  # nothing rests and nothing new is placed until it is resumed; its time runs on
    CANCELING = "CANCELING"


@record
class Progress:
    """All that a planner knows of the past: every child so far in the order of their numbers, from facts."""

    children: tuple[Child, ...] = ()
    filled: Decimal = Decimal(0)
    average_price: Decimal | None = None
    state: ParentState = ParentState.WORKING


@record
class Market:
    """The newest quote, and the volume that traded publicly since the parent started.

    `quoted_ns` is when the quote was received; prices are None where none was. `traded` None: nobody counts trades
    (zero: there were none); after a restart it goes on from what the last fact said.
    """

    bid: Price | None = None
    ask: Price | None = None
    bid_size: Decimal = Decimal(0)
    ask_size: Decimal = Decimal(0)
    quoted_ns: int = 0
    traded: Decimal | None = None


@record
class Watch:
    """Which quotes and trades a planner wants to be asked at, from `not_before_ns` on: any of those that are set.

    `near_leaves`: the best price of the parent's own side is another than this. `far_reaches`: the price that it would
    trade at is this or better. `volume_reaches`: so much has traded since the start. `any_quote`: whatever it says.
    """

    not_before_ns: int
    near_leaves: Price | None = None
    far_reaches: Price | None = None
    volume_reaches: Decimal | None = None
    any_quote: bool = False

    def is_met(self, side: Side, market: Market, now_ns: int) -> bool:
        """Say whether the planner is to be asked, now that a quote or a trade has come."""
        if now_ns < self.not_before_ns:
            return False
        buys = side is Side.BUY
        near, far = (market.bid, market.ask) if buys else (market.ask, market.bid)
        if self.any_quote and near is not None:
            return True
        if self.near_leaves is not None and near is not None and near != self.near_leaves:
            return True
        if self.far_reaches is not None and far is not None:
            reached = far <= self.far_reaches if buys else far >= self.far_reaches
            if reached:
                return True
        return self.volume_reaches is not None and market.traded is not None and market.traded >= self.volume_reaches


class NoticeCode(StrEnum):
    """Why a plan is not worked as one would expect."""

    STALE_DATA = "STALE_DATA"  # no quote, or an old one: nothing is placed that needs one
    PRICE_LIMIT = "PRICE_LIMIT"  # the market is beyond the parent's limit
    NO_VOLUME_CURVE = "NO_VOLUME_CURVE"  # VWAP is worked as TWAP
    NO_VOLUME = "NO_VOLUME"  # nobody counts public trades
    NO_CONDITIONS = "NO_CONDITIONS"  # IS is worked as TWAP
    UNCONFIRMED = "UNCONFIRMED"  # a child's outcome is unknown; its remainder counts as outstanding
    BACKING_OFF = "BACKING_OFF"  # children failed; the next one waits


@brief_record
class Notice:
    """A warning: the code for machines, the text for people."""

    code: NoticeCode
    text: str


class EndReason(StrEnum):
    """Why nothing more will be done."""

    COMPLETE = "COMPLETE"
    CANCELED = "CANCELED"
    HORIZON = "HORIZON"  # its time is over
    PRICE_LIMIT = "PRICE_LIMIT"  # its time is over, and the market is beyond its limit
    REFUSED = "REFUSED"  # one child after another was refused
    REMAINDER_TOO_SMALL = "REMAINDER_TOO_SMALL"  # the venue takes no order so small


@brief_record
class Ending:
    """The parent is done: nothing of it is open and nothing will be placed."""

    reason: EndReason
    text: str


@record
class Step:
    """What a planner wants now. Asked again with the same, it answers the same.

    `cancel` holds numbers of children. `wake_ns`: ask again then at the latest; None: only when a child trades or
    ends, or the `watch` is met. Placing and canceling are proposals: whoever carries them out may refuse.
    """

    place: tuple[ChildOrder, ...] = ()
    cancel: tuple[int, ...] = ()
    wake_ns: int | None = None
    watch: Watch | None = None
    notices: tuple[Notice, ...] = ()
    ending: Ending | None = None


class Planner(Protocol):
    """One algorithm with its parameters: a value that plans."""

    @property
    def counts_trades(self) -> bool:
        """True where the plan looks at the volume that trades publicly."""

    def plan(self, parent: ParentTerms, progress: Progress, market: Market, now_ns: int) -> Step:
        """Return what to do now; depends on the arguments alone, and on nothing that was asked before."""


_OF_PLUGIN: Final = re.compile(r"[A-Z][A-Z0-9]*(_[A-Z0-9]+)+")


def is_of_plugin(name: str) -> bool:
    """Say whether a name is one that a plugin's algorithm has: capitals, joined by `_`; ours are one word each."""
    return _OF_PLUGIN.fullmatch(name) is not None


class PluginAlgorithm(Protocol):
    """A firm's own execution algorithm: its planners are pure functions, as ours are, and asked on the order's path.

    Only while its parent is to be worked: what every parent goes through (canceled, paused, amended, complete) is seen
    to before. A child beyond what is left, or that is no order of its venue, is refused and ends the parent.
    """

    @property
    def name(self) -> str:
        """Its name in orders: upper-case words joined by `_`, beginning with the firm's own, such as `ACME_SNIPER`."""

    @property
    def says(self) -> str:
        """What it does, in one sentence."""

    @property
    def parameters(self) -> Mapping[str, str]:
        """Its parameters, each with one sentence."""

    def planner(self, params: Mapping[str, str], parent: ParentTerms) -> Planner:
        """Return the planner of an order; start and conditions of `parent` say nothing yet.

        Raises:
            InvalidInputError: a parameter is wrong; names it (`exec_algorithm_params.NAME`) and what would pass.
        """


type PlannerParser = Callable[[Mapping[str, str], ParentTerms], Planner | InvalidOrder]
