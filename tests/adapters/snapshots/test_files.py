"""A snapshot is believed where it is whole, of this program and of this very journal; else there is none."""

from pathlib import Path
from typing import Any

import pytest

from adapters.snapshots import SnapshotFiles
from adapters.snapshots.pickling import from_bytes, to_bytes
from core.orchestrator import Orchestrator
from ports.snapshots import Snapshot

from fakes.desk import PATIENCE, Desk, digest
from fakes.sayings import accepted, submit, traded
from fakes.telemetry import RecordingTelemetry


class Folder:
    """Files of one program, over a journal whose checksums are these."""

    def __init__(self, path: Path, program: str = "one") -> None:
        self.checksums: dict[int, int] = {seq: 7 * seq for seq in range(1, 100)}
        self.telemetry = RecordingTelemetry()
        self.files = SnapshotFiles(path, program, self._checksum, self.telemetry)

    async def _checksum(self, seq: int) -> int | None:
        return self.checksums.get(seq)

    def write(self, seq: int, state: Any = "state") -> Path:
        return self.files.write(Snapshot(seq=seq, epoch=3, ts_ns=5, checksum=7 * seq, state=state))

    async def newest(self, until_seq: int = 99) -> int | None:
        found = await self.files.newest(until_seq)
        return None if found is None else found.seq

    @property
    def passed_over(self) -> list[str]:
        return [str(noted["file"]) for noted in self.telemetry.noted("snapshot.passed_over")]


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    """Return an empty folder."""
    return Folder(tmp_path)


def busy() -> Orchestrator:
    """A book with an open order, a held one, a trade, a break, and one that left memory."""
    desk = Desk(keep=1)
    for number in range(3):
        desk.receive(submit(f"op-{number}", buy="1"))
        desk.receive(traded(f"op-{number}", f"t-{number}", "1"))
    desk.receive(submit("op-open", buy="1", at="50000"))
    desk.receive(accepted("op-open"))
    desk.receive(traded(None, "t-stray", "1"))
    desk.restart()
    return desk.actor


def test_a_book_comes_back_byte_for_byte_and_goes_on_alike() -> None:
    lived, restored = busy(), Orchestrator(PATIENCE, keep=1)
    restored.restore(from_bytes(to_bytes(lived.state())))
    assert digest(restored) == digest(lived)
    for message in (submit("op-new", buy="1", at="49000"), traded("op-open", "t-9", "1"), submit("op-open", buy="2")):
        assert restored.receive(message, 2**61) == lived.receive(message, 2**61)
    assert digest(restored) == digest(lived)


async def test_the_newest_one_is_found_and_two_are_kept(folder: Folder) -> None:
    for seq in (10, 20, 30):
        folder.write(seq)
    assert folder.files.sequences() == [30, 20]
    assert [await folder.newest(), await folder.newest(29), await folder.newest(19)] == [30, 20, None]
    assert folder.passed_over == []


async def test_none_is_there_before_the_first_is_written(tmp_path: Path) -> None:
    assert await Folder(tmp_path / "not there").newest() is None


@pytest.mark.parametrize("place", [3, -3], ids=["its header", "its state"])
async def test_a_damaged_one_is_passed_over_and_the_one_before_is_used(folder: Folder, place: int) -> None:
    folder.write(10)
    path = folder.write(20)
    content = bytearray(path.read_bytes())
    content[place] ^= 1
    path.write_bytes(content)
    assert await folder.newest() == 10
    assert folder.passed_over == [path.name]


async def test_a_torn_one_is_passed_over(folder: Folder) -> None:
    path = folder.write(20)
    path.write_bytes(path.read_bytes()[:-1])
    (folder.files.folder / "snapshot-000000000030.bin").write_bytes(b"")
    assert await folder.newest() is None
    assert len(folder.passed_over) == 2


async def test_one_of_another_program_is_passed_over(folder: Folder, tmp_path: Path) -> None:
    folder.write(20)
    other = Folder(tmp_path, program="two")
    assert await other.newest() is None
    assert other.passed_over


@pytest.mark.parametrize("checksum", [1, None], ids=["altered", "gone"])
async def test_one_of_another_journal_is_passed_over(folder: Folder, checksum: int | None) -> None:
    folder.write(20)
    folder.checksums.pop(20)
    if checksum is not None:
        folder.checksums[20] = checksum
    assert await folder.newest() is None
    assert folder.passed_over


def test_a_file_that_names_another_function_is_not_read() -> None:
    class Evil:
        def __reduce__(self) -> tuple[Any, ...]:
            return print, ("called",)

    with pytest.raises(ValueError, match=r"builtins\.print"):
        from_bytes(to_bytes(Evil()))


def test_a_function_of_our_own_is_not_called_either() -> None:
    with pytest.raises(ValueError, match=r"identity\.names_of"):
        from_bytes(b"\x80\x05\x8c\x14core.orders.identity\x8c\x08names_of\x93.")


def test_all_that_facts_made_is_in_a_snapshot() -> None:
    book = Orchestrator().book
    made_anew = {"extensions", "routing_rules", "rules", "desk", "risk_book", "_appliers"}
    assert set(vars(book)) - made_anew == set(book.parts())
