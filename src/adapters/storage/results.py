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
import pyarrow.parquet as pq

from adapters.storage.result_files import CONFIG_FILE, LOG_FILE, SUMMARY, build_files
from adapters.storage.tca_files import TCA_FILES, read_tca_files
from ports.errors import ObjectMissingError
from ports.object_store import ObjectStore
from ports.results import RunResults, Tca

LIVE_RESULTS: Final = "live_results"


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


async def read_tca(store: ObjectStore, run: str) -> Tca:
    """Read the cost analysis of the run in that folder.

    Raises:
        ObjectMissingError: there is none.
        ObjectStoreUnavailableError: the store did not answer.
    """
    return read_tca_files({name: await store.read(f"{run}/{name}") for name in TCA_FILES})


def _rows(content: bytes) -> Sequence[Mapping[str, Any]]:
    table = pq.read_table(BytesIO(content))
    at = table.schema.get_field_index("timestamp")
    return table.set_column(at, "timestamp", table.column(at).cast(pa.int64())).to_pylist()
