"""The book of one instrument as it is known now: the newer of quote and depth first, and how far an order reaches."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import NamedTuple

from ports.market_data import Book, Level, Quote
from ports.values import ZERO, Side


class Ladders(NamedTuple):
    """Levels of both sides, best first, and when the newest of them was received (0: nothing ever was)."""

    bids: tuple[Level, ...]
    asks: tuple[Level, ...]
    seen_ns: int

    def met_by(self, side: Side) -> tuple[Level, ...]:
        """Return the levels that an order of `side` meets."""
        return self.asks if side is Side.BUY else self.bids


def ladders_of(quote: Quote | None, book: Book | None) -> Ladders:
    """Return what is known of the book; where the quote is newer than the depth, its prices come first."""
    if quote is None:
        return Ladders((), (), 0) if book is None else Ladders(book.bids, book.asks, book.received_ns)
    if book is not None and book.received_ns >= quote.received_ns:
        return Ladders(book.bids, book.asks, book.received_ns)
    bid, ask = Level(quote.bid, quote.bid_size), Level(quote.ask, quote.ask_size)
    if book is None:
        return Ladders((bid,), (ask,), quote.received_ns)
    return Ladders(
        (bid, *[level for level in book.bids if level.price < quote.bid]),
        (ask, *[level for level in book.asks if level.price > quote.ask]),
        quote.received_ns,
    )


def reach_of(levels: Sequence[Level], quantity: Decimal, spread: Decimal) -> Decimal | None:
    """Return how far beyond the first level an order reaches; None where nothing is offered.

    Behind the last level the book is taken to go on as that: as much again, one spread further, and so on.
    """
    offered = [level for level in levels if level.size > 0]
    if not offered:
        return None
    left, last = quantity, offered[0]
    for level in offered:
        last = level
        left -= level.size
        if left <= 0:
            break
    beyond = ZERO if left <= 0 else left // last.size + (1 if left % last.size else 0)
    return abs(last.price - offered[0].price) + spread * beyond
