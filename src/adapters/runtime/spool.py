"""The spool as a file of fixed size: written whole when it is made, so that a full disk cannot keep it from writing.

A header names the generation; every record carries it in its checksum. To clear the file is to write a header with
the next generation: what stands behind it is nothing then, and may be written over.
"""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from struct import Struct
from typing import Any, Final
from zlib import crc32

from ports.commands import HaltMode, HaltScope
from ports.errors import JournalCorruptError, SpoolUnavailableError
from ports.instruments import InstrumentKey
from ports.spool import URGENT, Spooled
from ports.values import Side

SPOOL_BYTES: Final = 1 << 20  # some 5,000 commands
_HEADER: Final = Struct(">8sQI")  # what it is, generation, checksum of both
_RECORD: Final = Struct(">II")  # length of what follows, its checksum
_MAGIC: Final = b"lvxspool"
_KINDS: Final = {kind.__name__: kind for kind in URGENT}
_READ_AS: Final = {"scope": HaltScope, "mode": HaltMode, "side": Side, "instrument": InstrumentKey}


class FileSpool:
    """See `ports.spool.Spool`. One process at a time: whoever has the journal open."""

    def __init__(self, path: Path, size: int = SPOOL_BYTES) -> None:
        self._path = path
        self._size = size
        self._generation = 0
        self._end = _HEADER.size  # where the next record goes
        self._turn = asyncio.Lock()

    async def open(self) -> Sequence[Spooled]:
        """See `ports.spool.Spool`."""
        async with self._turn:
            return await self._on_disk(self._open)

    async def keep(self, spooled: Spooled) -> None:
        """See `ports.spool.Spool`."""
        async with self._turn:
            body = _encoded(spooled)
            record = _RECORD.pack(len(body), crc32(body, self._generation)) + body
            if self._end + len(record) + _RECORD.size > self._size:
                raise SpoolUnavailableError(f"{self._path} is full ({self._size} bytes)")
            await self._on_disk(lambda: self._write(self._end, record + bytes(_RECORD.size)))
            self._end += len(record)

    async def clear(self) -> None:
        """See `ports.spool.Spool`."""
        async with self._turn:
            await self._on_disk(lambda: self._begin(self._generation + 1))

    async def _on_disk[T](self, work: Any) -> T:
        try:
            done: T = await asyncio.to_thread(work)
        except OSError as error:
            raise SpoolUnavailableError(f"{self._path}: {error.strerror or error}") from error
        return done

    def _open(self) -> Sequence[Spooled]:
        if not self._path.exists():
            self._make()
            return ()
        held = self._path.read_bytes()
        if len(held) < self._size:
            held += bytes(self._size - len(held))
        magic, generation, checksum = _HEADER.unpack_from(held)
        if magic != _MAGIC or checksum != crc32(held[: _HEADER.size - 4]):
            raise JournalCorruptError(
                f"{self._path} is damaged: a halt or cancel that went out while the journal was away may be missing; "
                "look at halts and open orders, then move the file away"
            )
        self._generation, self._end = generation, _HEADER.size
        return self._read(held)

    def _read(self, held: bytes) -> list[Spooled]:
        found = []
        while self._end + _RECORD.size <= len(held):
            length, checksum = _RECORD.unpack_from(held, self._end)
            start = self._end + _RECORD.size
            body = held[start : start + length]
            if not length or len(body) < length or crc32(body, self._generation) != checksum:
                break  # the end; or one that was being written when the process died, which nobody was told of
            found.append(_decoded(body))
            self._end = start + length
        return found

    def _make(self) -> None:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        making = self._path.with_name(self._path.name + ".new")
        with making.open("wb") as file:
            file.write(_header(1) + bytes(self._size - _HEADER.size))
            file.flush()
            os.fsync(file.fileno())
        making.replace(self._path)
        folder = os.open(self._path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
        self._generation, self._end = 1, _HEADER.size

    def _begin(self, generation: int) -> None:
        self._write(0, _header(generation))
        self._generation, self._end = generation, _HEADER.size

    def _write(self, place: int, content: bytes) -> None:
        with self._path.open("r+b") as file:
            file.seek(place)
            file.write(content)
            file.flush()
            os.fsync(file.fileno())


def _header(generation: int) -> bytes:
    start = _HEADER.pack(_MAGIC, generation, 0)[:-4]
    return start + crc32(start).to_bytes(4, "big")


def _encoded(spooled: Spooled) -> bytes:
    command = spooled.command
    return json.dumps({"kind": type(command).__name__, "epoch": spooled.epoch, "command": asdict(command)}).encode()


def _decoded(body: bytes) -> Spooled:
    said = json.loads(body)
    fields = said["command"]
    for name, read in _READ_AS.items():
        if fields.get(name) is not None:
            fields[name] = read(fields[name])
    return Spooled(_KINDS[said["kind"]](**fields), said["epoch"])
