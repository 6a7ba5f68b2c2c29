"""The archiver: a process of its own that puts the oldest entries of the journal into its archive, and then ends.

It reads the journal over a connection that cannot write, and removes nothing: it prints what may be cut out, and its
parent, which alone writes the journal, does that. What it is to do comes on its standard input, as one line of JSON.
"""

from __future__ import annotations

import asyncio
import os
import sys
from dataclasses import asdict, dataclass, field
from typing import Final

import orjson

from adapters.sql import archive_next, database_at
from app.buckets import ArchivePlace
from ports.archive import SEGMENT, Segment
from ports.errors import LivexecError

_BEHIND_ORDERS: Final = 10  # of niceness, as the projector's
FAILED: Final = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class ArchiverOrders:
    """What the parent tells an archiver when it starts it."""

    database: str = field(repr=False)  # its address, login and all
    archive: tuple[str, str | None, str | None]  # see `app.buckets.ArchivePlace`
    until_seq: int = 0
    before_ns: int = 0
    size: int = SEGMENT


async def _serve(orders: ArchiverOrders) -> Segment | None:
    place = ArchivePlace(*orders.archive)
    reader = database_at(orders.database, place.open).reader()
    await reader.open()
    try:
        return await archive_next(reader, place.open(), orders.until_seq, orders.before_ns, orders.size)
    finally:
        await reader.close()


def main() -> int:
    """Archive one segment as standard input says, and print it. Returns the exit code."""
    os.nice(_BEHIND_ORDERS)
    try:
        segment = asyncio.run(_serve(ArchiverOrders(**orjson.loads(sys.stdin.readline()))))
    except LivexecError as failure:
        sys.stderr.write(f"archiver: {failure}\n")
        return FAILED
    sys.stdout.write(orjson.dumps(None if segment is None else asdict(segment)).decode() + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
