"""How much of what was changed was noticed: counts by file, the share of all, and how sure a sample makes of it."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final

from app.checks import Check, as_json
from mutation.changes import Mutant
from mutation.trial import Verdict

LEAST: Final = 0.9
_TWO_SIDED_95: Final = 1.96
_NOTICED: Final = (Verdict.KILLED, Verdict.HUNG)
LEFT: Final = (Verdict.SURVIVED, Verdict.UNREACHED)
_COLUMNS: Final = (Verdict.KILLED, Verdict.SURVIVED, Verdict.HUNG, Verdict.UNREACHED)


@dataclass(slots=True)
class Score:
    """What became of each change that was tried, `of` all that could have been."""

    of: int
    verdicts: dict[Mutant, Verdict] = field(default_factory=dict)

    def add(self, mutant: Mutant, verdict: Verdict) -> None:
        """Count one change."""
        self.verdicts[mutant] = verdict

    @property
    def value(self) -> float:
        """Return the share of the changes that was noticed; one that no test runs was not."""
        noticed, judged = self._counted()
        return noticed / judged if judged else 0.0

    @property
    def check(self) -> Check:
        """Return whether that is enough."""
        return Check.at_least("mutation_score", self.value, LEAST, "of the changes")

    def interval(self) -> tuple[float, float]:
        """Return where the score of all changes lies with 95 % (Wilson, 1927); of all of them, it is the score."""
        noticed, judged = self._counted()
        if not judged or len(self.verdicts) == self.of:
            return self.value, self.value
        share, z2 = noticed / judged, _TWO_SIDED_95**2
        middle = (share + z2 / (2 * judged)) / (1 + z2 / judged)
        half = _TWO_SIDED_95 / (1 + z2 / judged) * math.sqrt(share * (1 - share) / judged + z2 / (4 * judged**2))
        return middle - half, middle + half

    def document(self) -> dict[str, Any]:
        """Return it as one JSON document."""
        return {
            "ok": self.check.ok,
            "score": self.value,
            "interval": self.interval(),
            "checks": as_json([self.check]),
            "of": self.of,
            "modules": {path: dict(counts) for path, counts in self._by_path().items()},
            "left": [{"what": str(mutant), "verdict": verdict} for mutant, verdict in self._left()],
        }

    def table(self) -> Iterator[str]:
        """Yield the lines that tell of it: what was not noticed, a row for each file, the score."""
        for mutant, verdict in self._left():
            yield f"{verdict}: {mutant}"
        paths = self._by_path()
        wide = max(map(len, paths), default=0)
        yield f"{'':{wide}} {'changes':>8} " + " ".join(f"{column:>11}" for column in _COLUMNS)
        for path, counts in paths.items():
            yield f"{path:{wide}} {counts.total():8} " + " ".join(f"{counts[column]:11}" for column in _COLUMNS)
        low, high = self.interval()
        sure = f", {low:.3f} to {high:.3f} with 95 %" if low < high else ""
        yield f"score {self.value:.4f} of at least {LEAST}{sure} ({self}, of {self.of} changes)"

    def __str__(self) -> str:
        counts = Counter(self.verdicts.values())
        return ", ".join(f"{counts[verdict]} {verdict}" for verdict in Verdict if counts[verdict])

    def _counted(self) -> tuple[int, int]:
        counts = Counter(self.verdicts.values())
        return sum(counts[one] for one in _NOTICED), sum(counts[one] for one in (*_NOTICED, *LEFT))

    def _by_path(self) -> dict[str, Counter[Verdict]]:
        paths: defaultdict[str, Counter[Verdict]] = defaultdict(Counter)
        for mutant, verdict in self.verdicts.items():
            paths[mutant.path][verdict] += 1
        return dict(sorted(paths.items()))

    def _left(self) -> list[tuple[Mutant, Verdict]]:
        left = [(mutant, verdict) for mutant, verdict in self.verdicts.items() if verdict in LEFT]
        return sorted(left, key=lambda one: (one[0].path, one[0].number))
