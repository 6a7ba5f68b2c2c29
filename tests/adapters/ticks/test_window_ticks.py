"""Exact ticks out of windows: the same as reading the recording whole, and five levels of a book."""

from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from adapters.storage import LocalObjectStore
from adapters.ticks import Kind, RecordedTicks, WindowReader, optimise, paper_instruments, tick_paths
from ports.errors import InvalidInputError
from ports.instruments import InstrumentKey
from ports.market_data import Book

from fakes.recordings import PERPETUAL, START_US, everything, file_of, quotes, record, trades

DAY_NS = 1_723_075_200_000_000_000  # 2024-08-08
START_NS = START_US * 1_000
BTC = next(each for each in paper_instruments() if each.key == PERPETUAL)


def book(**changed: list[float | None]) -> pa.Table:
    columns: dict[str, list[object]] = {
        "exchange": ["x"] * 2,
        "symbol": ["y"] * 2,
        "timestamp": [START_US, START_US + 1],
        "local_timestamp": [START_US + 5, START_US + 6],
    }
    for level in range(5):
        columns |= {
            f"asks[{level}].price": [100.1 + level, 100.2 + level],
            f"asks[{level}].amount": [0.001, 0.002],
            f"bids[{level}].price": [100.0 - level, 99.9 - level],
            f"bids[{level}].amount": [0.003, 0.004],
        }
    return pa.table(columns | {name: list(values) for name, values in changed.items()})


async def test_ticks_of_a_window_are_those_of_the_recording(tmp_path: Path) -> None:
    record(tmp_path, quotes(*[(at * 1_000, 60_000.0 + at, 60_000.1 + at) for at in range(3_000)]), key=PERPETUAL)
    rows = [(at * 1_500, 60_000.0, 0.001, "buy") for at in range(2_000)]
    record(tmp_path, trades(*rows), kind="trades", key=PERPETUAL)
    reader = WindowReader(LocalObjectStore(tmp_path))
    start_ns, end_ns = START_NS + 500_000_000, START_NS + 1_700_000_000
    found = [
        tick for kind in (Kind.TRADES, Kind.QUOTES) for tick in await reader.read_ticks(kind, BTC, start_ns, end_ns)
    ]
    whole = [tick for tick in await everything(RecordedTicks(tmp_path)) if start_ns <= tick.received_ns < end_ns]
    assert sorted(found, key=str) == sorted(whole, key=str)
    assert len(found) > 1_500


async def test_a_book_has_five_levels_best_first(tmp_path: Path) -> None:
    pq.write_table(book(), file_of(tmp_path, kind="book_snapshot_5", key=PERPETUAL))
    reader = WindowReader(LocalObjectStore(tmp_path))
    first, second = await reader.read_ticks(Kind.BOOKS, BTC, START_NS, START_NS + 10_000)
    assert isinstance(first, Book)
    assert first.asks == tuple((Decimal(f"{100 + level}.1"), Decimal("0.001")) for level in range(5))
    assert first.bids[0] == (Decimal(100), Decimal("0.003"))
    assert (first.event_time_ns, second.received_ns) == (START_NS, START_NS + 6_000)


@pytest.mark.parametrize("nothing", [None, float("nan"), 0.0])
async def test_a_level_that_is_not_there_is_left_out(tmp_path: Path, nothing: float | None) -> None:
    changed = {"asks[4].price": [nothing, 104.2], "asks[4].amount": [nothing, 0.001]}
    pq.write_table(book(**changed), file_of(tmp_path, kind="book_snapshot_5", key=PERPETUAL))
    reader = WindowReader(LocalObjectStore(tmp_path))
    first, second = await reader.read_ticks(Kind.BOOKS, BTC, START_NS, START_NS + 10_000)
    assert isinstance(first, Book)
    assert isinstance(second, Book)
    assert (len(first.asks), len(first.bids), len(second.asks)) == (4, 5, 5)


async def test_a_price_between_two_ticks_is_refused(tmp_path: Path) -> None:
    record(tmp_path, quotes((0, 60_000.05, 60_000.1)), key=PERPETUAL)
    with pytest.raises(InvalidInputError, match=r"quotes of BINANCE-FUTURES.*bid_price, row 0"):
        await WindowReader(LocalObjectStore(tmp_path)).read_ticks(Kind.QUOTES, BTC, START_NS, START_NS + 1)


async def test_an_empty_window_has_no_ticks(tmp_path: Path) -> None:
    record(tmp_path, quotes((0, 60_000.0, 60_000.1)), key=PERPETUAL)
    reader = WindowReader(LocalObjectStore(tmp_path))
    assert await reader.read_ticks(Kind.QUOTES, BTC, DAY_NS, DAY_NS + 1) == []


@pytest.mark.parametrize("rewritten", [False, True])
async def test_the_recorded_data_is_read_by_windows(shared_data: Path, tmp_path: Path, rewritten: bool) -> None:
    root = shared_data / "recorded"
    if rewritten:
        for kind in Kind:
            for each in paper_instruments():
                if (old := root / path_of(kind, each.key)).exists():
                    (tmp_path / path_of(kind, each.key)).parent.mkdir(parents=True, exist_ok=True)
                    optimise(old, tmp_path / path_of(kind, each.key))
        root = tmp_path
    reader = WindowReader(LocalObjectStore(root))
    recorded = RecordedTicks(shared_data / "recorded")
    start_ns, end_ns = START_NS + 60_000_000_000, START_NS + 90_000_000_000
    found = [
        tick
        for each in recorded.instruments()
        for kind in (Kind.TRADES, Kind.QUOTES)
        for tick in await reader.read_ticks(kind, each, start_ns, end_ns)
    ]
    whole = [
        tick
        for tick in await everything(recorded)
        if start_ns <= tick.received_ns < end_ns and not isinstance(tick, Book)  # depth is read by itself
    ]
    assert sorted(found, key=str) == sorted(whole, key=str)
    assert found
    for each in recorded.instruments():
        books = await reader.read_ticks(Kind.BOOKS, each, DAY_NS, DAY_NS + 86_400_000_000_000)
        assert len(books) == {"BINANCE-FUTURES": 5_889, "BINANCE-SPOT": 3_059}[each.key.venue]
        assert all(isinstance(tick, Book) and tick.bids[0][0] < tick.asks[0][0] for tick in books)


def path_of(kind: Kind, key: InstrumentKey) -> str:
    return tick_paths(kind, key, "2024-08-08")[0]
