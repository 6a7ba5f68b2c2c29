"""The kill switch as a file: whatever stands in it halts, once, and is never lost before the halt is durable."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.halt_file import HaltFile, read_halt_file, write_halt_file
from ports.actor import Command
from ports.commands import HaltMode, HaltScope, RaiseHalt
from ports.errors import JournalUnavailableError

from fakes.telemetry import RecordingTelemetry


class Book:
    """A book that keeps what it is asked, or whose journal is away."""

    def __init__(self) -> None:
        self.asked: list[Command] = []
        self.is_away = False

    async def ask(self, command: Command) -> object:
        if self.is_away:
            raise JournalUnavailableError("the disk is full")
        self.asked.append(command)
        return None


@pytest.mark.parametrize(
    ("text", "mode", "reason"),
    [
        ("", HaltMode.CANCEL, "the file HALT was there"),
        ("flatten", HaltMode.FLATTEN, "the file HALT was there"),
        ("Reduce the feed is wrong\n", HaltMode.REDUCE, "the feed is wrong"),
        ("it  went\tmad\x00\x1b[2J", HaltMode.CANCEL, "it went mad [2J"),
        ("halt " + "x" * 9_000, HaltMode.HALT, "x" * 200),
        ("\udcff", HaltMode.CANCEL, "\ufffd"),
    ],
)
def test_whatever_stands_in_the_file_halts_everything(tmp_path: Path, text: str, mode: HaltMode, reason: str) -> None:
    (tmp_path / "HALT").write_bytes(text.encode(errors="surrogateescape"))
    said = read_halt_file(tmp_path / "HALT")
    assert said is not None
    assert (said.scope, said.value, said.mode, said.reason) == (HaltScope.GLOBAL, "", mode, reason)


async def test_a_file_halts_once_and_makes_room_for_the_next(tmp_path: Path) -> None:
    book, heard = Book(), RecordingTelemetry()
    watching = HaltFile(tmp_path, book, heard)
    assert not await watching.look()
    for reason in ("first", "second"):
        write_halt_file(tmp_path, HaltMode.REDUCE, reason)
        assert await watching.look()
        assert not await watching.look()
    modes = [(one.mode, one.reason) for one in book.asked if isinstance(one, RaiseHalt)]
    assert modes == [(HaltMode.REDUCE, "first"), (HaltMode.REDUCE, "second")]
    assert not (tmp_path / "HALT").exists()
    assert (tmp_path / "HALT.taken").read_text() == "reduce second\n"


async def test_a_halt_that_is_not_durable_keeps_its_file_and_is_tried_again(tmp_path: Path) -> None:
    book, heard = Book(), RecordingTelemetry()
    book.is_away = True
    write_halt_file(tmp_path, HaltMode.HALT, "now")
    watching = HaltFile(tmp_path, book, heard)
    for _ in range(2):
        with pytest.raises(JournalUnavailableError):
            await watching.look()
        assert (tmp_path / "HALT").exists()
    book.is_away = False
    assert await watching.look()
    assert len(book.asked) == 1
    assert heard.noted("halt.file") == [{"mode": HaltMode.HALT, "reason": "now"}]


async def test_a_file_that_may_not_be_read_halts_all_the_same(tmp_path: Path) -> None:
    (tmp_path / "HALT").mkdir()  # what root may read, a service may not: a folder is unreadable for both
    book = Book()
    assert await HaltFile(tmp_path, book, RecordingTelemetry()).look()
    (said,) = book.asked
    assert isinstance(said, RaiseHalt)
    assert (said.mode, said.reason) == (
        HaltMode.CANCEL,
        "the file HALT was there, and could not be read: Is a directory",
    )


async def test_a_file_that_cannot_be_renamed_halts_and_stops_nobody(tmp_path: Path) -> None:
    (tmp_path / "HALT.taken").mkdir()
    write_halt_file(tmp_path, HaltMode.HALT, "now")
    book, heard = Book(), RecordingTelemetry()
    assert await HaltFile(tmp_path, book, heard).look()
    assert len(book.asked) == 1
    assert heard.noted("halt.file_failed") == [{"error": "HALT cannot be renamed: Is a directory"}]


async def test_a_second_file_written_while_the_first_is_asked_for_is_not_lost(tmp_path: Path) -> None:
    class Slow(Book):
        async def ask(self, command: Command) -> object:
            if not self.asked:
                write_halt_file(tmp_path, HaltMode.FLATTEN, "worse than I thought")
            return await super().ask(command)

    book = Slow()
    write_halt_file(tmp_path, HaltMode.HALT, "what is this")
    watching = HaltFile(tmp_path, book, RecordingTelemetry())
    assert [await watching.look() for _ in range(3)] == [True, True, False]
    assert [one.mode for one in book.asked if isinstance(one, RaiseHalt)] == [HaltMode.HALT, HaltMode.FLATTEN]
