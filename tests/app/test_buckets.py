"""Which store stands behind a bucket: what somebody wrote down before what is found, and the cloud only on demand."""

import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from adapters.storage import LocalObjectStore
from adapters.storage.gcs import GcsObjectStore
from adapters.storage.ucs import UcsObjectStore
from app.buckets import Bucket, Opened, Reach, name_of, open_bucket
from app.settings import Settings, parse_settings

from fakes import unified_cloud_services
from fakes.gcs.fake import FakeGcs, running_gcs

DIRECT = "UNIFIED_CLOUD_SERVICES_USE_DIRECT_GCS"
MOUNT = "GCS_FUSE_MOUNT_PATH"
LOCAL = "UNIFIED_CLOUD_LOCAL_PATH"
EMULATOR = "STORAGE_EMULATOR_HOST"


@pytest.fixture
def fake() -> Iterator[FakeGcs]:
    with running_gcs("ticks") as running:
        yield running


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("HOME", str(tmp_path))
    return tmp_path


def settings(environ: Mapping[str, str], text: str = "{}") -> Settings:
    return parse_settings(text, environ)


def opened(environ: Mapping[str, str]) -> Opened:
    return open_bucket(settings(environ), "ticks")


def test_without_a_word_it_is_the_folder_in_the_state_folder(home: Path) -> None:
    found = opened({})
    assert isinstance(found.store, LocalObjectStore)
    assert (found.reach, found.where) == (Reach.FOLDER, "livexec-data/store")
    assert not (home / "livexec-data").exists()


def test_a_mount_at_a_usual_place_is_found_unless_a_local_folder_is_named(home: Path) -> None:
    (home / "gcs" / "ticks").mkdir(parents=True)
    assert opened({})[1:] == (Reach.MOUNT, str(home / "gcs" / "ticks"))
    assert opened({LOCAL: "/local"})[1:] == (Reach.FOLDER, "/local")


@pytest.mark.parametrize("inner", ["ticks", ""])
def test_a_mount_that_is_named_goes_before_a_local_folder(home: Path, inner: str) -> None:
    (home / "mount" / inner).mkdir(parents=True)
    found = opened({LOCAL: "/local", MOUNT: str(home / "mount")})
    assert found[1:] == (Reach.MOUNT, str(home / "mount" / inner))


def test_a_mount_that_is_named_and_not_there_leaves_the_local_folder(home: Path) -> None:
    assert opened({LOCAL: "/local", MOUNT: str(home / "mount")})[1:] == (Reach.FOLDER, "/local")


async def test_the_cloud_goes_before_everything_where_it_is_asked_for(home: Path, fake: FakeGcs) -> None:
    (home / "gcs" / "ticks").mkdir(parents=True)
    fake.bucket("ticks").put("a", b"1", {})
    found = opened({DIRECT: "true", LOCAL: "/local", EMULATOR: fake.endpoint})
    assert isinstance(found.store, GcsObjectStore)
    assert found[1:] == (Reach.DIRECT, f"gs://ticks at {fake.endpoint}")
    assert await found.store.read("a") == b"1"
    found.store.close()


def test_the_package_is_used_where_it_is_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "unified_cloud_services", unified_cloud_services)
    found = opened({DIRECT: "true", EMULATOR: "127.0.0.1:9"})
    assert isinstance(found.store, UcsObjectStore)
    assert found[1:] == (Reach.PACKAGE, "gs://ticks at http://127.0.0.1:9")


def test_every_bucket_has_the_name_that_the_configuration_gives_it() -> None:
    named = settings(
        {"EXECUTION_STORE_GCS_BUCKET": "c"}, '{"gcs": {"instruments_bucket": "a", "market_data_bucket": "b"}}'
    )
    assert [name_of(named, bucket) for bucket in Bucket] == ["a", "b", "c"]
