"""A seeded market that never ends: for paper trading where there is no recording."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Final

from adapters.ticks.market_model import FairPrices, Frame, VenueTouch
from ports.errors import InvalidInputError
from ports.instruments import Instrument
from ports.market_data import Book, Level, Quote, Trade
from ports.values import Price, Side, round_down, round_up

DEFAULT_START_NS: Final = 1_704_067_200_000_000_000  # 2024-01-01 00:00 UTC; a player stamps its own time on it
START_PRICES: Final[Mapping[str, float]] = {"BTC": 61_800.0, "ETH": 2_600.0, "SOL": 155.0}
_OTHER_PRICE: Final = 100.0
_BATCH: Final = 128  # ticks made at a stretch: well under a millisecond of the loop
_HALF: Final = Decimal("0.5")
_DEPTH: Final = tuple(
    Decimal(tenths) / 10 for tenths in (10, 12, 15, 19, 24, 30, 37, 45, 54, 64)
)  # of the touch's size
_FRAME_TICKS: Final = 512  # how many ticks one vectorised frame should hold, about
_FRAME_S: Final = (0.01, 1.0)


class GeneratedTicks:
    """Quotes and trades of `instruments`, decided by `seed` alone; the same seed gives the same ticks.

    All instruments of one base follow one fair price, each with its venue's own small offset. The fair price has
    fat-tailed steps, calm and busy spells, and volatility that clusters; spreads widen and depth thins when it is
    busy. `rate` is ticks a second of market time over all instruments, on average; it doubles several times in
    a busy spell. Prices lie on the tick, sizes on the lot, and a quote is never crossed.

    Raises:
        InvalidInputError: no instruments, or a rate that is not above zero.
    """

    def __init__(
        self,
        instruments: Sequence[Instrument],
        seed: int,
        *,
        rate: float = 200.0,
        start_ns: int = DEFAULT_START_NS,
        start_prices: Mapping[str, float] = START_PRICES,
    ) -> None:
        if not instruments:
            raise InvalidInputError("instruments", "[]", "name at least one instrument to make ticks of")
        if not rate > 0:
            raise InvalidInputError("rate", rate, "must be above zero ticks a second")
        self._instruments = tuple(sorted(instruments, key=lambda each: each.key))
        self._grids = {each.key: (each.tick_size, each.lot_size) for each in instruments}
        self._seed = seed
        self._rate = rate
        self._start_ns = start_ns
        self._start_prices = start_prices

    def instruments(self) -> Sequence[Instrument]:
        """Return what ticks are made of."""
        return self._instruments

    def depth(self, quote: Quote) -> Book:
        """Return depth around a quote, the same for the same quote: the further away, the more stands there.

        Sizes grow with the distance from the touch, as they do in the books of liquid instruments near the best price
        (Bouchaud, Mezard, Potters 2002, "Statistical properties of stock order books").
        """
        tick, lot = self._grids[quote.instrument]
        step = max(round_up((quote.ask - quote.bid) * _HALF, tick), tick)
        return Book(
            instrument=quote.instrument,
            bids=tuple(_levels(quote.bid, quote.bid_size, -step, lot)),
            asks=tuple(_levels(quote.ask, quote.ask_size, step, lot)),
            event_time_ns=quote.event_time_ns,
            received_ns=quote.received_ns,
        )

    async def ticks(self) -> AsyncIterator[Sequence[Quote | Trade]]:
        """Yield batches in order of time, for ever; each call begins again at the same first tick."""
        for batch in self._batches():
            yield batch
            await asyncio.sleep(0)

    def stretch(self) -> Iterator[Quote | Trade]:
        """Yield ticks for ever, without a loop."""
        return self._stream()

    def _batches(self) -> Iterator[list[Quote | Trade]]:
        batch: list[Quote | Trade] = []
        for tick in self._stream():
            batch.append(tick)
            if len(batch) == _BATCH:
                yield batch
                batch = []

    def _stream(self) -> Iterator[Quote | Trade]:
        frame_s = min(max(_FRAME_TICKS / self._rate, _FRAME_S[0]), _FRAME_S[1])
        bases = sorted({each.key.base for each in self._instruments})
        start_prices = [self._start_prices.get(base, _OTHER_PRICE) for base in bases]
        fair = FairPrices(start_prices, self._rate, frame_s, self._seed)
        writers = []
        for number, each in enumerate(self._instruments):
            base = bases.index(each.key.base)
            writers.append(_Writer(each, base, VenueTouch(each, start_prices[base], self._seed, number)))
        start_ns, first = self._start_ns, True
        while True:
            frame = fair.next_frame(len(writers), first=first)
            for number, writer in enumerate(writers):
                writer.begin(frame, number)
            for offset_ns, number, is_trade in zip(
                frame.offsets_ns.tolist(), frame.instruments.tolist(), frame.is_trade.tolist(), strict=True
            ):
                yield writers[number].tick(start_ns + offset_ns, is_trade=is_trade)
            start_ns, first = start_ns + fair.frame_ns, False


def _levels(touch: Decimal, size: Decimal, step: Decimal, lot: Decimal) -> Iterator[Level]:
    for number, factor in enumerate(_DEPTH):
        price = touch + number * step
        if price > 0:
            yield Level(price, max(round_down(size * factor, lot), lot))


class _Writer:
    """Writes one instrument's ticks: whole ticks and lots become exact decimals."""

    def __init__(self, instrument: Instrument, base: int, venue: VenueTouch) -> None:
        self._key = instrument.key
        self._tick = instrument.tick_size
        self._lot = instrument.lot_size
        self._base = base
        self._venue = venue
        self._shown: tuple[Price, Price, int, int] | None = None
        self._trades = 0

    def begin(self, frame: Frame, number: int) -> None:
        mine = frame.log_prices[self._base, frame.instruments == number]
        touches = self._venue.touches(mine, frame)
        self._events = zip(
            touches.bid,
            touches.ask,
            touches.bid_lots,
            touches.ask_lots,
            touches.is_buy,
            touches.portion,
            strict=True,
        )

    def tick(self, now_ns: int, *, is_trade: bool) -> Quote | Trade:
        bid, ask, bid_lots, ask_lots, is_buy, portion = next(self._events)
        if is_trade and self._shown is not None:
            return self._trade(now_ns, self._shown, portion, is_buy=is_buy)
        self._shown = Price(bid * self._tick), Price(ask * self._tick), bid_lots, ask_lots
        return Quote(
            instrument=self._key,
            bid=self._shown[0],
            ask=self._shown[1],
            bid_size=bid_lots * self._lot,
            ask_size=ask_lots * self._lot,
            event_time_ns=now_ns,
            received_ns=now_ns,
        )

    def _trade(self, now_ns: int, shown: tuple[Price, Price, int, int], portion: float, *, is_buy: bool) -> Trade:
        """One trade at the touch last shown, of no more than was shown there."""
        bid, ask, bid_lots, ask_lots = shown
        self._trades += 1
        return Trade(
            instrument=self._key,
            price=ask if is_buy else bid,
            quantity=max(1, int(portion * (ask_lots if is_buy else bid_lots))) * self._lot,
            aggressor=Side.BUY if is_buy else Side.SELL,
            trade_id=str(self._trades),
            event_time_ns=now_ns,
            received_ns=now_ns,
        )
