"""What is known of one instrument's market over a session, and what is not.

A market that nobody saw is None everywhere, never zero: before the tape begins, after it ends, and wherever its newest
quote is older than `SILENT_NS`.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from itertools import pairwise
from typing import Final, NamedTuple

from ports.facts import QuoteUsed
from ports.instruments import InstrumentKey
from ports.results import VolumeRow
from ports.values import ZERO, divide, exact

SILENT_NS: Final = 60_000_000_000  # from which age on a quote says nothing of the market any more
_HALF: Final = Decimal("0.5")


class Traded(NamedTuple):
    """What traded publicly: how much, and what that came to in the settlement currency."""

    quantity: Decimal
    value: Decimal


class Tape:
    """The quotes and public trades of one instrument, by our clock, from `since_ns` to `until_ns`.

    `volumes` are sums of equal stretches of time; None: nobody counts that instrument's trades.
    """

    def __init__(
        self, since_ns: int, until_ns: int, quotes: Iterable[QuoteUsed], volumes: Iterable[VolumeRow] | None = None
    ) -> None:
        self._since_ns, self._until_ns = since_ns, until_ns
        self._quotes = sorted(quotes, key=_received_ns)
        self._times = [quote.received_ns for quote in self._quotes]
        self._volumes = None if volumes is None else sorted(volumes, key=_begins_ns)
        self._silences = [0]  # until each quote: how often nothing had been heard for too long
        self._stood_before = [ZERO]  # until each quote: every mid before it, times the nanoseconds that it stood
        for quote, (earlier, later) in zip(self._quotes, pairwise(self._times), strict=False):
            self._silences.append(self._silences[-1] + (later - earlier > SILENT_NS))
            with exact():
                self._stood_before.append(self._stood_before[-1] + mid(quote) * (later - earlier))

    def at(self, at_ns: int) -> QuoteUsed | None:
        """Return the quote that stood at a time; None: nobody knows."""
        place = self._place(at_ns)
        if place < 0 or at_ns > self._until_ns or at_ns - self._times[place] > SILENT_NS:
            return None
        return self._quotes[place]

    def covers(self, from_ns: int, until_ns: int) -> bool:
        """Say whether the market was seen the whole time."""
        if self.at(from_ns) is None or self.at(until_ns) is None:
            return False
        return self._silences[self._place(until_ns)] == self._silences[self._place(from_ns)]

    def average_mid(self, from_ns: int, until_ns: int) -> Decimal | None:
        """Return the mid's average over a time, weighted by how long it stood; None: not all of it was seen."""
        if not self.covers(from_ns, until_ns):
            return None
        if from_ns == until_ns:
            return mid(self._quotes[self._place(from_ns)])
        with exact():
            return divide(self._stood(until_ns) - self._stood(from_ns), Decimal(until_ns - from_ns))

    def traded(self, from_ns: int, until_ns: int) -> Traded | None:
        """Return what traded over a time, its first and last stretch whole; None: nobody counted, or saw all of it."""
        if self._volumes is None or from_ns < self._since_ns or not self.covers(from_ns, until_ns):
            return None
        first = bisect_left(self._volumes, from_ns, key=_ends_ns)
        rows = self._volumes[first : bisect_right(self._volumes, until_ns, key=_begins_ns)]
        with exact():
            return Traded(sum((row.quantity for row in rows), ZERO), sum((row.value for row in rows), ZERO))

    def _place(self, at_ns: int) -> int:
        return bisect_right(self._times, at_ns) - 1

    def _stood(self, at_ns: int) -> Decimal:
        place = self._place(at_ns)
        return self._stood_before[place] + mid(self._quotes[place]) * (at_ns - self._times[place])

    @property
    def quotes(self) -> Sequence[QuoteUsed]:
        """Every quote of it, oldest first."""
        return self._quotes

    @property
    def volumes(self) -> Sequence[VolumeRow]:
        """Every stretch in which something traded, oldest first."""
        return self._volumes or ()


type Tapes = Mapping[InstrumentKey, Tape]


def mid(quote: QuoteUsed) -> Decimal:
    """Return half-way between bid and ask."""
    return (quote.bid + quote.ask) * _HALF


def mid_of(tapes: Sequence[Tape], at_ns: int) -> Decimal | None:
    """Return the mid at a time; of several venues, half-way between the best bid and the best ask of all of them.

    None where one of them is not known, or there is none.
    """
    quotes = [tape.at(at_ns) for tape in tapes]
    known = [quote for quote in quotes if quote is not None]
    if not known or len(known) < len(quotes):
        return None
    with exact():
        return (max(quote.bid for quote in known) + min(quote.ask for quote in known)) * _HALF


def _received_ns(quote: QuoteUsed) -> int:
    return quote.received_ns


def _begins_ns(row: VolumeRow) -> int:
    return row.timestamp_ns


def _ends_ns(row: VolumeRow) -> int:
    return row.timestamp_ns + row.width_ns - 1
