"""Why plugins are refused: each problem with the plugin's name, the distribution it came from, and a remedy."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ports.errors import LivexecError


@dataclass(frozen=True, slots=True, kw_only=True)
class PluginProblem:
    """One thing wrong with one plugin."""

    plugin: str
    distribution: str
    what: str
    remedy: str

    def __str__(self) -> str:
        return f"plugin {self.plugin} of {self.distribution}: {self.what}; {self.remedy}"


class PluginsRefusedError(LivexecError):
    """At least one plugin cannot be used, and the start is refused: a venue that is silently missing is worse.

    `problems` holds all of them, so that one look mends them all.
    """

    def __init__(self, problems: Sequence[PluginProblem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(map(str, problems)))
