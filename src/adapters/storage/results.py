"""Writes the result files of a run into an object store, and reads them back."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from io import BytesIO
from typing import Any, Final

import orjson
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from adapters.storage.columns import TIME
from adapters.storage.result_files import CONFIG_FILE, LOG_FILE, SUMMARY, build_files
from adapters.storage.tca_files import QUOTES_FILE, TCA_FILE, TCA_FILES, VOLUMES_FILE, read_tca_files
from ports.errors import ObjectMissingError
from ports.object_store import ObjectStore
from ports.results import RunResults, Tca

LIVE_RESULTS: Final = "live_results"
TABLE_FILES: Final[Mapping[str, str]] = {
    "orders": "orders.parquet",
    "fills": "fills.parquet",
    "positions": "positions.parquet",
    "equity": "equity_curve.parquet",
    "tca": TCA_FILE,
    "quotes": QUOTES_FILE,
    "volumes": VOLUMES_FILE,
}
_INSTRUMENT: Final = "instrument_key"


class ResultFiles:
    """The result files of runs, under `prefix` in `store`; config and log beside them, under names of their own.

    Building parquet works the processor: it happens in `executor` (a process pool, where the service goes on
    meanwhile), or in a thread where none is given (a service that stops has nothing to hold up).
    """

    def __init__(self, store: ObjectStore, prefix: str = LIVE_RESULTS, executor: Executor | None = None) -> None:
        self._store = store
        self._prefix = prefix
        self._executor = executor

    async def write(self, results: RunResults) -> str:
        """Write every file and return the run's folder; harmless to repeat with the same content.

        Raises:
            ObjectExistsError: other results are there under this run id.
            ObjectStoreUnavailableError: not confirmed; repeat it.
            InvalidInputError: a number that its column cannot hold exactly.
        """
        loop = asyncio.get_running_loop()
        files = await loop.run_in_executor(self._executor, build_files, results, self._prefix)
        for path, content in files.items():
            await self._store.write(path, content)
        return f"{self._prefix}/{results.run_id}"

    async def complete(self, results: RunResults) -> str:
        """Write every file of a run that was written with something missing, in place of what is there.

        Its summary goes first, so that nobody takes it for whole meanwhile. Each file is replaced as it was found;
        harmless to repeat.

        Raises:
            ObjectChangedError: somebody else writes it at the same time.
            ObjectStoreUnavailableError: not confirmed; repeat it.
            InvalidInputError: a number that its column cannot hold exactly.
        """
        loop = asyncio.get_running_loop()
        files = await loop.run_in_executor(self._executor, build_files, results, self._prefix)
        summary = f"{self._prefix}/{results.run_id}/{SUMMARY}"
        there = await self._generation(summary)
        if there is not None:
            await self._store.delete(summary, there)
        for path, content in files.items():
            await self._store.write(path, content, await self._generation(path))
        return f"{self._prefix}/{results.run_id}"

    async def _generation(self, path: str) -> int | None:
        try:
            return (await self._store.info(path)).generation
        except ObjectMissingError:
            return None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadResults:
    """A run's files as they were read: each table a list of rows by column name, times in UTC nanoseconds."""

    summary: Mapping[str, Any]
    config: Mapping[str, Any]
    log: str
    orders: Sequence[Mapping[str, Any]]
    fills: Sequence[Mapping[str, Any]]
    positions: Sequence[Mapping[str, Any]]
    equity: Sequence[Mapping[str, Any]]


async def read_results(store: ObjectStore, prefix: str, run_id: str) -> ReadResults:
    """Read a run back, whole.

    Raises:
        ObjectMissingError: a file is not there: the run was never written, or not to its end.
        ObjectStoreUnavailableError: the store did not answer.
    """
    run = f"{prefix}/{run_id}"
    return ReadResults(
        summary=orjson.loads(await store.read(f"{run}/{SUMMARY}")),
        config=orjson.loads(await store.read(CONFIG_FILE.format(run_id=run_id))),
        log=(await store.read(LOG_FILE.format(run_id=run_id))).decode(),
        orders=_rows(await store.read(f"{run}/orders.parquet")),
        fills=_rows(await store.read(f"{run}/fills.parquet")),
        positions=_rows(await store.read(f"{run}/positions.parquet")),
        equity=_rows(await store.read(f"{run}/equity_curve.parquet")),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class RowsWanted:
    """Which rows of a table: of an instrument (empty: any), in a time (`to_ns` 0: no end), so many after so many."""

    instrument_key: str = ""
    from_ns: int = 0
    to_ns: int = 0
    after: int = 0
    limit: int


async def read_rows(
    store: ObjectStore, run: str, table: str, wanted: RowsWanted
) -> tuple[Sequence[Mapping[str, Any]], int]:
    """Return rows of one table of `TABLE_FILES`, of the run in that folder, and how many there are to be had.

    Times are UTC nanoseconds.

    Raises:
        ObjectMissingError: the run was never written, or not to its end.
        ObjectStoreUnavailableError: the store did not answer.
    """
    await store.info(f"{run}/{SUMMARY}")
    content = await store.read(f"{run}/{TABLE_FILES[table]}")
    return await asyncio.to_thread(_wanted_rows, content, wanted)


def _wanted_rows(content: bytes, wanted: RowsWanted) -> tuple[Sequence[Mapping[str, Any]], int]:
    found = _in_nanoseconds(pq.read_table(BytesIO(content)))
    if wanted.instrument_key and _INSTRUMENT in found.column_names:
        found = found.filter(pc.equal(found.column(_INSTRUMENT), pa.scalar(wanted.instrument_key)))
    if wanted.from_ns:
        found = found.filter(pc.greater_equal(found.column("timestamp"), pa.scalar(wanted.from_ns)))
    if wanted.to_ns:
        found = found.filter(pc.less(found.column("timestamp"), pa.scalar(wanted.to_ns)))
    return found.slice(wanted.after, wanted.limit).to_pylist(), found.num_rows


async def read_tca(store: ObjectStore, run: str) -> Tca:
    """Read the cost analysis of the run in that folder.

    Raises:
        ObjectMissingError: there is none.
        ObjectStoreUnavailableError: the store did not answer.
    """
    return read_tca_files({name: await store.read(f"{run}/{name}") for name in TCA_FILES})


def _rows(content: bytes) -> Sequence[Mapping[str, Any]]:
    return _in_nanoseconds(pq.read_table(BytesIO(content))).to_pylist()


def _in_nanoseconds(table: pa.Table) -> pa.Table:
    for place, column in enumerate(table.schema):
        if column.type == TIME:
            table = table.set_column(place, column.name, table.column(place).cast(pa.int64()))
    return table
