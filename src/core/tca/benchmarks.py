"""What the market did while an order was worked, and after each of its trades."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Final, NamedTuple

from core.tca.costs import PricedFill, worth
from core.tca.tape import Tape, Traded, mid_of
from ports.instruments import InstrumentKey
from ports.results import Markout
from ports.values import ZERO, Side, divide, exact, to_places

_SECOND_NS: Final = 1_000_000_000
_TEN_THOUSAND: Final = Decimal(10_000)
_HUNDRED: Final = Decimal(100)


class Interval(NamedTuple):
    """The market from an order's arrival to its end; None: not all of it was seen, or nothing traded."""

    vwap: Decimal | None
    twap: Decimal | None
    market_quantity: Decimal | None


def interval_of(instrument: InstrumentKey, markets: Sequence[Tape], from_ns: int, until_ns: int) -> Interval:
    """Return the averages of a time, over all the markets that an order was worked in."""
    traded = [tape.traded(from_ns, until_ns) for tape in markets]
    averages = [tape.average_mid(from_ns, until_ns) for tape in markets]
    seen = _known(traded)
    mids = _known(averages)
    with exact():
        whole = Traded(
            sum((each.quantity for each in seen or ()), ZERO), sum((each.value for each in seen or ()), ZERO)
        )
        twap = divide(sum(mids, ZERO), Decimal(len(mids))) if mids else None
    vwap = None
    if whole.quantity and whole.value:
        vwap = divide(*(whole if instrument.is_inverse else (whole.value, whole.quantity)))
    return Interval(vwap, twap, None if seen is None else whole.quantity)


def markout(
    instrument: InstrumentKey, side: Side, fills: Iterable[tuple[PricedFill, Tape | None]], seconds: int
) -> Markout:
    """Return how far the mid had moved in the order's favour so long after each trade, as far as that was seen."""
    quantity = amount = ZERO
    with exact():
        for fill, tape in fills:
            after = None if tape is None else mid_of([tape], fill.at_ns + seconds * _SECOND_NS)
            if after is not None:
                quantity += fill.quantity
                amount += side.sign * fill.quantity * (worth(instrument, after) - worth(instrument, fill.price))
    return Markout(seconds=seconds, quantity=quantity, amount=to_places(amount))


def bps(part: Decimal | None, whole: Decimal | None) -> Decimal | None:
    """Return a part in basis points of the whole, rounded to 18 places; None: one is unknown, or 0 the whole."""
    if part is None or not whole:
        return None
    with exact():
        return divide(part * _TEN_THOUSAND, whole)


def slippage_bps(side: Side, average: Decimal | None, benchmark: Decimal | None) -> Decimal | None:
    """Return how much worse than a benchmark price an average price is, in its basis points."""
    if average is None or benchmark is None:
        return None
    with exact():
        return bps(side.sign * (average - benchmark), benchmark)


def participation_pct(filled: Decimal, market_quantity: Decimal | None) -> Decimal | None:
    """Return what was traded in per cent of what traded publicly; None: nothing did, or nobody counted."""
    if not market_quantity:
        return None
    with exact():
        return divide(filled * _HUNDRED, market_quantity)


def _known[T](values: Sequence[T | None]) -> list[T] | None:
    known = [value for value in values if value is not None]
    return known if known and len(known) == len(values) else None
