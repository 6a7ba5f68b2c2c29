"""Runs the suites of a plugin in a process of their own, and reads what became of each check."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from plugins.conformance.tiers import Finding
from ports.errors import LivexecError

LONGEST_S: Final = 1_800.0
_NO_CHECK_RAN: Final = (2, 3, 4, 5)  # pytest: interrupted, broke, called wrongly, nothing collected


class NotExaminedError(LivexecError):
    """The suites could not be run; says what pytest said."""


def run_suites(files: Sequence[Path], within_s: float = LONGEST_S, more: Sequence[str] = ()) -> Sequence[Finding]:
    """Return the outcome of every check in `files`; what pytest prints goes to standard error.

    `more` are further arguments of pytest.

    Raises:
        NotExaminedError: no check ran, or they did not come to an end within `within_s`.
    """
    with tempfile.TemporaryDirectory() as folder:
        tally = Path(folder) / "tally.json"
        # Alone, in order, whatever the project's own options say: sessions of one account share one simulator.
        options = ("-q", "-p", "plugins.conformance.tally", "--tally", str(tally), "-p", "no:cacheprovider")
        command = [sys.executable, "-m", "pytest", *options, *more, *map(str, files)]
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
        try:
            ended = subprocess.run(
                command, stdout=sys.stderr.fileno(), timeout=within_s, check=False, env=environment
            ).returncode
        except subprocess.TimeoutExpired:
            raise NotExaminedError(f"the suites did not come to an end within {within_s:g} s") from None
        if ended in _NO_CHECK_RAN or not tally.exists():
            raise NotExaminedError(f"no suite of {', '.join(map(str, files))} was run (pytest ended with {ended})")
        return tuple(map(Finding.read, json.loads(tally.read_text(encoding="utf-8"))))
