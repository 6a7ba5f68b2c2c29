"""Where a run's result files are: named by its run id, or by its folder."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Final, NamedTuple

from adapters.storage import LocalObjectStore
from app.buckets import Bucket, name_of, open_bucket
from app.settings import Settings
from app.tick_files import place_at
from ports.errors import ObjectMissingError
from ports.object_store import ObjectStore

_BACKTEST_RESULTS: Final = "backtest_results"


class Run(NamedTuple):
    """A run whose files are in `folder` of a store."""

    store: ObjectStore
    folder: str
    run_id: str


async def read_run[T](text: str, settings: Settings, read: Callable[[ObjectStore, str], Awaitable[T]]) -> tuple[str, T]:
    """Return a run's id and what `read` makes of its store and folder.

    `text` is a folder of this machine, `gs://BUCKET/PATH`, or a run id: that is looked for in the execution bucket,
    among live results and then among a backtest's.

    Raises:
        ObjectMissingError: no such run, or not to its end.
        ObjectStoreUnavailableError: the store did not answer.
    """
    runs = _runs(text, settings)
    for run in runs[:-1]:
        try:
            return run.run_id, await read(run.store, run.folder)
        except ObjectMissingError:
            continue
    return runs[-1].run_id, await read(runs[-1].store, runs[-1].folder)


def _runs(text: str, settings: Settings) -> list[Run]:
    folder = Path(text)
    if folder.is_dir():
        whole = folder.absolute()
        return [Run(LocalObjectStore(whole.parent), whole.name, whole.name)]
    if text.startswith("gs://"):
        place = place_at(text.rstrip("/"), settings)
        return [Run(place.store, place.path, place.path.rpartition("/")[2])]
    store = open_bucket(settings, name_of(settings, Bucket.EXECUTION)).store
    prefixes = dict.fromkeys((settings.gcs.live_results_prefix, _BACKTEST_RESULTS))
    return [Run(store, f"{prefix}/{text}", text) for prefix in prefixes]
