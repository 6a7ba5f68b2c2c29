"""What a folder does besides the promises of every store: wholeness, and failures of the disk."""

import asyncio
import errno
import os
from pathlib import Path

import pytest

from adapters.storage import LocalObjectStore
from ports.errors import InvalidInputError, ObjectExistsError, ObjectStoreUnavailableError
from ports.object_store import ObjectInfo

from fakes.object_store import MemoryObjectStore


def names(folder: Path) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


async def test_nothing_is_made_before_something_is_written(tmp_path: Path) -> None:
    store = LocalObjectStore(tmp_path / "bucket")
    assert await store.list("") == []
    assert not (tmp_path / "bucket").exists()


async def test_nothing_unfinished_is_left_behind(tmp_path: Path) -> None:
    store = LocalObjectStore(tmp_path)
    await store.write("a/b", b"1")
    await store.write("a/b", b"1")
    with pytest.raises(ObjectExistsError):
        await store.write("a/b", b"2")
    assert names(tmp_path) == ["a/b"]


async def test_an_unfinished_write_of_a_killed_process_is_no_object(tmp_path: Path) -> None:
    (tmp_path / ".partial").mkdir()
    (tmp_path / ".partial" / "0123").write_bytes(b"half")
    assert await LocalObjectStore(tmp_path).list("") == []


async def test_of_many_writers_at_once_exactly_one_wins(tmp_path: Path) -> None:
    contents = [bytes([number]) * 100 for number in range(20)]
    store = LocalObjectStore(tmp_path)
    answers = await asyncio.gather(*(store.write("object", each) for each in contents), return_exceptions=True)
    winners = [content for content, answer in zip(contents, answers, strict=True) if isinstance(answer, ObjectInfo)]
    assert [type(answer) for answer in answers].count(ObjectExistsError) == 19
    assert [await store.read("object")] == winners


async def test_the_content_is_on_the_disk_before_it_has_its_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    flushed: list[bool] = []
    real = os.fsync

    def fsync(descriptor: int) -> None:
        flushed.append((tmp_path / "object").exists())
        real(descriptor)

    monkeypatch.setattr(os, "fsync", fsync)
    await LocalObjectStore(tmp_path).write("object", b"1")
    assert flushed == [False, True]


async def test_without_hard_links_an_object_is_still_whole_and_never_overwritten(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise OSError(errno.EPERM, "no links here")

    monkeypatch.setattr(Path, "hardlink_to", refuse)
    store = LocalObjectStore(tmp_path)
    await store.write("object", b"1")
    with pytest.raises(ObjectExistsError):
        await store.write("object", b"2")
    assert (await store.read("object"), names(tmp_path)) == (b"1", ["object"])


async def test_without_hard_links_a_writer_that_came_first_is_noticed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def overtaken(place: Path, _: Path) -> None:
        place.write_bytes(b"theirs")
        raise OSError(errno.ENOTSUP, "no links here")

    monkeypatch.setattr(Path, "hardlink_to", overtaken)
    store = LocalObjectStore(tmp_path)
    with pytest.raises(ObjectExistsError):
        await store.write("object", b"ours")
    assert (await store.read("object"), names(tmp_path)) == (b"theirs", ["object"])


async def test_a_full_disk_is_no_answer_and_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    store = LocalObjectStore(tmp_path)
    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(ObjectStoreUnavailableError, match="object: No space left on device"):
        await store.write("object", b"1")
    monkeypatch.undo()
    assert names(tmp_path) == []
    await store.write("object", b"1")


async def test_a_folder_that_is_a_file_is_no_answer(tmp_path: Path) -> None:
    (tmp_path / "bucket").write_bytes(b"")
    with pytest.raises(ObjectStoreUnavailableError):
        await LocalObjectStore(tmp_path / "bucket").write("object", b"1")


async def test_a_link_does_not_lead_out_of_the_store(tmp_path: Path) -> None:
    (tmp_path / "outside").mkdir()
    (tmp_path / "bucket").mkdir()
    (tmp_path / "bucket" / "way").symlink_to(tmp_path / "outside")
    store = LocalObjectStore(tmp_path / "bucket")
    with pytest.raises(InvalidInputError, match="leads out of the store"):
        await store.write("way/object", b"1")
    with pytest.raises(InvalidInputError, match="leads out of the store"):
        await store.read("way/object")


async def test_a_store_that_is_away_learns_nothing() -> None:
    store = MemoryObjectStore()
    await store.write("object", b"1")
    store.away = True
    with pytest.raises(ObjectStoreUnavailableError):
        await store.read("object")
    with pytest.raises(ObjectStoreUnavailableError):
        await store.list("")
    with pytest.raises(ObjectStoreUnavailableError):
        await store.write("other", b"1")
    store.away = False
    assert [each.path for each in await store.list("")] == ["object"]
