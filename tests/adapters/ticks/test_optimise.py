"""Rewritten tick files: the same rows, in order, laid out for windows, and nothing where anything is wrong."""

from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.ticks import optimising
from adapters.ticks.fingerprint import fingerprint
from adapters.ticks.optimising import optimise
from adapters.ticks.page_map import PAGE_MAP_KEY, decode
from adapters.ticks.tick_writer import write_ticks
from ports.errors import InvalidInputError, ObjectMissingError

from fakes.tick_days import trades_table


def written(path: Path, table: pa.Table, rows: int = 1_000_000) -> Path:
    pq.write_table(table, path, row_group_size=rows)
    return path


def rows_of(path: Path) -> pa.Table:
    return pq.ParquetFile(path).read()


def test_the_rows_are_the_same_and_the_row_groups_small(tmp_path: Path) -> None:
    table = trades_table(120_001, seed=1)
    done = optimise(written(tmp_path / "old", table), tmp_path / "new")
    new = pq.ParquetFile(tmp_path / "new")
    assert new.read().equals(table)
    groups = [new.metadata.row_group(at).num_rows for at in range(new.metadata.num_row_groups)]
    assert groups == [50_000, 50_000, 20_001]
    assert (done.rows, done.was_sorted) == (120_001, True)
    assert done.bytes_before == (tmp_path / "old").stat().st_size
    assert done.bytes_after == (tmp_path / "new").stat().st_size < done.bytes_before


def test_the_map_says_where_every_page_is(tmp_path: Path) -> None:
    table = trades_table(60_001, seed=2)
    optimise(written(tmp_path / "old", table), tmp_path / "new")
    metadata = pq.ParquetFile(tmp_path / "new").metadata
    pages = decode((metadata.metadata or {})[PAGE_MAP_KEY])
    stamps = table.column("local_timestamp").to_numpy()
    assert pages.first_times.tolist() == [*stamps[:50_000:2_500], *stamps[50_000::2_500]]
    assert pages.last_time == stamps[-1]
    for group, rows in enumerate([50_000, 10_001]):
        for at, name in enumerate(table.column_names):
            chunk = metadata.row_group(group).column(at)
            start, length = pages.pages(group, at, 0, -(-rows // 2_500))
            assert start == chunk.data_page_offset, name
            assert length + pages.dictionary(group, at)[1] == chunk.total_compressed_size, name


def test_a_file_out_of_order_is_sorted_and_equal_times_keep_their_order(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(optimising, "_SORTED_ROWS", 700)
    monkeypatch.setattr(optimising, "_ROWS", 333)
    table = trades_table(10_000, seed=3, distinct_times=400)
    shuffled = table.take(np.random.default_rng(3).permutation(10_000))
    done = optimise(written(tmp_path / "old", shuffled), tmp_path / "new")
    order = np.argsort(shuffled.column("local_timestamp").to_numpy(), kind="stable")
    assert rows_of(tmp_path / "new").equals(shuffled.take(order))
    assert not done.was_sorted
    assert sorted(path.name for path in tmp_path.iterdir()) == ["new", "old"]


@pytest.mark.parametrize("kind", [pa.large_string(), pa.dictionary(pa.int32(), pa.string())])
def test_texts_of_other_kinds_become_plain_ones(tmp_path: Path, kind: pa.DataType) -> None:
    table = trades_table(5_000, seed=4)
    at = table.column_names.index("side")
    other = table.set_column(at, "side", table.column("side").cast(kind))
    optimise(written(tmp_path / "old", other), tmp_path / "new")
    assert rows_of(tmp_path / "new").equals(table)


def test_a_lost_row_is_noticed_and_leaves_no_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = write_ticks

    def careless(path: Path, rows: Iterable[pa.Table], schema: pa.Schema) -> None:
        real(path, [table.slice(1) for table in rows], schema)

    monkeypatch.setattr(optimising, "write_ticks", careless)
    with pytest.raises(InvalidInputError, match="did not come back"):
        optimise(written(tmp_path / "old", trades_table(5_000, seed=5)), tmp_path / "new")
    assert [path.name for path in tmp_path.iterdir()] == ["old"]


def test_what_is_there_is_not_overwritten(tmp_path: Path) -> None:
    (tmp_path / "new").write_bytes(b"theirs")
    with pytest.raises(FileExistsError):
        optimise(written(tmp_path / "old", trades_table(10, seed=6)), tmp_path / "new")
    assert (tmp_path / "new").read_bytes() == b"theirs"


def test_what_cannot_be_rewritten_is_named(tmp_path: Path) -> None:
    torn = tmp_path / "torn"
    torn.write_bytes(written(tmp_path / "whole", trades_table(5_000, seed=7)).read_bytes()[:-20])
    empty = written(tmp_path / "empty", trades_table(5_000, seed=7).slice(0, 0))
    other = written(tmp_path / "other", pa.table({"a": [1]}))
    for source, said in ((torn, "no whole parquet file"), (empty, "0 rows"), (other, "column local_timestamp")):
        with pytest.raises(InvalidInputError, match=said):
            optimise(source, tmp_path / "new")
    with pytest.raises(ObjectMissingError, match="nothing"):
        optimise(tmp_path / "nothing", tmp_path / "new")
    assert not (tmp_path / "new").exists()


@given(st.data())
def test_a_fingerprint_knows_rows_and_not_their_order(data: st.DataObject) -> None:
    texts = st.none() | st.text(max_size=3)
    rows = data.draw(
        st.lists(st.tuples(st.none() | st.integers(-9, 9), texts, st.floats(0, 2)), min_size=1, max_size=8)
    )
    schema = pa.table({"a": [1], "b": ["b"], "c": [1.0]}).schema

    def table(some: list[tuple[int | None, str | None, float]]) -> pa.Table:
        return pa.table([[row[at] for row in some] for at in range(3)], schema=schema)

    whole = fingerprint([table(rows)])
    other = data.draw(st.permutations(rows))
    cut = data.draw(st.integers(0, len(rows)))
    assert fingerprint([table(other[:cut]), table(other[cut:])]) == whole
    at = data.draw(st.integers(0, len(rows) - 1))
    changed = (rows[at][0], rows[at][1], rows[at][2] + 1.0)
    assert fingerprint([table([*rows[:at], changed, *rows[at + 1 :]])]) != whole
    assert fingerprint([table(rows[1:])]) != whole
