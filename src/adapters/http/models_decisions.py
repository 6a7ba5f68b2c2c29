"""The shapes of decisions: rule by rule, and where an order goes."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from adapters.http.models import Exact


class VerdictAnswer(Exact):
    """One rule's word."""

    rule: str
    passed: bool
    value: str = Field(description="What would have been, in `unit`; `unknown`: nobody could reckon it")
    limit: str
    unit: str
    headroom: str = Field(description="How far within its limit; negative: beyond; empty: no number")
    seen: str = Field(description="What the value was reckoned from, where the order alone does not tell")
    remedy: str = Field(description="Of a refusal: what would have passed")


class RiskAnswer(Exact):
    """What every rule said."""

    decision_id: str = Field(description="Empty where nothing was recorded")
    approved: bool
    verdicts: list[VerdictAnswer] = Field(description="In the order of asking")
    decided_at_ns: int


class CheckAnswer(Exact):
    """What would become of an order now."""

    would_accept: bool
    risk: RiskAnswer
    routing: dict[str, Any] | None = Field(description="null where it could not be routed")
    reason_code: str
    error_message: str


class ExplainAnswer(Exact):
    """Why an order went where it went."""

    result: dict[str, Any]
    risk: RiskAnswer | None = Field(description="null where risk was not asked")
    routing: dict[str, Any] | None = Field(description="Its first route, with every candidate's sums; null: none")
    rerouted: list[dict[str, Any]] = Field(description="Where legs ended early: where the rest went on to")
    timeline: list[dict[str, Any]]
    sequence: int


class CommandLineAnswer(Exact):
    """An order as a shell would place it."""

    command_line: str = Field(description="Quoted for a POSIX shell")


class DecisionAnswer(Exact):
    """The decision on a recorded order."""

    operation_id: str
    risk: RiskAnswer
    price: str = Field(description="What a unit was valued at; empty: no price was known")
    notional_usd: str = Field(description="The order's value then; empty: not known")
    routing: dict[str, Any] | None = Field(description="null where it was not routed")
    sequence: int
