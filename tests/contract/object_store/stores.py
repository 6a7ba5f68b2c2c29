"""The stores that sit the suite: each makes an empty bucket."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from adapters.storage import LocalObjectStore
from adapters.storage.gcs import GcsObjectStore
from adapters.storage.gcs_client import GcsClient, Waiting
from adapters.storage.ucs import UcsObjectStore
from ports.object_store import ObjectStore

from fakes.gcs.fake import FakeGcs
from fakes.object_store import MemoryObjectStore
from fakes.unified_cloud_services import CloudTarget, UnifiedCloudService

AT_ONCE = Waiting(connect_s=5, answer_s=5, total_s=10, first_pause_s=0.001, longest_pause_s=0.001)
NAMES = ("memory", "local", "gcs", "unified-cloud-services")
_numbers = itertools.count(1)


@contextmanager
def opened(name: str, fake: FakeGcs) -> Iterator[ObjectStore]:
    """Open one of the stores on an empty bucket of its own."""
    if name == "memory":
        yield MemoryObjectStore()
    elif name == "local":
        with TemporaryDirectory() as folder:
            yield LocalObjectStore(Path(folder) / "bucket")
    else:
        bucket = fake.new_bucket(f"bucket-{next(_numbers)}").name
        client = GcsClient(fake.endpoint)
        direct = GcsObjectStore(client, bucket, AT_ONCE)
        service = UnifiedCloudService(fake.endpoint)
        ucs = UcsObjectStore(service, CloudTarget(bucket, "livexec"), direct)
        try:
            yield direct if name == "gcs" else ucs
        finally:
            ucs.close()
            direct.close()
            client.close()
            service.close()
