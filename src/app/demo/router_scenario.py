"""`livexec demo --scenario router`: orders over four venues, each route explained, its cost beside simpler routers'."""

from __future__ import annotations

import asyncio
from bisect import bisect_right
from collections.abc import Callable, Sequence
from decimal import Decimal
from itertools import pairwise
from math import sqrt
from pathlib import Path
from random import Random
from typing import Any, Final

from adapters.ticks import GeneratedTicks, RecordedTicks, paper_instruments
from app.demo.router_market import PARCEL, RECORDED, VENUES, Moment, book_of, offer_of
from app.demo.router_verdict import RULES, Verdict
from core.routing.offers import OrderToRoute
from core.routing.router import decide
from ports.market_data import Quote, TickSource
from ports.values import Quantity, Side

ORDERS: Final = 120
_MOST_PARCELS: Final = 40
_QUOTES: Final = 30_000  # more are not read
_TRAIL: Final = 200  # quotes that the volatility is estimated from


def run_router_scenario(
    *, ticks: Path | None = None, seed: int = 7, progress: Callable[[str], None] = lambda line: None
) -> dict[str, Any]:
    """Route `ORDERS` orders over one venue of quotes and three made up ones; return every sum and what was proven.

    `ticks` is a recording's folder with spot quotes of BTC (None: generated quotes by `seed`).
    """
    progress("reading quotes")
    quotes = asyncio.run(_quotes(_source(ticks, seed)))
    progress(f"routing {ORDERS} orders over {len(quotes)} quotes")
    verdict = Verdict()
    for number in range(ORDERS):
        moment = _moment(quotes, number, seed)
        order = OrderToRoute(side=moment.side, quantity=Quantity(PARCEL * moment.parcels))
        verdict.take(moment, order, decide(order, moment.offers, RULES))
    return verdict.result(len(quotes), ORDERS)


def _source(ticks: Path | None, seed: int) -> TickSource:
    instruments = [one for one in paper_instruments() if one.key == RECORDED.instrument.key]
    if ticks is None:
        return GeneratedTicks(instruments, seed)
    return RecordedTicks(ticks, [RECORDED.instrument.key])


async def _quotes(source: TickSource) -> Sequence[Quote]:
    quotes: list[Quote] = []
    async for batch in source.ticks():
        quotes += [tick for tick in batch if isinstance(tick, Quote)]
        if len(quotes) >= _QUOTES:
            break
    return quotes


def _moment(quotes: Sequence[Quote], number: int, seed: int) -> Moment:
    lots = Random(f"{seed}:{number}")
    at = _TRAIL + (len(quotes) - 2 * _TRAIL) * number // ORDERS
    quote = quotes[at]
    part = number / ORDERS
    books = {venue.name: book_of(venue, quote, seed) for venue in VENUES}
    moved = _volatility(quotes[at - _TRAIL : at])
    return Moment(
        side=lots.choice(list(Side)),
        parcels=2 * lots.randint(1, _MOST_PARCELS // 2),  # the coarsest lot can take the whole order
        part=part,
        mid=int((quote.bid + quote.ask) * 100),
        books=books,
        arrival={
            venue.name: book_of(venue, _at(quotes, quote.received_ns + venue.round_trip_ns), seed) for venue in VENUES
        },
        offers=[offer_of(venue, books[venue.name], part, moved, lots.randint(0, 50_000_000)) for venue in VENUES],
    )


def _at(quotes: Sequence[Quote], time_ns: int) -> Quote:
    return quotes[max(bisect_right(quotes, time_ns, key=lambda quote: quote.received_ns) - 1, 0)]


def _volatility(trail: Sequence[Quote]) -> Decimal:
    """Return one standard deviation of the mid over a second, in basis points: an estimate, so floats will do."""
    mids = [float(quote.mid) for quote in trail]
    squares = sum((after / before - 1) ** 2 for before, after in pairwise(mids))
    seconds = (trail[-1].received_ns - trail[0].received_ns) / 1e9
    return Decimal(f"{1e4 * sqrt(squares / seconds) if seconds else 0:.6f}")
