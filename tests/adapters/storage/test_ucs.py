"""What goes through unified-cloud-services, and what goes beside it."""

import sys
from collections.abc import Iterator

import pytest

from adapters.storage.gcs import GcsObjectStore
from adapters.storage.gcs_client import GcsClient
from adapters.storage.ucs import UcsObjectStore, unified_cloud_service
from ports.errors import ObjectMissingError, ObjectStoreRefusedError, ObjectStoreUnavailableError

from contract.object_store.stores import AT_ONCE
from fakes import unified_cloud_services as stand_in
from fakes.gcs.fake import FakeGcs, running_gcs


@pytest.fixture
def fake() -> Iterator[FakeGcs]:
    with running_gcs("bucket") as running:
        yield running


@pytest.fixture
def service(fake: FakeGcs) -> Iterator[stand_in.UnifiedCloudService]:
    made = stand_in.UnifiedCloudService(fake.endpoint)
    yield made
    made.close()


@pytest.fixture
def store(fake: FakeGcs, service: stand_in.UnifiedCloudService) -> Iterator[UcsObjectStore]:
    client = GcsClient(fake.endpoint)
    direct = GcsObjectStore(client, "bucket", AT_ONCE)
    made = UcsObjectStore(service, stand_in.CloudTarget("bucket", "livexec"), direct)
    yield made
    made.close()
    direct.close()
    client.close()


async def test_whole_objects_go_through_the_package(
    store: UcsObjectStore, service: stand_in.UnifiedCloudService
) -> None:
    await store.write("a/object", b"content")
    assert await store.read("a/object") == b"content"
    assert await store.read("a/object", 2, 3) == b"nte"
    assert service.calls == [("upload_to_gcs", "a/object"), ("download_from_gcs", "a/object")]


async def test_the_package_is_not_asked_to_overwrite(
    store: UcsObjectStore, service: stand_in.UnifiedCloudService
) -> None:
    await store.write("a/object", b"content")
    await store.write("a/object", b"content")
    assert service.calls == [("upload_to_gcs", "a/object")]


async def test_what_the_package_lets_through_is_told_in_our_words(store: UcsObjectStore, fake: FakeGcs) -> None:
    fake.bucket("bucket").put("object", b"1", {})
    with pytest.raises(ObjectMissingError):
        await store.read("nothing")
    fake.fail(403, "alt=media")
    with pytest.raises(ObjectStoreRefusedError):
        await store.read("object")


async def test_a_package_without_connections_is_no_answer(
    store: UcsObjectStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def cold(*_: object, **__: object) -> bytes:
        raise RuntimeError("GCS client pool not initialized")

    monkeypatch.setattr(stand_in.UnifiedCloudService, "download_from_gcs", cold)
    with pytest.raises(ObjectStoreUnavailableError, match="pool not initialized"):
        await store.read("object")


def test_the_package_is_found_where_it_is_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    assert unified_cloud_service("bucket") is None
    monkeypatch.setitem(sys.modules, "unified_cloud_services", stand_in)
    found = unified_cloud_service("bucket")
    assert found is not None
    assert found[1] == stand_in.CloudTarget(gcs_bucket="bucket", bigquery_dataset="livexec")
