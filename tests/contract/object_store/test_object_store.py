"""What every object store promises; each of ours sits this suite."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ports.errors import InvalidInputError, ObjectChangedError, ObjectExistsError, ObjectMissingError
from ports.object_store import ObjectStore

from contract.object_store.stores import NAMES, opened
from fakes.gcs.fake import FakeGcs, running_gcs

CONTENT = bytes(range(256)) * 5
BIG = bytes(range(251)) * 80_000  # 20 MB: several pieces, the last one not full


@pytest.fixture(scope="module")
def fake() -> Iterator[FakeGcs]:
    with running_gcs() as running:
        yield running


@pytest.fixture(params=NAMES)
def store(request: pytest.FixtureRequest, fake: FakeGcs) -> Iterator[ObjectStore]:
    with opened(request.param, fake) as made:
        yield made


def names_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


async def paths(store: ObjectStore, prefix: str = "") -> list[str]:
    return [each.path for each in await store.list(prefix)]


async def test_what_is_written_is_read(store: ObjectStore) -> None:
    await store.write("a/b/c.parquet", CONTENT)
    await store.write("empty", b"")
    assert await store.read("a/b/c.parquet") == CONTENT
    assert await store.read("empty") == b""


@pytest.mark.parametrize("name", NAMES)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40)
@given(start=st.integers(0, 1_500), length=st.none() | st.integers(0, 1_500))
async def test_a_range_is_that_part_of_the_whole(fake: FakeGcs, name: str, start: int, length: int | None) -> None:
    with opened(name, fake) as store:
        info = await store.write("object", CONTENT)
        end = len(CONTENT) if length is None else start + length
        assert await store.read("object", start, length) == CONTENT[start:end]
        assert await store.read("object", start, length, info.generation) == CONTENT[start:end]


async def test_many_ranges_are_these_parts_of_one_generation(store: ObjectStore) -> None:
    first = await store.write("object", CONTENT)
    asked = [(start, 7) for start in range(0, 1_400, 13)] + [(5, 0), (0, 2_000)]
    wanted = [CONTENT[start : start + length] for start, length in asked]
    assert list(await store.read_ranges("object", asked, first.generation)) == wanted
    assert list(await store.read_ranges("object", [], first.generation)) == []
    await store.write("object", CONTENT + b"more", replacing=first.generation)
    for ranges in (asked, [(5, 0)], []):
        with pytest.raises(ObjectChangedError, match="object"):
            await store.read_ranges("object", ranges, first.generation)
    with pytest.raises(ObjectMissingError, match="nothing"):
        await store.read_ranges("nothing", asked, first.generation)
    with pytest.raises(InvalidInputError, match="must not be below zero"):
        await store.read_ranges("object", [(0, 1), (-1, 1)], first.generation)


@pytest.mark.parametrize("length", [0, 1, 1_000, 1_280, 5_000])
async def test_a_tail_is_the_end_of_the_whole_and_says_of_which_generation(store: ObjectStore, length: int) -> None:
    info = await store.write("object", CONTENT)
    tail = await store.read_tail("object", length)
    assert (tail.path, tail.generation) == ("object", info.generation)
    assert tail.content == CONTENT[max(len(CONTENT) - length, 0) :]


async def test_the_tail_of_what_is_empty_is_empty(store: ObjectStore) -> None:
    info = await store.write("empty", b"")
    tail = await store.read_tail("empty", 100)
    assert (tail.generation, tail.content) == (info.generation, b"")


async def test_what_is_not_there_is_missing(store: ObjectStore, tmp_path: Path) -> None:
    await store.write("a/b", CONTENT)
    for path in ("b", "a", "a/b/c", "a/bb"):
        for asked in (
            store.read(path),
            store.read(path, 3, 4),
            store.read(path, 0, 0),
            store.read_tail(path, 8),
            store.info(path),
            store.download(path, tmp_path / "copy"),
        ):
            with pytest.raises(ObjectMissingError, match=path):
                await asked
    assert names_in(tmp_path) == []


async def test_the_same_content_again_is_harmless(store: ObjectStore) -> None:
    first = await store.write("object", CONTENT)
    assert await store.write("object", CONTENT) == first
    assert await store.write("object", CONTENT, replacing=first.generation) == first
    assert await store.info("object") == first
    assert await store.read("object") == CONTENT


@pytest.mark.parametrize("other", [b"", CONTENT[:-1], CONTENT + b"x", CONTENT[:-1] + b"x"])
async def test_other_content_is_refused_and_the_first_stays(store: ObjectStore, other: bytes) -> None:
    first = await store.write("object", CONTENT)
    with pytest.raises(ObjectExistsError, match="object"):
        await store.write("object", other)
    assert await store.read("object") == CONTENT
    assert await store.info("object") == first


async def test_a_generation_is_replaced_only_by_who_names_it(store: ObjectStore) -> None:
    first = await store.write("object", b"1")
    second = await store.write("object", b"2", replacing=first.generation)
    assert first.generation != second.generation
    with pytest.raises(ObjectChangedError, match="object"):
        await store.write("object", b"3", replacing=first.generation)
    assert await store.read("object") == b"2"
    with pytest.raises(ObjectChangedError, match="nothing"):
        await store.write("nothing", b"3", replacing=first.generation)
    assert await paths(store) == ["object"]


async def test_a_range_of_a_generation_that_was_replaced_is_refused(store: ObjectStore) -> None:
    first = await store.write("object", CONTENT)
    second = await store.write("object", CONTENT + b"more", replacing=first.generation)
    for length in (10, 0):
        with pytest.raises(ObjectChangedError, match="object"):
            await store.read("object", 5, length, first.generation)
    assert await store.read("object", 1_280, None, second.generation) == b"more"


async def test_a_file_goes_up_and_comes_down_whole(store: ObjectStore, tmp_path: Path) -> None:
    source, copy = tmp_path / "source", tmp_path / "copies" / "copy"
    source.write_bytes(BIG)
    info = await store.upload("big/object", source)
    assert info.size == len(BIG)
    assert await store.upload("big/object", source) == info
    assert await store.download("big/object", copy) == info
    assert copy.read_bytes() == BIG
    assert names_in(copy.parent) == ["copy"]


async def test_an_upload_keeps_the_promises_of_a_write(store: ObjectStore, tmp_path: Path) -> None:
    source = tmp_path / "source"
    first = await store.write("object", b"1")
    source.write_bytes(b"2")
    with pytest.raises(ObjectExistsError, match="object"):
        await store.upload("object", source)
    second = await store.upload("object", source, replacing=first.generation)
    source.write_bytes(b"3")
    with pytest.raises(ObjectChangedError, match="object"):
        await store.upload("object", source, replacing=first.generation)
    assert await store.info("object") == second
    with pytest.raises(FileNotFoundError):
        await store.upload("other", tmp_path / "nothing")


async def test_a_download_replaces_the_file_that_was_there(store: ObjectStore, tmp_path: Path) -> None:
    (tmp_path / "copy").write_bytes(b"old and longer")
    await store.write("empty", b"")
    await store.download("empty", tmp_path / "copy")
    assert (tmp_path / "copy").read_bytes() == b""


async def test_only_the_generation_that_is_named_is_deleted(store: ObjectStore) -> None:
    first = await store.write("a/object", b"1")
    second = await store.write("a/object", b"2", replacing=first.generation)
    with pytest.raises(ObjectChangedError, match="object"):
        await store.delete("a/object", first.generation)
    await store.delete("a/object", second.generation)
    assert await paths(store) == []
    await store.delete("a/object", second.generation)
    third = await store.write("a/object", b"2")
    assert third.generation not in (first.generation, second.generation)


async def test_a_listing_is_by_prefix_sorted_and_whole(store: ObjectStore) -> None:
    for path in ("b/2", "a/10", "a/9", "ab", "a/x/y", "c:d@LIN.parquet", "ö"):
        info = await store.write(path, CONTENT)
        assert await store.list(path) == [info]
    assert await paths(store) == ["a/10", "a/9", "a/x/y", "ab", "b/2", "c:d@LIN.parquet", "ö"]
    assert await paths(store, "a") == ["a/10", "a/9", "a/x/y", "ab"]
    assert await paths(store, "a/") == ["a/10", "a/9", "a/x/y"]
    assert await paths(store, "a/1") == ["a/10"]


async def test_a_listing_goes_on_where_it_stopped(store: ObjectStore) -> None:
    names = [f"a/{number:02}" for number in range(7)]
    for name in names:
        await store.write(name, b"1")
    found: list[str] = []
    while page := await store.list("a/", after=found[-1] if found else "", limit=3):
        assert len(page) <= 3
        found += [each.path for each in page]
    assert found == names


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
async def test_a_path_that_could_leave_the_bucket_is_refused(store: ObjectStore, path: str, tmp_path: Path) -> None:
    (tmp_path / "source").write_bytes(b"")
    for asked in (
        store.write(path, CONTENT),
        store.upload(path, tmp_path / "source"),
        store.read(path),
        store.read_tail(path, 8),
        store.info(path),
        store.delete(path, 1),
        store.download(path, tmp_path / "copy"),
    ):
        with pytest.raises(InvalidInputError, match="path"):
            await asked
    assert await store.list("") == []


@pytest.mark.parametrize(("start", "length"), [(-1, None), (0, -1)])
async def test_a_range_that_runs_backwards_is_refused(store: ObjectStore, start: int, length: int | None) -> None:
    await store.write("object", CONTENT)
    with pytest.raises(InvalidInputError, match="must not be below zero"):
        await store.read("object", start, length)


async def test_a_listing_of_nothing_is_refused(store: ObjectStore) -> None:
    with pytest.raises(InvalidInputError, match="limit"):
        await store.list("", limit=0)
