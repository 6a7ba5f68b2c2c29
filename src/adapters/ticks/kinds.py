"""The kinds of recorded market data, where their files are, and which columns they have (contracts.md, Storage)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Final

from ports.errors import InvalidInputError
from ports.instruments import LINEAR, InstrumentKey

LEVELS: Final = 5
TIME: Final = "local_timestamp"  # when the recorder received it: what everything is ordered by
_DAY_NS: Final = 86_400_000_000_000
_LINEAR_SUFFIX: Final = f"@{LINEAR}"


class Kind(StrEnum):
    """The data types, as the layout spells them; a trade comes before the quote it makes."""

    TRADES = "trades"
    QUOTES = "quotes"
    BOOKS = "book_snapshot_5"


STAMPS: Final = ("timestamp", "local_timestamp")
TEXTS: Final = ("exchange", "symbol", "side", "id")
_HEAD: Final = ("exchange", "symbol", *STAMPS)
_LEVEL_COLUMNS: Final = tuple(
    f"{side}[{level}].{what}" for level in range(LEVELS) for side in ("asks", "bids") for what in ("price", "amount")
)
# All columns, in the order of the files.
COLUMNS: Final[Mapping[Kind, Sequence[str]]] = {
    Kind.TRADES: (*_HEAD, "id", "side", "price", "amount"),
    Kind.QUOTES: (*_HEAD, "ask_amount", "ask_price", "bid_price", "bid_amount"),
    Kind.BOOKS: (*_HEAD, *_LEVEL_COLUMNS),
}
# What ticks are made of; exchange and symbol are said by the file's name.
TICK_COLUMNS: Final[Mapping[Kind, Sequence[str]]] = {
    kind: tuple(name for name in columns if name not in ("exchange", "symbol")) for kind, columns in COLUMNS.items()
}


def tick_paths(kind: Kind, key: InstrumentKey, day: str) -> Sequence[str]:
    """Return where a day of an instrument may be: older files lack the `@LIN`."""
    folder = f"raw_tick_data/by_date/day-{day}/data_type-{kind}"
    spellings = (key, key.removesuffix(_LINEAR_SUFFIX)) if key.endswith(_LINEAR_SUFFIX) else (key,)
    return [f"{folder}/{spelling}.parquet" for spelling in spellings]


def instruments_path(day: str) -> str:
    """Return where a day's instruments are."""
    return f"instrument_availability/by_date/day-{day}/instruments.parquet"


def signals_path(strategy_id: str, day: str) -> str:
    """Return where a strategy's signals of a day are."""
    return f"signals/by_date/day-{day}/{strategy_id}.parquet"


def days_between(start_ns: int, end_ns: int) -> Iterator[tuple[str, int, int]]:
    """Yield each UTC day that `[start_ns, end_ns)` touches, with its part of it."""
    while start_ns < end_ns:
        until_ns = min(end_ns, (start_ns // _DAY_NS + 1) * _DAY_NS)
        yield day_of(start_ns), start_ns, until_ns
        start_ns = until_ns


def day_window(day: str) -> tuple[int, int]:
    """Return the first nanosecond of a UTC day as the layout writes it, and the first after it.

    Raises:
        InvalidInputError: it is no day.
    """
    try:
        start_ns = int(datetime.strptime(day, "%Y-%m-%d").replace(tzinfo=UTC).timestamp()) * 1_000_000_000
    except ValueError:
        raise InvalidInputError("day", day, "write YYYY-MM-DD") from None
    return start_ns, start_ns + _DAY_NS


def day_of(at_ns: int) -> str:
    """Return the UTC day of an instant, as the layout writes it."""
    return (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=at_ns // 1_000)).strftime("%Y-%m-%d")
