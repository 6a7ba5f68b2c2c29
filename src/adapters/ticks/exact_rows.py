"""Rows of floats and stamps in, exact ticks out, or what is wrong and where."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from adapters.ticks.kinds import LEVELS, Kind
from adapters.ticks.stamps import MICRO_BELOW, MILLI_BELOW, OLDEST
from ports.errors import InvalidInputError
from ports.instruments import Instrument
from ports.market_data import Book, Level, Quote, Tick, Trade
from ports.values import Price, Side

_ULPS: Final = 4.0  # how far a float may be from a multiple of the tick and still be taken for it
_MAX_STEPS: Final = 2.0**53
_SIDES: Final = {"buy": Side.BUY, "sell": Side.SELL, "unknown": None, "": None}

type Ints = NDArray[np.int64]


def ticks_of(where: str, kind: Kind, instrument: Instrument, table: pa.Table) -> Sequence[Tick]:
    """Return a table's rows as exact ticks, in its order, which must be that of `local_timestamp`.

    Raises:
        InvalidInputError: a row out of order, or a value that is no multiple of the instrument's tick or lot; names
            `where`, column and row (counted in the table).
    """
    if not table.num_rows:
        return []
    (batch,) = table.combine_chunks().to_batches()
    rows = Rows(where, 0, batch)
    return list(MAKERS[kind](rows, instrument, rows.received_ns(0)))


class Rows:
    """A stretch of rows; knows where it is, so that every complaint names file, column and row."""

    def __init__(self, where: str, first_row: int, batch: pa.RecordBatch) -> None:
        self._where = where
        self._first_row = first_row
        self._batch = batch

    def received_ns(self, not_before_ns: int) -> Ints:
        stamps = self.stamps_ns("local_timestamp")
        before = np.concatenate((np.asarray([not_before_ns], dtype=np.int64), stamps[:-1]))
        self._refuse("local_timestamp", stamps < before, "it lies before the row above; sort the file by this column")
        return stamps

    def stamps_ns(self, name: str) -> Ints:
        raw = self._column(name, np.int64)
        self._refuse(name, raw < OLDEST, "it is no time in milli-, micro- or nanoseconds")
        scale = np.where(raw < MILLI_BELOW, 1_000_000, np.where(raw < MICRO_BELOW, 1_000, 1))
        return raw * scale

    def steps(self, name: str, step: Decimal, *, least: int, empty: float | None = None) -> list[int]:
        """Return a column as whole multiples of `step`, undoing what storing decimals as floats did to them.

        What is null or not a number counts as `empty`, where that is given.
        """
        raw = self._column(name, np.float64, empty)
        self._refuse(name, ~np.isfinite(raw), "write a finite number")
        width = float(step)
        counts = np.rint(raw / width)
        off = np.abs(counts * width - raw) > _ULPS * np.spacing(np.abs(raw))
        self._refuse(name, (np.abs(counts) > _MAX_STEPS) | off, f"it is no multiple of the instrument's step of {step}")
        self._refuse(name, counts < least, f"it must be at least {least * step}")
        return [int(count) for count in counts.tolist()]

    def texts(self, name: str) -> list[str]:
        return [str(text or "") for text in self._batch.column(name).to_pylist()]

    def sides(self) -> list[Side | None]:
        texts = self.texts("side")
        self._refuse(
            "side", np.asarray([text not in _SIDES for text in texts], dtype=np.bool_), "write buy, sell or unknown"
        )
        return [_SIDES[text] for text in texts]

    def _column[Value: (np.int64, np.float64)](
        self, name: str, value: type[Value], empty: float | None = None
    ) -> NDArray[Value]:
        column = self._batch.column(name)
        if empty is not None:
            column = column.fill_null(empty)
        if column.null_count:
            missing = [each is None for each in column.to_pylist()]
            self._refuse(name, np.asarray(missing, dtype=np.bool_), "every row needs a value")
        # The column's own memory: Arrow's conversion would first import pandas, a quarter of a second of the loop.
        stored = np.frombuffer(column.buffers()[1] or b"", dtype=value)[column.offset : column.offset + len(column)]
        return stored if empty is None else np.nan_to_num(stored, nan=empty)

    def _refuse(self, name: str, bad: NDArray[np.bool_], remedy: str) -> None:
        if bad.any():
            at = int(bad.argmax())
            value = self._batch.column(name)[at].as_py()
            raise InvalidInputError(f"{self._where}: column {name}, row {self._first_row + at}", value, remedy)


def quotes(rows: Rows, instrument: Instrument, received_ns: Ints) -> Iterator[Quote]:
    tick, lot = instrument.tick_size, instrument.lot_size
    for event_ns, local_ns, bid, ask, bid_lots, ask_lots in zip(
        rows.stamps_ns("timestamp").tolist(),
        received_ns.tolist(),
        rows.steps("bid_price", tick, least=1),
        rows.steps("ask_price", tick, least=1),
        rows.steps("bid_amount", lot, least=0),
        rows.steps("ask_amount", lot, least=0),
        strict=True,
    ):
        yield Quote(
            instrument=instrument.key,
            bid=Price(bid * tick),
            ask=Price(ask * tick),
            bid_size=bid_lots * lot,
            ask_size=ask_lots * lot,
            event_time_ns=event_ns,
            received_ns=local_ns,
        )


def trades(rows: Rows, instrument: Instrument, received_ns: Ints) -> Iterator[Trade]:
    tick, lot = instrument.tick_size, instrument.lot_size
    for event_ns, local_ns, price, lots, side, trade_id in zip(
        rows.stamps_ns("timestamp").tolist(),
        received_ns.tolist(),
        rows.steps("price", tick, least=1),
        rows.steps("amount", lot, least=0),
        rows.sides(),
        rows.texts("id"),
        strict=True,
    ):
        yield Trade(
            instrument=instrument.key,
            price=Price(price * tick),
            quantity=lots * lot,
            aggressor=side,
            trade_id=trade_id,
            event_time_ns=event_ns,
            received_ns=local_ns,
        )


def books(rows: Rows, instrument: Instrument, received_ns: Ints) -> Iterator[Book]:
    """Five levels of each side, best first; a level that the venue did not have is left out."""
    tick, lot = instrument.tick_size, instrument.lot_size
    sides = {side: [_level(rows, f"{side}[{at}]", tick, lot) for at in range(LEVELS)] for side in ("bids", "asks")}
    for at, (event_ns, local_ns) in enumerate(zip(rows.stamps_ns("timestamp").tolist(), received_ns, strict=True)):
        bids, asks = (
            tuple(Level(price[at] * tick, size[at] * lot) for price, size in sides[side] if price[at])
            for side in ("bids", "asks")
        )
        yield Book(instrument=instrument.key, bids=bids, asks=asks, event_time_ns=event_ns, received_ns=int(local_ns))


def _level(rows: Rows, name: str, tick: Decimal, lot: Decimal) -> tuple[list[int], list[int]]:
    return rows.steps(f"{name}.price", tick, least=0, empty=0), rows.steps(f"{name}.amount", lot, least=0, empty=0)


MAKERS: Final[Mapping[Kind, Callable[[Rows, Instrument, Ints], Iterator[Tick]]]] = {
    Kind.QUOTES: quotes,
    Kind.TRADES: trades,
    Kind.BOOKS: books,
}
