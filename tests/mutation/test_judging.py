"""A change that a test sees is killed, one that it does not see survives, and a sample says how sure it is."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from textwrap import dedent

import pytest

from mutation.changes import mutants_of
from mutation.score import Score
from mutation.trial import Verdict

FILES = {
    "src/gate.py": '''
        def least(one: int, other: int) -> int:
            return min(one, other)

        def rounds(count):
            done = 0
            while done < count:
                done = done + 1
            return "done"

        def never_asked(value):
            return -value
    ''',
    "tests/test_gate.py": '''
        import gate

        def test_least():
            assert gate.least(1, 2) == 1

        def test_rounds():
            assert gate.rounds(3)
    ''',
    "run.py": '''
        import pathlib, sys
        import pytest
        from mutation.changes import mutants_of
        from mutation.trial import Trial
        here = pathlib.Path(sys.argv[1])
        sys.path.insert(0, str(here / "src"))
        every = mutants_of(here / "src", "gate.py")
        became = []
        trial = Trial(
            here / "src", every, at_once=2, progress=print,
            tell=lambda one, said: became.append(f"{one.where} {one.says}: {said}"),
        )
        pytest.main(["-q", "-p", "no:cacheprovider", "--rootdir", str(here), str(here / "tests")], plugins=[trial])
        print()
        for each in became:
            print(each)
    ''',
}  # fmt: skip


def test_each_change_is_judged_by_the_tests_that_run_it(repository: Path, tmp_path: Path) -> None:
    for name, text in FILES.items():
        file = tmp_path / name
        file.parent.mkdir(exist_ok=True)
        file.write_text(dedent(text))
    ended = subprocess.run(
        [sys.executable, str(tmp_path / "run.py"), str(tmp_path)],
        env={**os.environ, "PYTHONPATH": str(repository / "tests")},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=300,
        check=True,
    )
    assert {
        "least returns nothing: killed",
        "least min to max: killed",
        "rounds Lt to LtE: survived",
        "rounds Add to Sub: timed out",
        "never_asked USub left out: not reached",
    } <= set(ended.stdout.splitlines())


def test_what_no_test_runs_counts_as_not_noticed_and_a_sample_says_how_sure_it_is(tmp_path: Path) -> None:
    (tmp_path / "gate.py").write_text(dedent(FILES["src/gate.py"]))
    one, other, third, *_ = every = mutants_of(tmp_path, "gate.py")
    score = Score(of=len(every))
    for mutant, verdict in ((one, Verdict.KILLED), (other, Verdict.UNREACHED), (third, Verdict.UNFIT)):
        score.add(mutant, verdict)
    assert score.value == 0.5
    assert score.document()["ok"] is False
    assert score.interval() == pytest.approx((0.0945, 0.9055), abs=1e-4)  # Wilson, 1 of 2
