"""Where the tasks of a replay are worked: processes of this machine, or a Dask cluster."""

from __future__ import annotations

import importlib
import multiprocessing
from collections.abc import Iterator
from concurrent.futures import Executor, ProcessPoolExecutor
from contextlib import contextmanager
from typing import Any, Final

from ports.errors import InvalidInputError

_ANSWER_S: Final = 10


@contextmanager
def pool_of(workers: int, dask: str | None = None) -> Iterator[Executor]:
    """Give what works tasks: `workers` processes, or the cluster whose scheduler is at the address `dask`.

    Raises:
        InvalidInputError: Dask is not installed, or its scheduler does not answer.
    """
    if dask is not None:
        with _cluster(dask) as executor:
            yield executor
        return
    # Spawned, for a forked child would share threads and loggers with whoever started the replay.
    pool = ProcessPoolExecutor(workers, mp_context=multiprocessing.get_context("spawn"))
    try:
        yield pool
    finally:
        pool.shutdown(cancel_futures=True)


@contextmanager
def _cluster(address: str) -> Iterator[Executor]:
    try:
        distributed: Any = importlib.import_module("distributed")
    except ModuleNotFoundError:
        raise InvalidInputError("--dask", address, "install livexec[dask] here and on every worker") from None
    try:
        client = distributed.Client(address, timeout=_ANSWER_S)
    except (OSError, TimeoutError, ValueError) as silence:
        raise InvalidInputError("--dask", address, f"its scheduler does not answer: {silence}") from None
    with client, client.get_executor(pure=False) as executor:
        yield executor
