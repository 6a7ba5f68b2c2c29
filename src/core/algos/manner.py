"""How children are placed, whatever decides their size: at the touch first or across it, and what follows the end."""

from __future__ import annotations

from enum import StrEnum

from ports.records import record
from ports.values import Quantity


class AtEnd(StrEnum):
    """What becomes of the remainder when the horizon ends."""

    FINISH = "finish"  # it crosses, within the limit
    STOP = "stop"  # what rests is taken back, and the parent ends


@record
class Manner:
    """What all algorithms are told alike. `passive_ns` 0: children cross at once; None times: never, or no end."""

    passive_ns: int = 0
    stale_ns: int | None = None
    min_child: Quantity | None = None
    max_child: Quantity | None = None
    at_end: AtEnd = AtEnd.FINISH
