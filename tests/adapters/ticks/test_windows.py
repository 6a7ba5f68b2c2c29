"""Windows out of a store: exactly the rows received in them, and only the bytes that hold them."""

from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.ticks import Kind, WindowReader, tick_paths
from adapters.ticks.kinds import COLUMNS, TICK_COLUMNS
from adapters.ticks.page_map import PAGE_MAP_KEY
from adapters.ticks.tick_writer import TickWriter
from ports.errors import InvalidInputError, ObjectMissingError, ObjectStoreUnavailableError
from ports.instruments import InstrumentKey

from fakes.object_store import MemoryObjectStore
from fakes.tick_days import DAY, DAY_NS, trades_table

KEY = InstrumentKey("BINANCE-FUTURES:PERPETUAL:BTC-USDT@LIN")
PATH, OLD_PATH = tick_paths(Kind.TRADES, KEY, DAY)
MINUTE_NS = 60_000_000_000
LAYOUTS = ("mapped", "plain", "without statistics")
PROJECTED = ("local_timestamp", "side", "price", "amount")


def file_of(table: pa.Table, layout: str = "mapped", group_rows: int = 1_000, **options: Any) -> bytes:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "file"
        if layout == "mapped":
            with TickWriter(path, table.schema, group_rows) as writer:
                writer.add(table)
        else:
            pq.write_table(
                table, path, row_group_size=group_rows, write_statistics=layout != "without statistics", **options
            )
        return path.read_bytes()


async def store_of(content: bytes, path: str = PATH) -> MemoryObjectStore:
    store = MemoryObjectStore()
    await store.write(path, content)
    return store


def plainly(table: pa.Table) -> list[dict[str, object]]:
    rows: list[dict[str, object]] = table.to_pylist()
    return rows


def expected(table: pa.Table, start_ns: int, end_ns: int, unit: int = 1_000) -> pa.Table:
    stamps = table.column("local_timestamp").to_numpy().astype(object) * unit
    return table.filter(pa.array(((stamps >= start_ns) & (stamps < end_ns)).astype(bool)))


@pytest.mark.parametrize("layout", LAYOUTS)
@settings(max_examples=40, deadline=None)
@given(data=st.data())
async def test_a_window_holds_exactly_the_rows_received_in_it(layout: str, data: st.DataObject) -> None:
    rows = data.draw(st.sampled_from([1, 999, 7_000]))
    table = trades_table(rows, seed=data.draw(st.integers(0, 5)), distinct_times=data.draw(st.sampled_from([None, 20])))
    store = await store_of(file_of(table, layout, data.draw(st.sampled_from([500, 3_000, 6_000]))))
    stamps = table.column("local_timestamp").to_pylist()
    edges = st.sampled_from(stamps).map(lambda stamp: stamp * 1_000) | st.integers(0, 86_400 * 10**9 - 1).map(
        DAY_NS.__add__
    )
    windows = []
    for _ in range(data.draw(st.integers(1, 3))):
        start = data.draw(edges) + data.draw(st.integers(-1, 1))
        end = start + data.draw(st.sampled_from([1, 1_000, MINUTE_NS, 600 * MINUTE_NS]))
        windows.append((max(start, DAY_NS), max(min(end, DAY_NS + 86_400 * 10**9), DAY_NS + 1)))
    windows = [window for window in windows if window[0] < window[1]] or [(DAY_NS, DAY_NS + 1)]
    names = data.draw(st.sampled_from([None, PROJECTED, ("price",), COLUMNS[Kind.TRADES]]))
    found = await WindowReader(store).read_windows(Kind.TRADES, KEY, windows, names)
    for window, got in zip(windows, found, strict=True):
        assert got.column_names == list(names or TICK_COLUMNS[Kind.TRADES])
        assert plainly(got) == plainly(expected(table, *window).select(got.column_names))


@pytest.mark.parametrize("layout", ["mapped", "plain"])
async def test_only_what_overlaps_is_read(layout: str) -> None:
    content = file_of(trades_table(100_000, seed=1), layout, 10_000)
    store = await store_of(content)
    await WindowReader(store).read_window(Kind.TRADES, KEY, DAY_NS + MINUTE_NS, DAY_NS + 6 * MINUTE_NS, PROJECTED)
    (tail_path, tail_start, _), *reads = store.reads
    assert (tail_path, tail_start) == (PATH, max(len(content) - 128 * 1024, 0))
    first = pq.ParquetFile(pa.BufferReader(content)).metadata.row_group(0)
    end = first.column(7).data_page_offset + first.column(7).total_compressed_size
    assert reads
    assert all(start + length <= end for _, start, length in reads)
    group = sum(first.column(at).total_compressed_size for at in range(8))
    assert sum(length for _, _, length in reads) < group * (0.5 if layout == "mapped" else 0.8)


async def test_windows_that_share_pages_read_them_once() -> None:
    store = await store_of(file_of(trades_table(20_000, seed=1), "mapped", 10_000))
    windows = [(DAY_NS + at * MINUTE_NS, DAY_NS + (at + 3) * MINUTE_NS) for at in range(8)]
    await WindowReader(store).read_windows(Kind.TRADES, KEY, windows, PROJECTED)
    spans = sorted((start, start + length) for _, start, length in store.reads[1:])
    assert all(end <= start for (_, end), (start, _) in pairwise(spans))


async def test_a_footer_is_remembered_until_the_file_is_replaced() -> None:
    old, new = trades_table(5_000, seed=1), trades_table(6_000, seed=2)
    store = await store_of(file_of(old))
    reader = WindowReader(store)
    window = (DAY_NS, DAY_NS + 30 * MINUTE_NS)
    for table in (old, old, new):
        if table is new:
            await store.write(PATH, file_of(new), replacing=(await store.info(PATH)).generation)
        found = await reader.read_window(Kind.TRADES, KEY, *window)
        assert plainly(found) == plainly(expected(table, *window).select(found.column_names))
    tails = [start for _, start, _ in store.reads if start == 0 or start > 50_000]
    assert len(tails) >= 2


async def test_a_footer_longer_than_the_tail_is_read_whole() -> None:
    table = trades_table(60_000, seed=1)
    content = file_of(table, "plain", 50)
    assert int.from_bytes(content[-8:-4], "little") > 128 * 1024
    window = (DAY_NS, DAY_NS + 5 * MINUTE_NS)
    found = await WindowReader(await store_of(content)).read_window(Kind.TRADES, KEY, *window)
    assert plainly(found) == plainly(expected(table, *window).select(found.column_names))


async def test_an_older_file_without_the_suffix_is_found() -> None:
    table = trades_table(100, seed=1)
    store = await store_of(file_of(table), OLD_PATH)
    found = await WindowReader(store).read_window(Kind.TRADES, KEY, DAY_NS, DAY_NS + 86_400 * 10**9)
    assert found.num_rows == 100


@pytest.mark.parametrize("unit", [1, 1_000, 1_000_000])
@pytest.mark.parametrize("layout", LAYOUTS)
async def test_milli_micro_and_nanoseconds_are_told_apart(unit: int, layout: str) -> None:
    table = trades_table(3_000, seed=1, ns_per_unit=unit)
    window = (DAY_NS + 7 * MINUTE_NS + 1, DAY_NS + 90 * MINUTE_NS)
    found = await WindowReader(await store_of(file_of(table, layout))).read_window(Kind.TRADES, KEY, *window)
    assert plainly(found) == plainly(expected(table, *window, unit).select(found.column_names))
    assert found.num_rows


async def test_a_window_over_midnight_takes_both_days() -> None:
    table = trades_table(50_000, seed=1)
    store = await store_of(file_of(table))
    at = table.column_names.index("local_timestamp")
    after = (table.column("local_timestamp").to_numpy() + 86_400_000_000).astype(np.int64)
    tomorrow = table.set_column(at, "local_timestamp", pa.array(after))
    await store.write(tick_paths(Kind.TRADES, KEY, "2023-11-16")[0], file_of(tomorrow))
    window = (DAY_NS + 1_430 * MINUTE_NS, DAY_NS + 1_450 * MINUTE_NS)
    found = await WindowReader(store).read_window(Kind.TRADES, KEY, *window)
    wanted = plainly(expected(table, *window)) + plainly(expected(tomorrow, *window))
    assert [row["id"] for row in plainly(found)] == [row["id"] for row in wanted]


async def test_a_missing_day_is_no_empty_window() -> None:
    table = trades_table(2, seed=1)
    store = await store_of(file_of(table))
    empty = await WindowReader(store).read_window(Kind.TRADES, KEY, DAY_NS, DAY_NS + 1)
    assert empty.num_rows == 0
    with pytest.raises(ObjectMissingError, match=r"day-2023-11-16.* or .*BTC-USDT\.parquet"):
        await WindowReader(store).read_window(Kind.TRADES, KEY, DAY_NS, DAY_NS + 1_441 * MINUTE_NS)
    store.away = True
    with pytest.raises(ObjectStoreUnavailableError):
        await WindowReader(store).read_window(Kind.TRADES, KEY, DAY_NS, DAY_NS + 1)


@pytest.mark.parametrize("order", ["rows", "row groups"])
@pytest.mark.parametrize("layout", ["plain", "without statistics"])
async def test_a_file_out_of_order_is_refused_and_says_what_mends_it(order: str, layout: str) -> None:
    table = trades_table(4_000, seed=1)
    swapped = (
        [*range(1_000, 2_000), *range(1_000), *range(2_000, 4_000)]
        if order == "row groups"
        else [1, 0, *range(2, 4_000)]
    )
    store = await store_of(file_of(table.take(swapped), layout))
    with pytest.raises(InvalidInputError, match=r"local_timestamp.*livexec ticks optimise"):
        await WindowReader(store).read_window(Kind.TRADES, KEY, DAY_NS, DAY_NS + 86_400 * 10**9)


@pytest.mark.parametrize("layout", ["mapped", "plain"])
async def test_a_torn_file_is_refused_by_name(layout: str) -> None:
    content = file_of(trades_table(5_000, seed=1), layout)
    middle = len(content) // 3
    for torn in (content[:-1], content[: len(content) // 2], b"", b"PAR1", content[:-8] + b"\5\0\0\0PAR1"):
        with pytest.raises(InvalidInputError, match="parquet file"):
            await WindowReader(await store_of(torn)).read_window(Kind.TRADES, KEY, DAY_NS, DAY_NS + 1)
    scratched = content[:middle] + bytes(2_000) + content[middle + 2_000 :]
    with pytest.raises(InvalidInputError, match=KEY):
        await WindowReader(await store_of(scratched)).read_window(Kind.TRADES, KEY, DAY_NS, DAY_NS + 86_400 * 10**9)


async def test_a_column_that_is_not_there_or_of_another_type_is_named() -> None:
    table = trades_table(100, seed=1)
    without = await store_of(file_of(table.drop_columns(["price"]), "plain"))
    at = table.column_names.index("price")
    texts = await store_of(file_of(table.set_column(at, "price", table.column("price").cast(pa.string())), "plain"))
    for store in (without, texts):
        with pytest.raises(InvalidInputError, match=f"{KEY}.*column price"):
            await WindowReader(store).read_window(Kind.TRADES, KEY, DAY_NS, DAY_NS + 1)
    with pytest.raises(InvalidInputError, match="columns: 'volume'"):
        await WindowReader(without).read_window(Kind.TRADES, KEY, DAY_NS, DAY_NS + 1, ["volume"])
    with pytest.raises(InvalidInputError, match="window"):
        await WindowReader(without).read_window(Kind.TRADES, KEY, DAY_NS, DAY_NS)


async def test_a_map_of_another_file_is_refused() -> None:
    table = trades_table(5_000, seed=1)
    theirs = pq.ParquetFile(pa.BufferReader(file_of(table))).metadata.metadata or {}
    stolen = table.slice(1).replace_schema_metadata({PAGE_MAP_KEY: theirs[PAGE_MAP_KEY]})
    with pytest.raises(InvalidInputError, match="page map"):
        await WindowReader(await store_of(file_of(stolen, "plain"))).read_window(Kind.TRADES, KEY, DAY_NS, DAY_NS + 1)


@pytest.mark.parametrize("compression", ["none", "snappy", "gzip", "zstd", "brotli"])
@pytest.mark.parametrize("data_page_version", ["1.0", "2.0"])
async def test_the_usual_compressions_and_page_formats_are_read(compression: str, data_page_version: str) -> None:
    table = trades_table(3_000, seed=1)
    content = file_of(table, "plain", compression=compression, data_page_version=data_page_version)
    found = await WindowReader(await store_of(content)).read_window(Kind.TRADES, KEY, DAY_NS, DAY_NS + 99 * MINUTE_NS)
    assert plainly(found) == plainly(expected(table, DAY_NS, DAY_NS + 99 * MINUTE_NS).select(found.column_names))
