"""What is known of each replay, one file a replay in the state folder: what a server that was killed goes on by."""

from __future__ import annotations

import os
from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path
from typing import Any, Final

import orjson

from app.replay.spec import ReplaySpec
from ports.errors import InvalidInputError
from ports.plain import reader_of
from ports.records import record
from ports.values import plain

FOLDER: Final = "replays"
_SUFFIX: Final = ".json"


class State(StrEnum):
    """Where a replay is."""

    QUEUED = "QUEUED"
    RUNNING = "RUNNING"
    DONE = "DONE"  # every task of it
    FAILED = "FAILED"  # some task, or all of it


@record
class JobRecord:
    """A replay as its file has it; times in UTC nanoseconds, 0: not yet."""

    run_id: str
    spec: ReplaySpec
    workers: int
    state: State
    tasks: int
    done: int = 0  # tasks, of this beginning and of those before
    created_ns: int = 0
    ended_ns: int = 0
    error: str = ""
    told: str = ""  # the document of `livexec replay --json`, once it is there


class JobFiles:
    """The records under one state folder."""

    def __init__(self, state_dir: Path) -> None:
        self._folder = state_dir / FOLDER

    def read(self) -> dict[str, JobRecord]:
        """Return every record, by run id.

        Raises:
            InvalidInputError: one is damaged; names it.
        """
        found: dict[str, JobRecord] = {}
        for path in sorted(self._folder.glob(f"*{_SUFFIX}")):
            try:
                made: JobRecord = reader_of(JobRecord)(orjson.loads(path.read_bytes()))
            except (ValueError, TypeError, KeyError) as damaged:
                raise InvalidInputError(str(path), str(damaged), "remove it: its replay can be begun again") from None
            found[made.run_id] = made
        return found

    def write(self, job: JobRecord) -> None:
        """Keep a record, whole or not at all.

        Raises:
            OSError: it cannot be written.
        """
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        path = self._folder / f"{job.run_id}{_SUFFIX}"
        partial = path.with_suffix(".partial")
        with partial.open("wb") as file:
            file.write(to_json(job))
            file.flush()
            os.fsync(file.fileno())
        partial.replace(path)


def to_json(value: Any) -> bytes:
    """Write records as JSON that `reader_of` reads back."""
    return orjson.dumps(value, default=_plainly, option=orjson.OPT_NON_STR_KEYS)


def _plainly(value: Any) -> Any:
    return dict(value) if isinstance(value, Mapping) else plain(value)
