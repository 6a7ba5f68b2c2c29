"""What every object store promises; each of ours sits this suite."""

from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.storage import LocalObjectStore
from ports.errors import InvalidInputError, ObjectExistsError, ObjectMissingError
from ports.object_store import ObjectStore

from fakes.object_store import MemoryObjectStore

type MakeStore = Callable[[Path], ObjectStore]


def memory(_: Path) -> ObjectStore:
    return MemoryObjectStore()


def local(folder: Path) -> ObjectStore:
    return LocalObjectStore(folder / "bucket")


STORES = pytest.mark.parametrize("make", [memory, local])
CONTENT = bytes(range(256)) * 5


@pytest.fixture(params=[memory, local])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> ObjectStore:
    make: MakeStore = request.param
    return make(tmp_path)


async def test_what_is_written_is_read(store: ObjectStore) -> None:
    await store.write("a/b/c.parquet", CONTENT)
    await store.write("empty", b"")
    assert await store.read("a/b/c.parquet") == CONTENT
    assert await store.read("empty") == b""


@STORES
@given(start=st.integers(0, 1_500), length=st.none() | st.integers(0, 1_500))
async def test_a_range_is_that_part_of_the_whole(
    tmp_path_factory: pytest.TempPathFactory, make: MakeStore, start: int, length: int | None
) -> None:
    store = make(tmp_path_factory.mktemp("store"))
    await store.write("object", CONTENT)
    end = len(CONTENT) if length is None else start + length
    assert await store.read("object", start, length) == CONTENT[start:end]


async def test_what_is_not_there_is_missing(store: ObjectStore) -> None:
    await store.write("a/b", CONTENT)
    for path in ("b", "a", "a/b/c", "a/bb"):
        with pytest.raises(ObjectMissingError, match=path):
            await store.read(path)


async def test_the_same_content_again_is_harmless(store: ObjectStore) -> None:
    await store.write("object", CONTENT)
    await store.write("object", CONTENT)
    assert await store.read("object") == CONTENT


@pytest.mark.parametrize("other", [b"", CONTENT[:-1], CONTENT + b"x"])
async def test_other_content_is_refused_and_the_first_stays(store: ObjectStore, other: bytes) -> None:
    await store.write("object", CONTENT)
    with pytest.raises(ObjectExistsError, match="object"):
        await store.write("object", other)
    assert await store.read("object") == CONTENT


async def test_a_listing_is_by_prefix_sorted_and_whole(store: ObjectStore) -> None:
    for path in ("b/2", "a/10", "a/9", "ab", "a/x/y", "c:d@LIN.parquet"):
        await store.write(path, CONTENT)
    assert await store.list("") == ["a/10", "a/9", "a/x/y", "ab", "b/2", "c:d@LIN.parquet"]
    assert await store.list("a") == ["a/10", "a/9", "a/x/y", "ab"]
    assert await store.list("a/") == ["a/10", "a/9", "a/x/y"]
    assert await store.list("a/1") == ["a/10"]


async def test_an_empty_store_answers_none(store: ObjectStore) -> None:
    assert await store.list("") == []
    assert await store.list("anything/") == []


@pytest.mark.parametrize(
    "path",
    [
        "",
        "/",
        "/etc/passwd",
        "../x",
        "a/../../x",
        "a//b",
        "a/",
        "./a",
        "a\\..\\b",
        "a\0b",
        "a\nb",
        "x" * 300,
        "..",
        ".partial/x",
    ],
)
async def test_a_path_that_could_leave_the_bucket_is_refused(store: ObjectStore, path: str) -> None:
    with pytest.raises(InvalidInputError, match="path"):
        await store.write(path, CONTENT)
    with pytest.raises(InvalidInputError, match="path"):
        await store.read(path)
    assert await store.list("") == []


@pytest.mark.parametrize(("start", "length"), [(-1, None), (0, -1)])
async def test_a_range_that_runs_backwards_is_refused(store: ObjectStore, start: int, length: int | None) -> None:
    await store.write("object", CONTENT)
    with pytest.raises(InvalidInputError, match="must not be below zero"):
        await store.read("object", start, length)
