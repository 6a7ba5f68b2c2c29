"""Which tests run which functions of the core: learnt by running all of them once."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from types import CodeType
from typing import Final

import pytest

_TOLD: Final = "LIVEXEC_REACH"  # where the run that learns writes what it saw
_TOOL: Final = sys.monitoring.PROFILER_ID

type Function = tuple[str, str, int]  # path, qualified name, first line
type Reach = Mapping[Function, Sequence[str]]  # tests, the one that runs the fewest functions first


def learnt(root: Path, tests: Sequence[str]) -> Reach:
    """Run these tests, and return which of them run each function.

    Raises:
        RuntimeError: they do not pass as the source is.
    """
    told = root / ".mutation-reach.json"
    try:
        command = [
            sys.executable,
            "-m",
            "pytest",
            "-q",
            "-n0",
            "-p",
            "mutation.reach",
            "-p",
            "no:cacheprovider",
            *tests,
        ]
        ended = subprocess.run(
            command, cwd=root, env={**os.environ, _TOLD: str(told)}, capture_output=True, text=True, check=False
        )
        if ended.returncode:
            raise RuntimeError(f"the tests do not pass as the source is:\n{ended.stdout[-2000:]}")
        seen: dict[str, list[list[str | int]]] = json.loads(told.read_text())
    finally:
        told.unlink(missing_ok=True)
    reach: dict[Function, list[str]] = defaultdict(list)
    for test in sorted(seen, key=lambda name: len(seen[name])):
        for path, name, line in seen[test]:
            reach[str(path), str(name), int(line)].append(test)
    return reach


@pytest.hookimpl
def pytest_sessionstart(session: pytest.Session) -> None:
    """Begin to watch, where this run is to learn."""
    if _TOLD in os.environ:
        _Watch(session)


class _Watch:
    def __init__(self, session: pytest.Session) -> None:
        self._source = str(Path(__file__).parents[2] / "src") + os.sep
        self._seen: dict[str, list[tuple[str, str, int]]] = {}
        self._now: list[tuple[str, str, int]] = []
        sys.monitoring.use_tool_id(_TOOL, "reach")
        sys.monitoring.register_callback(_TOOL, sys.monitoring.events.PY_START, self._started)
        sys.monitoring.set_events(_TOOL, sys.monitoring.events.PY_START)
        session.config.pluginmanager.register(self)

    def _started(self, code: CodeType, _: int) -> object:
        if code.co_filename.startswith(self._source + "core"):
            self._now.append((code.co_filename[len(self._source) :], code.co_qualname, code.co_firstlineno))
        return sys.monitoring.DISABLE

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Iterator[None]:
        """Keep what one test runs."""
        self._now = self._seen[item.nodeid] = []
        sys.monitoring.restart_events()
        return (yield)

    def pytest_sessionfinish(self) -> None:
        """Write what was seen."""
        sys.monitoring.free_tool_id(_TOOL)
        Path(os.environ[_TOLD]).write_text(json.dumps(self._seen))
