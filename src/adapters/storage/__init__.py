"""Objects in a local folder, and the result files of a run.

The cloud's stores are in `adapters.storage.gcs` and `adapters.storage.ucs`: importing them takes half a second, which
who keeps to a folder need not wait for.
"""

from adapters.storage.local import LocalObjectStore
from adapters.storage.mounts import mounted_at
from adapters.storage.result_files import build_files
from adapters.storage.results import (
    TABLE_FILES,
    ReadResults,
    ResultFiles,
    RowsWanted,
    read_results,
    read_rows,
    read_tca,
)
from adapters.storage.run_ids import run_id

__all__ = [
    "TABLE_FILES",
    "LocalObjectStore",
    "ReadResults",
    "ResultFiles",
    "RowsWanted",
    "build_files",
    "mounted_at",
    "read_results",
    "read_rows",
    "read_tca",
    "run_id",
]
