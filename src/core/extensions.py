"""What plugins add to what is decided: rules of risk, algorithms, a policy of routing; each guarded already."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from typing import Final

from core.risk.engine import Rules
from core.routing.policies import Policy
from ports.algorithms import PlannerParser
from ports.records import record

POLICY: Final = "policy "  # before its name, among the names of all


@record
class Extensions:
    """By their names, which are no names of ours. `policy` None: orders are routed by ours."""

    rules: Rules = field(default_factory=dict)
    algorithms: Mapping[str, PlannerParser] = field(default_factory=dict)
    policy: Policy | None = None

    @property
    def names(self) -> tuple[str, ...]:
        """Everything that is there, as a recording keeps it: what it led to may rest on any of it."""
        policy = () if self.policy is None else (f"{POLICY}{self.policy.name}",)
        return (*self.rules, *[f"algorithm {name}" for name in self.algorithms], *policy)
