"""A stand-in for unified-cloud-services: its verbs with their published signatures, over the real client.

Like the package, it blocks its loop while it transfers, overwrites without a question, and lets the client's own
exceptions through.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from adapters.storage.gcs_client import GcsClient


@dataclass(frozen=True)
class CloudTarget:
    """Which bucket and which dataset."""

    gcs_bucket: str
    bigquery_dataset: str
    project_id: str | None = None
    region: str | None = None


class UnifiedCloudService:
    """The verbs that livexec uses."""

    def __init__(self, endpoint: str | None = None) -> None:
        self._client = GcsClient(endpoint)
        self.calls: list[tuple[str, str]] = []

    async def upload_to_gcs(
        self,
        data: bytes,
        target: CloudTarget,
        gcs_path: str,
        format: str = "parquet",  # noqa: A002 - the package's name
        metadata: dict[str, str] | None = None,
    ) -> str:
        assert (format, metadata) == ("bytes", None), "the stand-in knows bytes alone"
        self.calls.append(("upload_to_gcs", gcs_path))
        self._blob(target, gcs_path).upload_from_string(data, timeout=30)
        return f"gs://{target.gcs_bucket}/{gcs_path}"

    async def download_from_gcs(
        self,
        target: CloudTarget,
        gcs_path: str,
        format: str = "parquet",  # noqa: A002 - the package's name
        log_errors: bool = True,
    ) -> bytes:
        assert (format, log_errors) == ("bytes", False), "the stand-in knows bytes alone"
        self.calls.append(("download_from_gcs", gcs_path))
        content: bytes = self._blob(target, gcs_path).download_as_bytes(timeout=30)
        return content

    def _blob(self, target: CloudTarget, path: str) -> Any:
        return self._client.bucket(target.gcs_bucket).blob(path)

    def close(self) -> None:
        """Give the connections back; the package has no such verb, its process ends."""
        self._client.close()
