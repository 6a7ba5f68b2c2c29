"""Recorded market data: best quotes and trades from parquet files in the bucket layout, merged by arrival."""

from __future__ import annotations

import asyncio
import heapq
from collections.abc import AsyncIterator, Collection, Iterator, Mapping, Sequence
from itertools import batched
from pathlib import Path
from typing import Final

from adapters.ticks.kinds import Kind
from adapters.ticks.paper_instruments import paper_instruments
from adapters.ticks.recorded_file import read_ticks
from ports.errors import InvalidInputError, ObjectMissingError
from ports.instruments import Instrument, InstrumentKey
from ports.market_data import Tick

_BATCH: Final = 128  # ticks made at a stretch: well under a millisecond of the loop
_LAYOUT: Final = (
    "raw_tick_data/by_date/day-YYYY-MM-DD/data_type-{quotes,trades,book_snapshot_5}/{instrument_key}.parquet"
)

_MERGED: Final = (Kind.TRADES, Kind.QUOTES, Kind.BOOKS)

type _Days = dict[str, Path]  # day -> file, one instrument, one kind


class RecordedTicks:
    """Best quotes, depth and trades of a recording under `root`, ordered by when the recorder received them.

    `root` is the folder that holds `raw_tick_data` (or that folder itself). Order is by `local_timestamp`: a
    recorder's clock may be behind the venue's, and merging by the venue's time would look into the future.
    `keys` names the instruments wanted; without it, every recorded one that `definitions` describes. Files of an
    instrument without a definition are left out and named in `undefined`. However long the recording, no more than
    a few thousand rows of each open file are in memory.

    Raises:
        ObjectMissingError: no recording under `root`, or none of an instrument in `keys`.
        InvalidInputError: an instrument in `keys` has no definition.
    """

    def __init__(
        self,
        root: Path,
        keys: Collection[InstrumentKey] | None = None,
        definitions: Sequence[Instrument] | None = None,
    ) -> None:
        known = {each.key: each for each in (paper_instruments() if definitions is None else definitions)}
        self._files = _find(root)
        recorded = {key for key, _ in self._files}
        self.undefined: Sequence[InstrumentKey] = tuple(sorted(recorded - known.keys())) if keys is None else ()
        wanted = sorted(recorded & known.keys() if keys is None else set(keys))
        self._instruments = tuple(_defined(key, known, recorded, root) for key in wanted)
        if not self._instruments:
            raise ObjectMissingError(f"{root}: nothing is recorded of any instrument that has a definition")

    def instruments(self) -> Sequence[Instrument]:
        """Return the instruments whose ticks come, sorted by key."""
        return self._instruments

    async def ticks(self) -> AsyncIterator[Sequence[Tick]]:
        """Yield batches ordered by `received_ns` until the recording ends; each call begins again.

        Raises:
            ObjectMissingError: a file has gone since the start.
            InvalidInputError: a file is empty, torn, out of order, or holds what cannot be a price; names file,
                column and row. The ticks before it were good.
        """
        for batch in batched(self._merged(), _BATCH):
            yield batch
            await asyncio.sleep(0)

    def _merged(self) -> Iterator[Tick]:
        streams = [
            _days(self._files[each.key, kind], kind, each)
            for each in self._instruments
            for kind in _MERGED
            if (each.key, kind) in self._files
        ]
        # Ties go to the instrument's trade before its quote: what was shown is what the trade hit. Depth comes last.
        return heapq.merge(*streams, key=_received_ns)


def _received_ns(tick: Tick) -> int:
    return tick.received_ns


def _days(files: _Days, kind: Kind, instrument: Instrument) -> Iterator[Tick]:
    last_ns = 0
    for _, path in sorted(files.items()):
        for tick in read_ticks(path, kind, instrument, not_before_ns=last_ns):
            last_ns = tick.received_ns
            yield tick


def _defined(
    key: InstrumentKey, known: Mapping[InstrumentKey, Instrument], recorded: Collection[InstrumentKey], root: Path
) -> Instrument:
    if key not in recorded:
        raise ObjectMissingError(f"{root}: nothing is recorded of {key}; recorded: {', '.join(sorted(recorded))}")
    if key not in known:
        raise InvalidInputError("keys", key, "it has no definition (tick, lot, fees); hand one in `definitions`")
    return known[key]


def _find(root: Path) -> dict[tuple[InstrumentKey, Kind], _Days]:
    """Find every file of the layout; where a day has both spellings, the one with the suffix counts."""
    days = next((at for at in (root / "raw_tick_data" / "by_date", root / "by_date") if at.is_dir()), None)
    if days is None:
        raise ObjectMissingError(f"{root}: no recorded ticks here; expected {_LAYOUT}")
    found: dict[tuple[InstrumentKey, Kind], _Days] = {}
    for kind in _MERGED:
        for path in sorted(days.glob(f"day-*/data_type-{kind}/*.parquet")):
            key = _key(path)
            day = path.parent.parent.name
            files = found.setdefault((key, kind), {})
            if day not in files or path.stem == key:
                files[day] = path
    if not found:
        raise ObjectMissingError(f"{root}: no recorded ticks here; expected {_LAYOUT}")
    return found


def _key(path: Path) -> InstrumentKey:
    try:
        return InstrumentKey(path.stem)
    except InvalidInputError as wrong:
        raise InvalidInputError(
            str(path), path.stem, f"the file's name is no instrument key: {wrong.remedy}"
        ) from wrong
