"""The shapes of alerts."""

from __future__ import annotations

from pydantic import Field

from adapters.http.models import Exact


class AlertAnswer(Exact):
    """One thing that somebody has to know."""

    name: str
    subject: str = Field(description="What it is about: an account, a rule, a step; empty: the service")
    severity: str = Field(description="INFO, WARNING or CRITICAL")
    state: str = Field(description="FIRING or ACKNOWLEDGED")
    says: str
    since_ns: int
    told_ns: int
    value: str
    limit: str
    runbook: str = Field(description="Where it stands what to do")
    told_before: int = Field(description="How often it was told since it began")
    acknowledged_by: str


class AlertsAnswer(Exact):
    """Every alert that holds."""

    alerts: list[AlertAnswer]


class AcknowledgeBody(Exact):
    """Which alert somebody looks after."""

    name: str
    subject: str = ""
