"""Which tests run which lines of the source, and how long each takes: learnt by running all of them once."""

from __future__ import annotations

import gc
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import CodeType, FunctionType
from typing import Final

from mutation.changes import Mutant, within

_TOOL: Final = sys.monitoring.PROFILER_ID

type Line = tuple[str, int]  # path from the folder of the source, line
type Living = Mapping[tuple[str, str, int], Sequence[FunctionType]]  # by path, qualified name and first line


def living(source: Path) -> Living:
    """Return every function of the source that this process holds."""
    folder = f"{source}/"
    found: defaultdict[tuple[str, str, int], list[FunctionType]] = defaultdict(list)
    for one in gc.get_objects():
        if isinstance(one, FunctionType) and one.__code__.co_filename.startswith(folder):
            code = one.__code__
            found[code.co_filename.removeprefix(folder), code.co_qualname, code.co_firstlineno].append(one)
    return found


@dataclass(slots=True)
class Reach:
    """What each test, told by its place in the list of all, was seen to do."""

    tests: dict[Line, list[int]] = field(default_factory=dict)
    lines: list[Counter[str]] = field(default_factory=list)  # of each file that each test ran
    cpu_s: list[float] = field(default_factory=list)
    failed: list[int] = field(default_factory=list)

    def of(self, mutant: Mutant) -> Sequence[int]:
        """Return the tests that run what is changed, first those that run little besides the file in which it is."""
        for first, last in ((mutant.line, mutant.last_line), mutant.statement):
            reaching = {test for line in range(first, last + 1) for test in self.tests.get((mutant.path, line), ())}
            if reaching:
                return sorted(reaching, key=lambda test: (self._is_about(test, mutant.path), test))
        return []

    def _is_about(self, test: int, path: str) -> float:
        """Return how much else a test runs, and how long it takes: the least is likeliest to notice soon."""
        lines = self.lines[test]
        return lines.total() / lines[path] * (0.01 + self.cpu_s[test])


class Watch:
    """Watches which lines of these functions run. One at a time in a process."""

    def __init__(self, source: Path, functions: Iterable[FunctionType]) -> None:
        self._folder = f"{source}/"
        self._seen: set[Line] = set()
        self._began_s = 0.0
        self.reach = Reach()
        sys.monitoring.use_tool_id(_TOOL, "reach")
        sys.monitoring.register_callback(_TOOL, sys.monitoring.events.LINE, self._ran)
        for function in functions:
            for code in (function.__code__, *within(function.__code__)):
                sys.monitoring.set_local_events(_TOOL, code, sys.monitoring.events.LINE)

    def begin(self) -> None:
        """Begin to watch the next test."""
        self._seen.clear()
        sys.monitoring.restart_events()
        self._began_s = time.process_time()

    def end(self, *, failed: bool) -> None:
        """Keep what the test ran."""
        number = len(self.reach.cpu_s)
        self.reach.cpu_s.append(time.process_time() - self._began_s)
        if failed:
            self.reach.failed.append(number)
        self.reach.lines.append(Counter(path for path, _ in self._seen))
        for line in self._seen:
            self.reach.tests.setdefault(line, []).append(number)

    def _ran(self, code: CodeType, line: int) -> object:
        self._seen.add((code.co_filename.removeprefix(self._folder), line))
        return sys.monitoring.DISABLE
