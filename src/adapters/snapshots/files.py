"""Snapshots in a folder, a file each: a line of JSON that says what it is, and the state."""

from __future__ import annotations

import os
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path
from typing import Any, Final

import orjson

from adapters.snapshots.pickling import from_bytes, to_bytes
from ports.snapshots import Snapshot
from ports.telemetry import Telemetry

FORMAT: Final = 1
_KEPT: Final = 2  # the newest, and one to fall back on
type ChecksumAt = Callable[[int], Awaitable[int | None]]


@dataclass(frozen=True, slots=True)
class SnapshotFiles:
    """Snapshots of one `program` (any change of it makes another one) and of the journal that `checksum_at` reads."""

    folder: Path
    program: str
    checksum_at: ChecksumAt
    telemetry: Telemetry

    def sequences(self) -> list[int]:
        """Return the sequences there are files of, the newest first, whatever is in them."""
        names = [path.stem.partition("-")[2] for path in self.folder.glob("snapshot-*.bin")]
        return sorted((int(name) for name in names if name.isdecimal()), reverse=True)

    async def newest(self, until_seq: int) -> Snapshot | None:
        """See `ports.snapshots.Snapshots`."""
        for seq in self.sequences():
            if seq > until_seq:
                continue  # of a journal that was cut back, or another one
            try:
                snapshot = _read(self._path(seq).read_bytes(), self.program)
            except (OSError, ValueError) as unfit:
                self._passed_over(seq, str(unfit))
                continue
            if await self.checksum_at(seq) == snapshot.checksum:
                return snapshot
            self._passed_over(seq, "it is of another journal, or its entry was altered since")
        return None

    def write(self, snapshot: Snapshot) -> Path:
        """Write a snapshot, whole or not at all, and remove all but the newest two.

        Raises:
            OSError: the folder cannot be written.
        """
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        path = self._path(snapshot.seq)
        written = path.with_suffix(".part")
        with written.open("wb") as file:
            for part in _parts(snapshot, self.program):
                file.write(part)
            file.flush()
            os.fsync(file.fileno())
        written.replace(path)
        for seq in self.sequences()[_KEPT:]:
            self._path(seq).unlink(missing_ok=True)
        return path

    def _path(self, seq: int) -> Path:
        return self.folder / f"snapshot-{seq:012d}.bin"

    def _passed_over(self, seq: int, why: str) -> None:
        self.telemetry.note("snapshot.passed_over", file=self._path(seq).name, error=why)


def _parts(snapshot: Snapshot, program: str) -> Iterable[bytes]:
    state = to_bytes(snapshot.state)
    said: dict[str, Any] = {
        "format": FORMAT,
        "program": program,
        "seq": snapshot.seq,
        "epoch": snapshot.epoch,
        "ts_ns": snapshot.ts_ns,
        "checksum": snapshot.checksum,
    }
    said["digest"] = _digest(said, state)
    return orjson.dumps(said), b"\n", state


def _read(content: bytes, program: str) -> Snapshot:
    """Raises ValueError: it is not whole, or not of this program."""
    line, _, state = content.partition(b"\n")
    said = orjson.loads(line)
    if not isinstance(said, dict) or said.get("format") != FORMAT:
        raise ValueError("it is of another format")
    digest = said.pop("digest", None)
    if digest != _digest(said, state):
        raise ValueError("it is damaged: its digest does not fit")
    if said["program"] != program:
        raise ValueError("it is of another program")
    return Snapshot(
        seq=said["seq"],
        epoch=said["epoch"],
        ts_ns=said["ts_ns"],
        checksum=said["checksum"],
        state=from_bytes(state),
    )


def _digest(said: dict[str, Any], state: bytes) -> str:
    digest = blake2b(orjson.dumps(said, option=orjson.OPT_SORT_KEYS), digest_size=32)
    digest.update(state)
    return digest.hexdigest()
