"""Objects in a local folder, and the result files of a run."""

from adapters.storage.local import LocalObjectStore
from adapters.storage.result_files import build_files
from adapters.storage.results import ReadResults, ResultFiles, read_results
from adapters.storage.run_ids import run_id

__all__ = ["LocalObjectStore", "ReadResults", "ResultFiles", "build_files", "read_results", "run_id"]
