"""What is configured, in one file of the state folder: written whole or not at all, and read at the start."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import orjson

from ports.errors import InvalidInputError
from ports.plain import reader_of
from ports.records import record
from ports.signals import SignalStrategy
from ports.values import Principal, StrategyId, plain

FILE: Final = "strategies.json"


@record
class Configured:
    """A strategy, and whether it was told to run."""

    strategy: SignalStrategy
    running: bool
    principal: Principal


class StrategyFile:
    """The file of one state folder."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / FILE

    def read(self) -> dict[StrategyId, Configured]:
        """Return what was kept; none: nothing was yet.

        Raises:
            InvalidInputError: the file is damaged; the service must not start without knowing what it follows.
        """
        try:
            content = self._path.read_bytes()
        except FileNotFoundError:
            return {}
        try:
            read: list[Configured] = [reader_of(Configured)(each) for each in orjson.loads(content)]
        except (ValueError, TypeError, KeyError) as damaged:
            raise InvalidInputError(
                str(self._path), str(damaged), "mend it, or remove it and configure again"
            ) from None
        return {each.strategy.strategy_id: each for each in read}

    def write(self, configured: Mapping[StrategyId, Configured]) -> None:
        """Keep all of it, over a power loss too.

        Raises:
            OSError: it cannot be written; what was kept before still is.
        """
        self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        partial = self._path.with_suffix(".partial")
        with partial.open("wb") as file:
            file.write(orjson.dumps(list(configured.values()), default=_plainly, option=orjson.OPT_INDENT_2))
            file.flush()
            os.fsync(file.fileno())
        partial.replace(self._path)


def _plainly(value: Any) -> Any:
    return dict(value) if isinstance(value, Mapping) else plain(value)
