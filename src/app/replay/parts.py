"""What one task leaves behind, kept in the store until the whole replay is done; written once, whole or not at all."""

from __future__ import annotations

import gzip
from collections.abc import Mapping
from typing import Any, Final

import orjson

from app.replay.spec import ReplayTask
from ports.errors import InvalidInputError, ObjectExistsError
from ports.object_store import LISTED, ObjectStore
from ports.plain import reader_of
from ports.records import record
from ports.results import EquityRow, FillRow, PositionRow, Tca
from ports.values import plain
from ports.views import OrderView

_SUFFIX: Final = ".json.gz"


@record
class Judged:
    """Whether an invariant held in a task, and over how many cases."""

    ok: bool
    examined: int


@record
class Part:
    """One task, done: its rows, and what was met on the way.

    `not_traded` counts the signals that became no order, by the word for it; `busy_us` is processor time.
    """

    name: str
    day: str
    orders: tuple[OrderView, ...]
    fills: tuple[FillRow, ...]
    positions: tuple[PositionRow, ...]
    equity: tuple[EquityRow, ...]
    tca: Tca
    signals: int
    not_traded: Mapping[str, int]
    quotes: int
    trades: int
    left_out: int  # ticks that do not fit their instrument
    made_of: str  # the kind of file that best quotes came from
    invariants: Mapping[str, Judged]
    busy_us: int

    @property
    def ok(self) -> bool:
        """Whether every invariant held."""
        return all(each.ok for each in self.invariants.values())


def path_of(folder: str, task: ReplayTask) -> str:
    """Return where a task's part is; signals that say something else have another place."""
    return f"{folder}/{task.name}-{task.digest}{_SUFFIX}"


async def done_in(store: ObjectStore, folder: str) -> frozenset[str]:
    """Return the paths of all parts that are there.

    Raises:
        ObjectStoreRefusedError, ObjectStoreUnavailableError: as the store.
    """
    found: set[str] = set()
    after = ""
    while page := await store.list(f"{folder}/", after):
        found.update(info.path for info in page)
        if len(page) < LISTED:
            break
        after = page[-1].path
    return frozenset(found)


async def write_part(store: ObjectStore, path: str, part: Part) -> None:
    """Write a part; where another process was quicker, its part stays.

    Raises:
        ObjectStoreRefusedError, ObjectStoreUnavailableError: as the store.
    """
    content = gzip.compress(orjson.dumps(part, default=_plainly), compresslevel=3, mtime=0)
    try:
        await store.write(path, content)
    except ObjectExistsError:
        return  # the same task, in another process: it differs in how long that took


async def read_part(store: ObjectStore, path: str) -> Part:
    """Read a part back.

    Raises:
        ObjectMissingError, ObjectStoreRefusedError, ObjectStoreUnavailableError: as the store.
        InvalidInputError: it is damaged; names it.
    """
    try:
        part: Part = reader_of(Part)(orjson.loads(gzip.decompress(await store.read(path))))
    except (OSError, EOFError, ValueError, TypeError, KeyError) as damaged:
        raise InvalidInputError(path, str(damaged), "it is damaged: remove it, and the replay makes it again") from None
    return part


def _plainly(value: Any) -> Any:
    return dict(value) if isinstance(value, Mapping) else plain(value)
