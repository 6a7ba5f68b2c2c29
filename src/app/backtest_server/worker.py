"""One replay in a process of its own: `python -m app.backtest_server.worker`, told on standard input what to do.

It says how far it is, a line at a time on standard output, and last of all its outcome. When standard input ends,
whoever started it is gone, and so is it: what it has done is kept, and the next one goes on from there.
"""

from __future__ import annotations

import os
import sys
import threading
from functools import partial
from typing import Any, Final

import orjson

from app.backtest_server.records import to_json
from app.replay import ReplaySpec, pool_of, run_replay
from ports.errors import LivexecError
from ports.plain import reader_of
from ports.records import record

ORPHANED: Final = 3


@record
class Work:
    """What a worker is told: one line of JSON."""

    spec: ReplaySpec
    workers: int


def main() -> int:
    """Work one replay; returns the exit code."""
    work: Work = reader_of(Work)(orjson.loads(sys.stdin.buffer.readline()))
    threading.Thread(target=_leave_with_the_server, daemon=True).start()
    results = os.fdopen(os.dup(1), "wb", buffering=0)
    os.dup2(2, 1)  # whatever else is printed is no outcome
    lock = threading.Lock()

    def say(**line: Any) -> None:
        with lock:
            results.write(to_json(line) + b"\n")

    try:
        told = run_replay(work.spec, partial(pool_of, work.workers), counted=lambda done: say(done=done))
    except (LivexecError, OSError) as failure:
        say(error=str(failure))
        return 1
    say(told=told)
    return 0


def _leave_with_the_server() -> None:
    sys.stdin.buffer.read()
    os._exit(ORPHANED)


if __name__ == "__main__":
    sys.exit(main())
