"""Where files of tests may lie that need not outlive a power loss: in memory, where there is room.

What is tested writes through to the disk before it confirms anything, thousands of times in a run; the disk's own time
shows nothing about it.
"""

from __future__ import annotations

import os
import shutil
from functools import cache
from pathlib import Path

_SHARED_MEMORY = Path("/dev/shm")
_ROOM = 4 << 30  # bytes; a whole run leaves less than half a gigabyte


@cache
def memory_disk() -> Path | None:
    """Return a folder that lies in memory; None: there is none here, or too little of it."""
    if not os.access(_SHARED_MEMORY, os.W_OK) or not Path("/proc/meminfo").exists():
        return None
    is_barred = os.statvfs(_SHARED_MEMORY).f_flag & os.ST_NOEXEC  # tests start programs that they have written
    room = min(shutil.disk_usage(_SHARED_MEMORY).free, _free_memory())
    return _SHARED_MEMORY if room >= _ROOM and not is_barred else None


def _free_memory() -> int:
    lines = Path("/proc/meminfo").read_text().splitlines()
    (line,) = [line for line in lines if line.startswith("MemAvailable:")]
    return int(line.split()[1]) * 1024
