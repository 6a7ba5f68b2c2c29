"""What the router is judged by: cash counted in whole numbers, every split tried, and the habits of simpler routers.

Nothing here is the router's: not its arithmetic, not its sums, not its search.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from app.demo.router_market import PARTS_PER_MILLION, Book, Rung, Venue

# Cash is in millionths of half a cent times a parcel; `mid` is twice the mid in cents, which is a whole number.
PER_USD = 2 * PARTS_PER_MILLION * 100 * 200  # half cents, millionths, cents a dollar, parcels a unit

type Table = Sequence[int | None]  # the cost of 0, 1, 2 ... parcels; None: the venue does not take as many


def rungs_of(book: Book, sign: int) -> Sequence[Rung]:
    """Return the side that an order meets: asks for a purchase (1), bids for a sale (-1)."""
    return book.asks if sign > 0 else book.bids


def notional_of(mid: int, parcels: int) -> int:
    """Return what so many parcels are worth at the mid."""
    return mid * parcels * PARTS_PER_MILLION


def cash_of(venue: Venue, rungs: Sequence[Rung], sign: int, mid: int, parcels: int) -> int | None:
    """Return what parcels cost in price and fee against the mid; None where the book is not that deep."""
    paid = 0
    left = parcels
    for cents, there in rungs:
        taken = min(there, left)
        paid += cents * taken
        left -= taken
        if not left:
            return 2 * paid * (sign * PARTS_PER_MILLION + venue.fee_ppm) - sign * notional_of(mid, parcels)
    return 0 if not parcels else None


def cash_at_arrival(venue: Venue, rungs: Sequence[Rung], sign: int, mid: int, parcels: int) -> int:
    """Return the same where the book may have thinned meanwhile: what is missing pays its last price."""
    there = sum(rung.parcels for rung in rungs)
    if parcels > there:
        rungs = [*rungs[:-1], Rung(rungs[-1].cents, rungs[-1].parcels + parcels - there)]
    return cash_of(venue, rungs, sign, mid, parcels) or 0


def table_of(venue: Venue, rungs: Sequence[Rung], sign: int, mid: int, parcels: int) -> Table:
    """Return the cost of every part that the venue would take of an order of `parcels`."""
    lowest = rungs[0].cents if sign > 0 else rungs[-1].cents
    costs: list[int | None] = [0]
    for part in range(1, parcels + 1):
        too_small = part * lowest < venue.least_usd * 100 * 200
        refused = part % venue.lot_parcels or too_small
        costs.append(None if refused else cash_of(venue, rungs, sign, mid, part))
    return costs


def cheapest_of_all(tables: Sequence[Table], parcels: int) -> int | None:
    """Return the cost of the cheapest split, found by trying every one there is; None where there is none."""
    return min(_every_split(tables, parcels, 0), default=None)


def _every_split(tables: Sequence[Table], left: int, cost: int) -> Iterator[int]:
    if len(tables) == 1:
        last = tables[0][left]
        if last is not None:
            yield cost + last
        return
    for part in range(left + 1):
        more = tables[0][part]
        if more is not None:
            yield from _every_split(tables[1:], left - part, cost + more)


def in_turn(tables: Sequence[Table], parcels: int) -> int | None:
    """Return the cost of giving each venue in turn as much as it takes, until nothing is left."""
    cost = 0
    for table in tables:
        part = max(at for at in range(parcels + 1) if table[at] is not None)
        cost += table[part] or 0
        parcels -= part
    return None if parcels else cost
