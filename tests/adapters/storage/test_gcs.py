"""Google Cloud Storage when it fails, forgets to answer or says no: over real HTTP, with its own client."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from adapters.storage.gcs import GcsObjectStore
from adapters.storage.gcs_client import GcsClient, Waiting
from ports.errors import (
    ObjectChangedError,
    ObjectExistsError,
    ObjectMissingError,
    ObjectStoreRefusedError,
    ObjectStoreUnavailableError,
)

from contract.object_store.stores import AT_ONCE
from fakes.gcs.fake import FakeGcs, running_gcs

CONTENT = bytes(range(256)) * 5
BIG = bytes(range(251)) * 80_000
IMPATIENT = Waiting(connect_s=2, answer_s=2, total_s=0.05, first_pause_s=0.001, longest_pause_s=0.001)
PASSING = [429, 500, 502, 503, 504, 0]  # 0: the connection is cut, in the middle of a body where there is one


@pytest.fixture
def fake() -> Iterator[FakeGcs]:
    with running_gcs("bucket") as running:
        yield running


@pytest.fixture
def store(fake: FakeGcs) -> Iterator[GcsObjectStore]:
    with made(fake, "bucket", AT_ONCE) as opened:
        yield opened


@pytest.fixture
def impatient(fake: FakeGcs) -> Iterator[GcsObjectStore]:
    with made(fake, "bucket", IMPATIENT) as opened:
        yield opened


def names_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


@contextmanager
def made(fake: FakeGcs, bucket: str, waiting: Waiting) -> Iterator[GcsObjectStore]:
    client = GcsClient(fake.endpoint)
    store = GcsObjectStore(client, bucket, waiting)
    yield store
    store.close()
    client.close()


@pytest.mark.parametrize("status", PASSING)
async def test_a_passing_failure_is_asked_again(fake: FakeGcs, store: GcsObjectStore, status: int) -> None:
    info = await store.write("object", CONTENT)
    for asked, wanted in (
        (store.read("object", 10, 500), CONTENT[10:510]),
        (store.info("object"), info),
        (store.list(""), [info]),
    ):
        fake.fail(status, times=2)
        assert await asked == wanted
    fake.fail(status, times=2)
    assert (await store.read_tail("object", 7)).content == CONTENT[-7:]


@pytest.mark.parametrize("status", PASSING)
async def test_a_write_whose_answer_was_lost_is_found_by_its_repeat(
    fake: FakeGcs, store: GcsObjectStore, status: int
) -> None:
    fake.fail(status, "POST", performed=True)
    first = await store.write("object", CONTENT)
    assert fake.bucket("bucket").objects["object"].generation == first.generation
    fake.fail(status, "POST", performed=True)
    second = await store.write("object", b"2", replacing=first.generation)
    assert fake.bucket("bucket").objects["object"].generation == second.generation
    assert len(fake.asked("POST")) == 4
    fake.fail(status, "DELETE", performed=True)
    await store.delete("object", second.generation)
    assert not fake.bucket("bucket").objects


async def test_a_write_whose_answer_was_lost_is_refused_where_another_came_meanwhile(
    fake: FakeGcs, store: GcsObjectStore
) -> None:
    fake.fail(503, "POST")
    fake.bucket("bucket").put("object", b"theirs", {})
    with pytest.raises(ObjectExistsError, match="object"):
        await store.write("object", b"ours")
    assert fake.bucket("bucket").objects["object"].content == b"theirs"


@pytest.mark.parametrize("matching", ["uploadType=resumable&", "PUT"])
async def test_a_large_upload_survives_lost_pieces_and_lost_answers(
    fake: FakeGcs, store: GcsObjectStore, tmp_path: Path, matching: str
) -> None:
    (tmp_path / "source").write_bytes(BIG)
    fake.fail(503, matching, performed=True)
    fake.fail(503, matching)
    info = await store.upload("object", tmp_path / "source")
    held = fake.bucket("bucket").objects["object"]
    assert (held.content, held.generation) == (BIG, info.generation)


async def test_a_download_that_is_cut_goes_on_and_is_whole(
    fake: FakeGcs, store: GcsObjectStore, tmp_path: Path
) -> None:
    fake.bucket("bucket").put("object", BIG, {})
    fake.fail(0, "alt=media", times=3)
    await store.download("object", tmp_path / "copy")
    assert (tmp_path / "copy").read_bytes() == BIG
    assert len(fake.asked("alt=media")) == 3 + 3


async def test_an_object_replaced_during_a_download_leaves_no_file(
    fake: FakeGcs, store: GcsObjectStore, tmp_path: Path
) -> None:
    fake.bucket("bucket").put("object", BIG, {})
    fake.fail(412, "alt=media")
    with pytest.raises(ObjectChangedError, match="object"):
        await store.download("object", tmp_path / "copy")
    assert names_in(tmp_path) == []


@pytest.mark.parametrize("status", PASSING)
async def test_lasting_silence_is_no_answer(
    fake: FakeGcs, impatient: GcsObjectStore, tmp_path: Path, status: int
) -> None:
    fake.bucket("bucket").put("object", CONTENT, {})
    fake.fail(status, times=1_000_000)
    for asked in (
        impatient.read("object"),
        impatient.read_tail("object", 5),
        impatient.info("object"),
        impatient.list(""),
        impatient.write("other", b"1"),
        impatient.delete("object", 1),
        impatient.download("object", tmp_path / "copy"),
    ):
        with pytest.raises(ObjectStoreUnavailableError):
            await asked


async def test_a_store_that_is_closed_asks_nothing_again(fake: FakeGcs) -> None:
    fake.bucket("bucket").put("object", CONTENT, {})
    fake.fail(503, times=1_000_000)
    for_ever = Waiting(connect_s=2, answer_s=2, total_s=3600, first_pause_s=0.001, longest_pause_s=0.001)
    with made(fake, "bucket", for_ever) as store:
        reading = asyncio.ensure_future(store.read("object"))
        async with asyncio.timeout(20):
            while not fake.asked("object"):  # noqa: ASYNC110 - another thread takes it in, and has no event to set
                await asyncio.sleep(0)
            store.close()
            with pytest.raises(ObjectStoreUnavailableError):
                await reading


@pytest.mark.parametrize("status", [400, 401, 403])
async def test_a_refusal_is_told_at_once_and_as_one(fake: FakeGcs, store: GcsObjectStore, status: int) -> None:
    fake.bucket("bucket").put("object", CONTENT, {})
    for asked in (store.read("object"), store.info("object"), store.list(""), store.write("other", b"1")):
        fake.forget()
        fake.fail(status)
        with pytest.raises(ObjectStoreRefusedError, match=rf"\({status}\)|credentials"):
            await asked
        assert len(fake.asked()) == 1


async def test_a_bucket_that_is_not_there_is_no_missing_object(fake: FakeGcs) -> None:
    with made(fake, "elsewhere", AT_ONCE) as store:
        for asked in (store.read("object"), store.info("object"), store.list(""), store.write("object", b"1")):
            with pytest.raises(ObjectStoreRefusedError, match="no such bucket"):
                await asked


async def test_nobody_who_does_not_listen_is_waited_for(fake: FakeGcs) -> None:
    closed = FakeGcs(fake.service, 9)
    with made(closed, "bucket", IMPATIENT) as store, pytest.raises(ObjectStoreUnavailableError, match="object"):
        await store.read("object")


async def test_a_listing_of_many_pages_is_whole(fake: FakeGcs, store: GcsObjectStore) -> None:
    fake.bucket("bucket").page_limit = 3
    names = [f"a/{number:02}" for number in range(10)]
    for name in names:
        fake.bucket("bucket").put(name, b"", {})
    assert [each.path for each in await store.list("a/")] == names
    assert [each.path for each in await store.list("a/", after="a/03", limit=5)] == names[4:9]


async def test_only_the_range_that_was_asked_for_is_sent(fake: FakeGcs, store: GcsObjectStore) -> None:
    fake.bucket("bucket").put("object", BIG, {})
    await store.read("object", 1_000_000, 50_000)
    await store.read_tail("object", 10_000)
    assert 60_000 < fake.service.sent_bytes["object"] < 62_000


async def test_the_end_of_what_is_there_is_no_failure(fake: FakeGcs, store: GcsObjectStore) -> None:
    await store.write("object", CONTENT)
    assert await store.read("object", len(CONTENT)) == b""
    with pytest.raises(ObjectMissingError):
        await store.read("other", len(CONTENT))


async def test_without_credentials_it_says_what_to_set(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(tmp_path / "nothing.json"))
    monkeypatch.delenv("STORAGE_EMULATOR_HOST", raising=False)
    store = GcsObjectStore(GcsClient(), "bucket", IMPATIENT)
    with pytest.raises(ObjectStoreRefusedError, match="GOOGLE_APPLICATION_CREDENTIALS"):
        await store.read("object")
    store.close()
