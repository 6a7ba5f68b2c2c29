"""Whether any test notices a change: each is made in a child of one pytest run, in the living function."""

from __future__ import annotations

import gc
import importlib
import signal
from bisect import bisect
from collections.abc import Callable, Iterator, Sequence
from enum import StrEnum
from functools import partial
from itertools import accumulate
from pathlib import Path
from typing import Final

import pytest
from hypothesis import HealthCheck, Phase, settings

from mutation.changes import Mutant, mutated
from mutation.children import Silent, answers
from mutation.reach import Living, Reach, Watch, living

_EXAMPLES: Final = 20  # of each property; the same ones for every change
_SLOWER: Final = 20  # times the CPU that a test took as the source is, and besides:
_AT_LEAST_S: Final = 1.0
_LONGEST_S: Final = 8.0  # of CPU, as the source is, of all tests that one change is shown to
_REMEMBERED: Final = 12  # tests that noticed a change of the same function, or else of the same file


class Verdict(StrEnum):
    """What became of a change."""

    KILLED = "killed"  # a test failed
    HUNG = "timed out"  # it took all the time or memory there was, and so would have been noticed
    SURVIVED = "survived"
    UNREACHED = "not reached"  # no test runs it
    UNFIT = "unfit"  # no such function lives, or the changed code cannot take its place


class TestsFailError(Exception):
    """The tests do not pass as the source is, so that they can say nothing about a change."""


class Trial:
    """Stands in for pytest's own loop: learns what the collected tests reach, and then judges the changes."""

    def __init__(
        self,
        source: Path,
        mutants: Sequence[Mutant],
        *,
        at_once: int,
        tell: Callable[[Mutant, Verdict], None],
        progress: Callable[[str], None],
    ) -> None:
        self._source, self._mutants, self._at_once = source, mutants, at_once
        self._tell, self._progress = tell, progress
        self._noticed_by: dict[tuple[str, str], list[int]] = {}

    def pytest_configure(self) -> None:
        """Draw the same few examples every time, and do not look for a smaller one once one fails."""
        settings.register_profile(
            "mutation", max_examples=_EXAMPLES, derandomize=True, database=None, deadline=None,
            phases=[Phase.explicit, Phase.generate], suppress_health_check=list(HealthCheck),
        )  # fmt: skip
        settings.load_profile("mutation")

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        """Judge every change, in place of running every test once."""
        for path in sorted({mutant.path for mutant in self._mutants}):
            importlib.import_module(path.removesuffix(".py").replace("/", ".").removesuffix(".__init__"))
        functions = living(self._source)
        gc.collect()
        gc.freeze()
        reach = self._learnt(session.items, functions)
        self._progress(f"{len(session.items)} tests pass, in {sum(reach.cpu_s):.0f} s of CPU")
        for mutant, verdict in answers(self._work(session.items, functions, reach), self._at_once):
            if isinstance(verdict, int):  # the place of the test that noticed
                self._remember(mutant, verdict)
                self._tell(mutant, Verdict.KILLED)
            else:
                self._tell(mutant, Verdict.HUNG if isinstance(verdict, Silent) else Verdict(str(verdict)))
        return True

    def _learnt(self, tests: Sequence[pytest.Item], functions: Living) -> Reach:
        ((_, reach),) = answers([("reach", partial(self._watched, tests, functions))], 1)
        if not isinstance(reach, Reach):
            raise TestsFailError("the run that learns what each test reaches did not end")
        if reach.failed:
            raise TestsFailError(
                f"{len(reach.failed)} tests fail as the source is; first: {tests[reach.failed[0]].nodeid}"
            )
        return reach

    def _watched(self, tests: Sequence[pytest.Item], functions: Living) -> Reach:
        watch = Watch(self._source, (one for each in functions.values() for one in each))
        for test in tests:
            watch.begin()
            watch.end(failed=_fails(test))
        return watch.reach

    def _work(
        self, tests: Sequence[pytest.Item], functions: Living, reach: Reach
    ) -> Iterator[tuple[Mutant, Callable[[], int | str]]]:
        for mutant in self._mutants:
            reaching = reach.of(mutant)
            if not reaching:
                self._tell(mutant, Verdict.UNREACHED)
                continue
            first = [one for one in self._likely(mutant) if one in reaching]
            order = list(dict.fromkeys([*first, *reaching]))
            until = bisect(list(accumulate(reach.cpu_s[one] for one in order)), _LONGEST_S) + 1
            shown_to = [(tests[one], one, reach.cpu_s[one]) for one in order[:until]]
            yield mutant, partial(self._judged, mutant, functions, shown_to)

    def _judged(self, mutant: Mutant, functions: Living, tests: Sequence[tuple[pytest.Item, int, float]]) -> int | str:
        for code in mutated(self._source, mutant):
            for function in functions.get((mutant.path, code.co_qualname, code.co_firstlineno), ()):
                try:
                    function.__code__ = code
                except ValueError:  # it closes over other names than before
                    return Verdict.UNFIT
        for test, number, cpu_s in tests:
            signal.setitimer(signal.ITIMER_PROF, cpu_s * _SLOWER + _AT_LEAST_S)  # its signal ends the child
            if _fails(test):
                return number
        return Verdict.SURVIVED

    def _likely(self, mutant: Mutant) -> Sequence[int]:
        """Return the tests that lately noticed a change nearby."""
        return [*self._noticed_by.get((mutant.path, mutant.where), ()), *self._noticed_by.get((mutant.path, ""), ())]

    def _remember(self, mutant: Mutant, test: int) -> None:
        for where in (mutant.where, ""):
            lately = self._noticed_by.get((mutant.path, where), [])
            self._noticed_by[mutant.path, where] = [test, *(one for one in lately if one != test)][:_REMEMBERED]


def _fails(test: pytest.Item) -> bool:
    """Run a test by itself: what pytest would report of it, and how, takes as long as the test."""
    given = test.session._setupstate
    try:
        given.setup(test)
        test.runtest()
    except pytest.skip.Exception:
        return False
    except (Exception, pytest.fail.Exception):
        return True
    finally:
        given.teardown_exact(None)
    return False
