"""Independent judges of a recorded run: each recomputes from facts alone what the book of record claims."""

from core.invariants.checks import INVARIANTS, check
from core.invariants.run import Finding, RecordedRun, Release

__all__ = ["INVARIANTS", "Finding", "RecordedRun", "Release", "check"]
