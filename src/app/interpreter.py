"""How the interpreter is set for a service that answers in microseconds (design: Actors)."""

from __future__ import annotations

import gc
import sys
from typing import Final

_SWITCH_S: Final = 0.0005  # a busy thread beside the loop holds it up for at most this long at a time


def share_the_interpreter() -> None:
    """Let threads take turns ten times as often as by default."""
    sys.setswitchinterval(_SWITCH_S)


def quieten_collector() -> None:
    """Set everything that start-up made aside for ever, and collect the old generation rarely."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 100)
