"""What the router is told: the order, what each venue offers for it now, and the rules to choose by."""

from __future__ import annotations

from decimal import Decimal
from enum import StrEnum
from functools import lru_cache
from typing import Final, NamedTuple

from core.routing.fee_tiers import FeeTier
from ports.instruments import Instrument, InstrumentKey, InstrumentType
from ports.market_data import Level
from ports.records import record
from ports.values import AccountId, Currency, Price, Quantity, Side, StrategyId, VenueId

_FREE: Final = Decimal(0)


class Kind(NamedTuple):
    """What of an instrument's key decides how it is costed."""

    is_spot: bool
    is_inverse: bool
    is_priced_in_base: bool  # an option that settles in it: its price is so much of the base a unit
    base: Currency
    quote: Currency
    settlement: Currency


@lru_cache(maxsize=65_536)
def kind_of(key: InstrumentKey) -> Kind:
    """Return what a key says; reading it out of its text costs more than a whole ladder."""
    return Kind(
        is_spot=key.type is InstrumentType.SPOT_PAIR,
        is_inverse=key.is_inverse,
        is_priced_in_base=key.type is InstrumentType.OPTION and key.settlement == key.base,
        base=key.base,
        quote=key.quote,
        settlement=key.settlement,
    )


class Health(StrEnum):
    """Whether a venue's session does its work: DEGRADED is a second choice, DOWN is none."""

    HEALTHY = "HEALTHY"
    DEGRADED = "DEGRADED"
    DOWN = "DOWN"


class Intent(StrEnum):
    """Whether an order wants to trade at once or to wait for somebody who does."""

    TAKE = "TAKE"
    POST = "POST"


@record
class OrderToRoute:
    """An order as the router sees it. `limit_price` is None exactly for a market order.

    `fill_whole` (FOK) permits one venue alone. `closes` says that it makes a position of its strategy smaller.
    """

    side: Side
    quantity: Quantity
    limit_price: Price | None = None
    intent: Intent = Intent.TAKE
    post_only: bool = False
    fill_whole: bool = False
    reduce_only: bool = False
    closes: bool = False
    split_allowed: bool = True
    max_venues: int | None = None  # None: as the rules say
    venues: tuple[VenueId, ...] = ()  # where it may go; empty: anywhere
    account: AccountId | None = None
    not_at: tuple[AccountId, ...] = ()  # where it was refused already
    halted: tuple[AccountId, ...] = ()  # where no order may open anything, while elsewhere it may

    @property
    def waits(self) -> bool:
        """True where it takes nothing, and waits for somebody who does."""
        return self.post_only or self.intent is Intent.POST


@record
class FillHistory:
    """What became of orders of one kind at a venue lately: both counts are decayed weights, `filled` <= `orders`."""

    orders: Decimal
    filled: Decimal


@record
class SlippageHistory:
    """What orders that took lately paid at a venue beyond the book that their route saw: decayed weight and sum."""

    orders: Decimal
    total_bps: Decimal


@record
class VenueOffer:
    """One instrument as one account can trade it now. Amounts are in the instrument's unit (contracts.md, Amounts).

    `bids` and `asks` come best first; a single level is the best quote, and nothing is known behind it. Contract sizes
    are in the instrument's lot already. None means "not known" or "does not apply", never zero.
    """

    instrument: Instrument
    account: AccountId
    bids: tuple[Level, ...]
    asks: tuple[Level, ...]
    age_ns: int  # since the newest of its book
    maker_rate: Decimal  # fraction of notional at the account's tier; negative is a rebate
    taker_rate: Decimal
    fee_currency: Currency
    health: Health = Health.HEALTHY
    usd_per_quote: Decimal = Decimal(1)
    usd_per_base: Decimal | None = None  # what an option that is priced in its base cannot be costed without
    fx_cost_bps: Decimal = Decimal(0)  # of turning the quote currency into the reporting currency or back
    round_trip_ns: int | None = None  # measured, order to acknowledgement
    volatility_bps: Decimal | None = None  # one standard deviation of the price over one second
    traded_per_second: Decimal | None = None  # public trades
    posts: FillHistory | None = None  # of orders that waited
    takes: FillHistory | None = None  # of orders that were to trade at once
    slippage: SlippageHistory | None = None
    funding_rate: Decimal | None = None  # of the next interval; positive: longs pay
    funding_in_ns: int | None = None
    free_funds: Decimal | None = None  # quote currency that may pay or secure the order; None: does not limit it
    margin_rate: Decimal = Decimal(1)  # of notional that has to be free; 1 for spot
    free_quantity: Decimal | None = None  # of the base, that a spot sale may take
    position: Decimal = Decimal(0)  # what the order's strategy holds at this account, signed; only that may be closed
    requests_left: Decimal = Decimal(1)  # share of the rate limit that is unused, 0 to 1
    preference_bps: Decimal = Decimal(0)  # an operator's: positive makes it dearer
    fixed_cost_usd: Decimal = Decimal(0)  # of one more order there, however small

    @property
    def kind(self) -> Kind:
        """What its instrument's key says."""
        return kind_of(self.instrument.key)

    @property
    def usd_per_price(self) -> Decimal:
        """USD per unit of the currency that its prices are counted in.

        Raises:
            LookupError: nobody knows; `screen` leaves such an offer out.
        """
        if not self.kind.is_priced_in_base:
            return self.usd_per_quote
        if self.usd_per_base is None:
            raise LookupError(f"{self.instrument.key} at {self.account} is priced in {self.kind.base}, without a rate")
        return self.usd_per_base

    @property
    def venue(self) -> VenueId:
        """The venue that makes the offer."""
        return self.instrument.key.venue


@record
class VenueTerms:
    """What an operator says of one venue."""

    venue: VenueId
    fee_tiers: tuple[FeeTier, ...] = ()  # empty: the fees that it lists, whatever is traded
    fee_currency: Currency | None = None  # None: what our last trades there paid in
    preference_bps: Decimal = Decimal(0)  # positive makes it dearer
    fixed_cost_usd: Decimal = Decimal(0)  # of one more order there, however small


@record
class StrategyVenues:
    """Where alone the SMART orders of one strategy may go."""

    strategy_id: StrategyId
    venues: tuple[VenueId, ...]


@record
class FxCost:
    """What it costs to turn a currency into the reporting currency or back."""

    currency: Currency
    cost_bps: Decimal


@record
class RoutingRules:
    """What an operator sets for every order; each default is an assumption, said in docs/routing.md."""

    enabled: bool = True  # False: SMART orders go to the best touch
    allowed_venues: tuple[VenueId, ...] = ()  # where the router may send at all; empty: anywhere
    strategy_venues: tuple[StrategyVenues, ...] = ()
    venue_terms: tuple[VenueTerms, ...] = ()
    fx_costs: tuple[FxCost, ...] = ()
    venues_off: tuple[VenueId, ...] = ()  # where the router sends nothing; an order that names such a venue goes there
    max_age_ns: int = 2_000_000_000  # older books are stale
    max_venues: int = 4
    unknown_round_trip_ns: int = 200_000_000  # where none was measured yet
    unknown_volatility_bps: Decimal = Decimal(2)
    unknown_fill_odds: Decimal = Decimal("0.5")  # where nobody knows how much trades
    impact_bps: Decimal = Decimal(10)  # of as much again as is visible
    holding_ns: int = 28_800_000_000_000  # how long a position is expected to be held: funding within it counts
    posting_ns: int = 30_000_000_000  # how long a passive order may wait
    prior_weight: Decimal = Decimal(20)  # orders that what is assumed of a venue is worth against its history
    low_requests: Decimal = Decimal("0.2")  # a smaller share of the rate limit costs
    scarce_requests_bps: Decimal = Decimal(5)  # where none is left
    leave_bps: Decimal = Decimal(3)  # a market that is further away has left a passive order behind

    def permits(self, venue: VenueId, strategy: StrategyId) -> bool:
        """Say whether the router may send a strategy's orders to a venue."""
        if venue in self.venues_off or (self.allowed_venues and venue not in self.allowed_venues):
            return False
        return all(venue in one.venues for one in self.strategy_venues if one.strategy_id == strategy)

    def terms_of(self, venue: VenueId) -> VenueTerms | None:
        """Return what the operator says of a venue; None: nothing."""
        return next((one for one in self.venue_terms if one.venue == venue), None)

    def fx_cost_bps(self, currency: Currency) -> Decimal:
        """Return what it costs to turn a currency into the reporting currency; 0 where nobody says."""
        return next((one.cost_bps for one in self.fx_costs if one.currency == currency), _FREE)
