"""Small files of a day, read whole: which instruments there were, and what a strategy wanted."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any, Final, NamedTuple

import pyarrow as pa
import pyarrow.parquet as pq

from adapters.ticks.kinds import instruments_path, signals_path
from adapters.ticks.stamps import ns_per_unit
from ports.errors import InvalidInputError
from ports.instruments import Instrument, InstrumentKey
from ports.object_store import ObjectStore
from ports.signals import Signal
from ports.values import Price, Quantity, StrategyId, parse_decimal

_INSTRUMENT_COLUMNS: Final = ("instrument_key", "tick_size", "lot_size")
_SIGNAL_COLUMNS: Final = ("timestamp", "instrument_key", "direction")
_DIRECTIONS: Final = frozenset({-1, 0, 1})


class Listed(NamedTuple):
    """The instruments of a day, sorted by key; and the rows that are none that we know, by key, with what is wrong."""

    instruments: Sequence[Instrument]
    unread: Mapping[str, str]


async def read_instruments(store: ObjectStore, day: str) -> Listed:
    """Return what was listed on a UTC day (`YYYY-MM-DD`); fees are not in these files and read as 0.

    Raises:
        ObjectMissingError: the day is not there.
        InvalidInputError: the file is torn, or lacks a column.
        ObjectStoreRefusedError, ObjectStoreUnavailableError: as the store.
    """
    path = instruments_path(day)
    found: dict[InstrumentKey, Instrument] = {}
    unread: dict[str, str] = {}
    for row in _rows(path, await store.read(path), _INSTRUMENT_COLUMNS):
        try:
            made = _instrument(row)
        except InvalidInputError as unknown:
            unread[str(row["instrument_key"])] = str(unknown)
        else:
            found[made.key] = made
    return Listed([found[key] for key in sorted(found)], unread)


async def read_signals(store: ObjectStore, strategy_id: StrategyId, day: str) -> Sequence[Signal]:
    """Return a strategy's signals of a UTC day, by time and instrument; none: the file is there and has none.

    Raises:
        ObjectMissingError: the day is not there.
        InvalidInputError: the file is torn, lacks a column, or has a row that means nothing or stands there twice.
        ObjectStoreRefusedError, ObjectStoreUnavailableError: as the store.
    """
    path = signals_path(strategy_id, day)
    found: dict[tuple[int, InstrumentKey], Signal] = {}
    for number, row in enumerate(_rows(path, await store.read(path), _SIGNAL_COLUMNS)):
        made = _signal(f"{path}: row {number}", strategy_id, row)
        if (made.start_ns, made.instrument) in found:
            raise InvalidInputError(f"{path}: row {number}", made.instrument, "its interval stands there twice")
        found[made.start_ns, made.instrument] = made
    return [found[place] for place in sorted(found)]


def _rows(path: str, content: bytes, columns: Sequence[str]) -> Sequence[Mapping[str, Any]]:
    try:
        table = pq.read_table(pa.BufferReader(content))
    except (pa.ArrowException, OSError) as torn:
        raise InvalidInputError(path, str(torn), "it is no whole parquet file; mend or remove it") from torn
    for name in columns:
        if name not in table.column_names:
            raise InvalidInputError(f"{path}: column {name}", "missing", f"such a file has {', '.join(columns)}")
    rows: Sequence[Mapping[str, Any]] = table.to_pylist()
    return rows


def _instrument(row: Mapping[str, Any]) -> Instrument:
    lot = Quantity(_above_zero("lot_size", row))
    key = InstrumentKey(str(row["instrument_key"]))
    return Instrument(key=key, tick_size=Price(_above_zero("tick_size", row)), lot_size=lot, min_quantity=lot)


def _above_zero(name: str, row: Mapping[str, Any]) -> Decimal:
    """Return a number as its file shows it: the shortest decimal that a float stands for."""
    value = row[name]
    number = parse_decimal(name, f"{Decimal(repr(value)):f}" if isinstance(value, float) else str(value))
    if number <= 0:
        raise InvalidInputError(name, value, "write a number above zero")
    return number


def _signal(where: str, strategy_id: StrategyId, row: Mapping[str, Any]) -> Signal:
    direction = row["direction"]
    if direction not in _DIRECTIONS:
        raise InvalidInputError(f"{where}, column direction", direction, "write -1, 0 or 1")
    target = row.get("target_position")
    return Signal(
        strategy_id=strategy_id,
        instrument=InstrumentKey(str(row["instrument_key"])),
        start_ns=_start_ns(where, row["timestamp"]),
        direction=int(direction),
        target_position=None if target in (None, "") else parse_decimal(f"{where}, target_position", str(target)),
        exec_algorithm=str(row.get("exec_algorithm") or ""),
        exec_algorithm_params=_params(where, row.get("exec_algorithm_params")),
    )


def _start_ns(where: str, stamp: Any) -> int:
    unit = ns_per_unit(stamp) if isinstance(stamp, int) else None
    if unit is None:
        raise InvalidInputError(f"{where}, column timestamp", stamp, "write milli-, micro- or nanoseconds as int64")
    return int(stamp) * unit


def _params(where: str, text: Any) -> Mapping[str, str]:
    try:
        params = json.loads(text or "{}", parse_float=str, parse_int=str)
    except ValueError:
        params = None
    if not isinstance(params, dict) or not all(isinstance(value, str | bool) for value in params.values()):
        remedy = "write a JSON object of plain values"
        raise InvalidInputError(f"{where}, column exec_algorithm_params", text, remedy)
    return {name: str(value) for name, value in params.items()}
