"""What a rule is: an order and the book in, a verdict out; and the card that says what the rule is about."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import TYPE_CHECKING, NamedTuple

from core.market.view import MarketView
from core.positions.exposure import ExposureBook
from core.positions.funds import Funds
from core.positions.profit import Profit
from core.risk.halts import Halts
from core.risk.recent_orders import RecentOrders
from core.risk.resting import RestingOrders
from core.risk.traffic import Traffic
from ports.commands import Limits
from ports.facts import Verdict
from ports.instruments import Instrument, InstrumentKey
from ports.limits import ANY_KEY
from ports.values import (
    ZERO,
    AccountId,
    OperationId,
    Price,
    Quantity,
    Side,
    StrategyId,
    VenueId,
    multiply_rounded,
    plain,
    to_places,
)

if TYPE_CHECKING:
    from core.risk.loss import Standing
    from core.risk.totals import Counted

type Rule = Callable[[ProposedOrder, RiskBook], Verdict]

STATE = "state"  # the unit of a verdict that has no number
NOT_RAISED = "over the limit already, and not raised by it"  # why such an order passes
REDUCES = "it only reduces a position"  # why such an order passes
UNKNOWN = "unknown"  # the value of a verdict that nobody could reckon; it never passes
NOT_JUDGED = "not judged"  # the value of a verdict for which there is too little to measure; it always passes
_SHOWN_PLACES = 18


@dataclass(slots=True, kw_only=True)
class ProposedOrder:
    """An order on its way to a venue. `price` is what it is valued at; None means no price is known.

    `limit_price` is its own limit (None: a market order). `listed` is its instrument as the venue lists it.
    `counted` and `standings` are reckoned by the first rule that asks, for all of them.
    """

    strategy_id: StrategyId
    asked_for: InstrumentKey  # as its strategy named it, which may be at no venue (SMART)
    instrument: InstrumentKey
    venue: VenueId
    account: AccountId
    side: Side
    quantity: Quantity  # the whole order
    added: Quantity  # what it adds to what the book counts already: all of a new order, the rise of an amended one
    limit_price: Price | None
    price: Decimal | None
    unit_usd: Decimal | None  # what one unit is worth at `price`; None means it cannot be valued
    notional_usd: Decimal | None
    now_ns: int
    operation_id: OperationId
    parent_operation_id: OperationId | None = None  # of a child: the order that an algorithm works by it
    listed: Instrument
    tags: Mapping[str, str]
    reduces: bool = False  # it closes what its strategy holds, and can open nothing
    waits: bool = False  # for its trigger: its prices are not of now
    is_amend: bool = False
    is_what_if: bool = False  # asked, not recorded
    states_margin: bool = False  # its venue says what margin it needs
    counted: Counted | None = None
    standings: dict[StrategyId, Standing]

    def resized(self, quantity: Quantity) -> ProposedOrder:
        """Return the same order with another whole quantity."""
        counted = self.quantity - self.added
        return replace(
            self,
            quantity=quantity,
            added=Quantity(max(quantity - counted, ZERO)),
            notional_usd=None if self.unit_usd is None else multiply_rounded(quantity, self.unit_usd),
            counted=None,
        )

    def only_reduces(self, book: RiskBook) -> bool:
        """Say whether it brings its strategy's position there nearer to zero; of reduce-only orders that is known."""
        return self.reduces or self.shrinks(book)

    def shrinks(self, book: RiskBook) -> bool:
        """Say whether its strategy's position there comes nearer to zero, even where all else of its side fills too.

        What the strategy holds in another account is not closed by it.
        """
        held = book.exposure.of_holder(self.account, self.strategy_id, self.instrument)
        return self.added <= -self.side.sign * held.position - held.open_on(self.side)


@dataclass(slots=True)
class RiskBook:
    """What rules may look at; none of it counts the proposed order yet."""

    exposure: ExposureBook
    market: MarketView
    traffic: Traffic
    halts: Halts
    funds: Funds
    profit: Profit
    resting: RestingOrders
    recent: RecentOrders


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleCard:
    """What a rule is about: its name in verdicts, its unit, its settings in `risk_engine`, and where it comes from.

    `build` returns the rule that limits call for, None where they call for none. `eases_with_size` says that a
    smaller order may pass where a larger one does not; `stands_if_not_raised` that an order passes which leaves what
    the rule measures as it is or lowers it, so that a position over a limit can be brought down. `holds_reducing` says
    that the rule stops a reduce-only order too: its size or price would be a mistake.
    """

    name: str
    unit: str
    settings: tuple[str, ...]
    source: str
    says: str
    build: Callable[[Limits], Rule | None]
    eases_with_size: bool = False
    stands_if_not_raised: bool = False
    holds_reducing: bool = False


class Bound(NamedTuple):
    """A limit and its text: limits are few, and every order is told all of them."""

    value: Decimal
    text: str


def bound(limit: Decimal | int) -> Bound:
    """Return a limit with its text."""
    value = Decimal(limit)
    return Bound(value, plain(value))


def bounds(limits: Mapping[str, Decimal]) -> tuple[Mapping[str, Bound], Bound | None]:
    """Return the limits of a map with their texts, and the one of a key that it does not name (None: no limit)."""
    own = {key: bound(limit) for key, limit in limits.items()}
    return own, own.get(ANY_KEY)


def where_set[Limit](make: Callable[[Limit], Rule], limit: Limit | None) -> Rule | None:
    """Return the rule of a limit; None where it is not set (None, or empty)."""
    return None if limit is None or (isinstance(limit, Mapping | tuple) and not limit) else make(limit)


def at_most(rule: str, value: Decimal | None, limit: Bound, unit: str, seen: str = "") -> Verdict:
    """Return the verdict of a rule that wants `value <= limit`; an unknown value does not pass."""
    if value is None:
        return Verdict(rule, False, UNKNOWN, limit.text, unit, seen)
    return Verdict(rule, value <= limit.value, shown(value), limit.text, unit, seen)


def not_limited(rule: str, unit: str) -> Verdict:
    """Return the verdict of a rule whose map names neither this key nor a default."""
    return Verdict(rule, True, "not limited", "none", unit)


def shown(value: Decimal) -> str:
    """Write an amount as plain text, rounded half-even to 18 places where it has more."""
    text = str(value)
    if "E" in text:
        return "0" if text[:2] == "0E" else plain(to_places(value))
    point = text.find(".")
    if point < 0:
        return text
    if len(text) - point > _SHOWN_PLACES + 1:
        return plain(to_places(value))
    return text.rstrip("0").rstrip(".") if text[-1] == "0" else text


def limit_for[Limit](limits: Mapping[str, Limit], key: str) -> Limit | None:
    """Return the limit of a key: its own, else the default under `*`, else None."""
    own = limits.get(key)
    return own if own is not None else limits.get(ANY_KEY)
