"""The market of the router's scenario: one venue of recorded or generated quotes, and three made up around it.

Books are integers, cents and parcels, so that whoever judges the router does not count with the router's arithmetic.
The touch of the first venue is the quote; what stands behind it, and everything at the other three, is drawn by lot
from a seed, the venue and the quarter of a second.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from random import Random
from typing import Final, NamedTuple

from core.routing.offers import Health, VenueOffer
from ports.instruments import Instrument, InstrumentKey
from ports.market_data import Level, Quote
from ports.values import AccountId, Currency, Price, Quantity, Side

CENT: Final = Decimal("0.01")
PARCEL: Final = Decimal("0.005")  # BTC; every order and every lot is a whole number of them
PARTS_PER_MILLION: Final = 1_000_000
_BUCKET_NS: Final = 250_000_000
_STALE_NS: Final = 8_000_000_000


class Rung(NamedTuple):
    """One price of a book, in cents, and how many parcels stand there."""

    cents: int
    parcels: int


class Book(NamedTuple):
    """Both sides of a venue, best first."""

    bids: tuple[Rung, ...]
    asks: tuple[Rung, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Venue:
    """How a venue is, all the time: fees, lots, how fast it answers, how wide and how deep its book is drawn."""

    name: str
    fee_ppm: int
    lot_parcels: int = 1
    least_usd: int = 0
    round_trip_ns: int
    spread_ppm: tuple[int, int] = (0, 0)
    size_parcels: tuple[int, int] = (1, 4)
    away: tuple[float, float] = (1, 1)  # from which to which part of the run it does not do its work
    away_as: str = "DOWN"

    @property
    def instrument(self) -> Instrument:
        """Its BTC-USDT."""
        return Instrument(
            key=InstrumentKey(f"{self.name}:SPOT_PAIR:BTC-USDT"),
            tick_size=Price(CENT),
            lot_size=Quantity(PARCEL * self.lot_parcels),
            min_quantity=Quantity(PARCEL * self.lot_parcels),
            min_notional=Decimal(self.least_usd),
        )

    def is_away(self, part: float) -> bool:
        """Say whether it does not do its work at this part of the run, 0 to 1."""
        return self.away[0] <= part < self.away[1]


RECORDED: Final = Venue(name="BINANCE-SPOT", fee_ppm=1_000, least_usd=5, round_trip_ns=20_000_000)
VENUES: Final = (
    RECORDED,
    Venue(
        name="ALPHA",
        fee_ppm=750,
        round_trip_ns=5_000_000,
        spread_ppm=(20, 250),
        size_parcels=(1, 6),
        away=(0.8, 0.9),
        away_as="DEGRADED",
    ),
    Venue(
        name="BETA",
        fee_ppm=600,
        lot_parcels=2,
        round_trip_ns=120_000_000,
        spread_ppm=(100, 700),
        size_parcels=(2, 12),
        away=(0.3, 0.4),
        away_as="DOWN",
    ),
    Venue(
        name="GAMMA",
        fee_ppm=900,
        least_usd=900,
        round_trip_ns=60_000_000,
        spread_ppm=(10, 200),
        size_parcels=(4, 40),
        away=(0.55, 0.65),
        away_as="STALE",
    ),
)


def book_of(venue: Venue, quote: Quote, seed: int) -> Book:
    """Return the venue's book at the time of the quote; always the same one for the same three."""
    lots = Random(f"{seed}:{venue.name}:{quote.received_ns // _BUCKET_NS}")
    bid, ask = int(quote.bid / CENT), int(quote.ask / CENT)
    if venue is RECORDED:
        bids = [Rung(bid, int(quote.bid_size // PARCEL))]
        asks = [Rung(ask, int(quote.ask_size // PARCEL))]
    else:
        low, high = venue.spread_ppm
        bid -= bid * lots.randint(low, high) // PARTS_PER_MILLION
        ask += ask * lots.randint(low, high) // PARTS_PER_MILLION
        bids, asks = [Rung(bid, lots.randint(*venue.size_parcels))], [Rung(ask, lots.randint(*venue.size_parcels))]
    for side, direction in ((bids, -1), (asks, 1)):
        for _ in range(11):
            cents = side[-1].cents + direction * lots.randint(1, 400)
            side.append(Rung(cents, lots.randint(*venue.size_parcels)))
    return Book(tuple([rung for rung in bids if rung.parcels]), tuple([rung for rung in asks if rung.parcels]))


def offer_of(venue: Venue, book: Book, part: float, volatility_bps: Decimal, age_ns: int) -> VenueOffer:
    """Return what the router is told of a venue at this part of the run."""
    away = venue.away_as if venue.is_away(part) else ""
    return VenueOffer(
        instrument=venue.instrument,
        account=AccountId(venue.name),
        bids=_levels(book.bids),
        asks=_levels(book.asks),
        age_ns=_STALE_NS if away == "STALE" else age_ns,
        maker_rate=Decimal(venue.fee_ppm) / PARTS_PER_MILLION,
        taker_rate=Decimal(venue.fee_ppm) / PARTS_PER_MILLION,
        fee_currency=Currency("USDT"),
        health=Health(away) if away in ("DOWN", "DEGRADED") else Health.HEALTHY,
        round_trip_ns=venue.round_trip_ns,
        volatility_bps=volatility_bps,
    )


def _levels(rungs: Sequence[Rung]) -> tuple[Level, ...]:
    return tuple([Level(CENT * rung.cents, PARCEL * rung.parcels) for rung in rungs])


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """One order, the market as it saw it, and each venue's as the order would arrive there."""

    side: Side
    parcels: int
    part: float  # of the run that has passed, 0 to 1
    mid: int  # bid and ask of the first venue together, in cents: twice the mid
    books: Mapping[str, Book]
    arrival: Mapping[str, Book]
    offers: Sequence[VenueOffer]

    @property
    def working(self) -> Sequence[Venue]:
        """The venues that do their work now."""
        return [venue for venue in VENUES if not venue.is_away(self.part)]
