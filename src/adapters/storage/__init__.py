"""Objects in a local folder or in Google Cloud Storage, and the result files of a run."""

from adapters.storage.gcs import GcsObjectStore
from adapters.storage.gcs_client import GcsClient, Waiting
from adapters.storage.local import LocalObjectStore
from adapters.storage.mounts import mounted_at
from adapters.storage.result_files import build_files
from adapters.storage.results import ReadResults, ResultFiles, read_results
from adapters.storage.run_ids import run_id
from adapters.storage.ucs import UcsObjectStore, unified_cloud_service

__all__ = [
    "GcsClient",
    "GcsObjectStore",
    "LocalObjectStore",
    "ReadResults",
    "ResultFiles",
    "UcsObjectStore",
    "Waiting",
    "build_files",
    "mounted_at",
    "read_results",
    "run_id",
    "unified_cloud_service",
]
