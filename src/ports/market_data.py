"""The market as it arrives: best quotes, depth, and what trades publicly."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from decimal import Decimal
from typing import NamedTuple, Protocol

from ports.algorithms import VolumeCurve
from ports.instruments import Instrument, InstrumentKey
from ports.records import record
from ports.values import Price, Side

type QuoteSource = Callable[[], Quote]  # makes the quote when somebody wants it; most are overtaken before
type BookSource = Callable[[], Book]


@record
class Quote:
    """The best bid and ask of one instrument. Sizes are in the instrument's unit and may be zero."""

    instrument: InstrumentKey
    bid: Price
    ask: Price
    bid_size: Decimal
    ask_size: Decimal
    event_time_ns: int  # the venue's clock
    received_ns: int  # ours

    @property
    def mid(self) -> Decimal:
        """Half-way between bid and ask (exact: one more decimal place at most)."""
        return (self.bid + self.ask) * _HALF

    def touch(self, side: Side) -> Price:
        """The price that an order of `side` meets first: the ask for a buy, the bid for a sell."""
        return self.ask if side is Side.BUY else self.bid


_HALF = Decimal("0.5")


@record
class Trade:
    """One public trade. `aggressor` is None where the venue does not say."""

    instrument: InstrumentKey
    price: Price
    quantity: Decimal
    aggressor: Side | None
    trade_id: str
    event_time_ns: int
    received_ns: int


@record
class PublicTrades:
    """What traded publicly of one instrument since the last such message: trades are added up, never dropped.

    `quantity` is all of it, `bought` and `sold` what buyers and sellers took (the venue may not say of the rest),
    `value` the sum of price times quantity.
    """

    instrument: InstrumentKey
    count: int
    quantity: Decimal
    bought: Decimal
    sold: Decimal
    value: Decimal
    last_price: Price
    event_time_ns: int  # of the newest, by the venue's clock
    received_ns: int  # of the newest, by ours


class Level(NamedTuple):
    """One price of a book and what stands there, in the instrument's unit."""

    price: Decimal
    size: Decimal


@record
class Book:
    """The best levels of one instrument, best first. A side may have fewer levels than the other."""

    instrument: InstrumentKey
    bids: tuple[Level, ...]
    asks: tuple[Level, ...]
    event_time_ns: int  # the venue's clock
    received_ns: int  # ours


@record
class VolumeProfile:
    """How what trades publicly spreads over the day, made of past trades; `made_of` says which."""

    instrument: InstrumentKey
    curve: VolumeCurve
    made_of: str


@record
class FundingRate:
    """What the holders of a perpetual are to pay each other next: positive is paid by longs, of the notional."""

    instrument: InstrumentKey
    rate: Decimal
    due_ns: int  # when it is to be paid
    received_ns: int  # ours


type Tick = Quote | Trade | Book  # market data as it is recorded
type MarketNews = Quote | Book | PublicTrades | VolumeProfile | FundingRate  # as the core is told of it


class QuoteSink(Protocol):
    """Where a market-data source puts the newest quote; an older one of that instrument is forgotten."""

    def put_quote(self, instrument: InstrumentKey, source: QuoteSource) -> None:
        """Remember how to make the newest quote of `instrument`; never blocks, never refuses."""


class MarketSink(QuoteSink, Protocol):
    """Where a venue puts all that it shows of the market; one that shows quotes alone is a venue all the same."""

    def put_book(self, instrument: InstrumentKey, source: BookSource) -> None:
        """Remember how to make the newest depth of `instrument`; never blocks, never refuses."""

    def put_trade(self, trade: Trade) -> None:
        """Count a public trade; never blocks, never refuses. Each comes once."""

    def put_funding(self, funding: FundingRate) -> None:
        """Remember what a perpetual's next funding is to be; never blocks, never refuses."""


class QuoteReader(Protocol):
    """The newest quote of each instrument, for valuations and for people."""

    def latest(self, instrument: InstrumentKey) -> Quote | None:
        """Return the newest quote; None means none arrived since the start."""


class TickSource(Protocol):
    """Recorded or generated market data, in the order in which it was received."""

    def instruments(self) -> Sequence[Instrument]:
        """Return what this source has data of."""

    def ticks(self) -> AsyncIterator[Sequence[Tick]]:
        """Yield batches ordered by `received_ns`; ends where the recording ends (a generator never ends).

        Raises:
            ObjectMissingError: a file of the recording is not there.
        """
