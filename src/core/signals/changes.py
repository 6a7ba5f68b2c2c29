"""Which signals say something new: those whose direction is not the one before."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import groupby
from operator import attrgetter

from ports.instruments import InstrumentKey
from ports.signals import Signal

FLAT = 0  # what a strategy wants before its first signal


def changes(signals: Iterable[Signal]) -> Sequence[Signal]:
    """Return the signals of one strategy at which its direction in an instrument changes, by time and instrument.

    Before the first one it is flat.
    """
    ordered = sorted(signals, key=attrgetter("instrument", "start_ns"))
    changed: list[Signal] = []
    for _, own in groupby(ordered, key=attrgetter("instrument")):
        direction = FLAT
        for signal in own:
            if signal.direction != direction:
                changed.append(signal)
            direction = signal.direction
    return sorted(changed, key=attrgetter("start_ns", "instrument"))


def newest(signals: Iterable[Signal], now_ns: int) -> dict[InstrumentKey, tuple[Signal | None, Signal]]:
    """Return the signal that is in force in each instrument, with the one before it (None: there is none)."""
    found: dict[InstrumentKey, tuple[Signal | None, Signal]] = {}
    for signal in sorted(signals, key=attrgetter("start_ns")):
        if signal.start_ns <= now_ns:
            before = found.get(signal.instrument)
            found[signal.instrument] = (None if before is None else before[1], signal)
    return found
