"""Turns conditions into alerts: each told once, told again while nobody acknowledges it, and told when it is over."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Final

from adapters.telemetry.conditions import CONDITIONS, Condition, Finding
from adapters.telemetry.sights import History, Sight
from ports.alerts import Alert, AlertState, Severity
from ports.values import Principal

OVER_S: Final = 30.0  # what is gone for so long is over; what comes back before is the same alert
RUNBOOKS: Final = "docs/runbooks.md"
_NS: Final = 1_000_000_000

type Tell = Callable[[Alert], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Escalation:
    """How soon an alert that nobody acknowledges is told again, and how soon a WARNING becomes CRITICAL."""

    repeat_s: float = 300.0
    escalate_s: float = 900.0


@dataclass(slots=True)
class _Known:
    condition: Condition
    finding: Finding
    began_ns: int
    seen_ns: int
    alert: Alert | None = None  # None: it has not held for long enough yet


class AlertEngine:
    """Looks when told to, and tells every one of `tell`; they never wait and never fail. It decides nothing."""

    def __init__(
        self,
        tell: Sequence[Tell],
        history: History,
        escalation: Escalation | None = None,
        conditions: Sequence[Condition] = CONDITIONS,
    ) -> None:
        self._tell = tuple(tell)
        self._history = history
        self._escalation = escalation or Escalation()
        self._conditions = conditions
        self._known: dict[tuple[str, str], _Known] = {}

    def look(self, sight: Sight) -> None:
        """Judge every condition by one look, and tell what is new, what is due again, and what is over."""
        now_ns = sight.vitals.now_ns
        for condition in self._conditions:
            for finding in condition.judge(sight, self._history):
                self._found(condition, finding, now_ns)
        for key, known in list(self._known.items()):
            if now_ns - known.seen_ns >= OVER_S * _NS or (known.alert is None and known.seen_ns < now_ns):
                del self._known[key]
                if known.alert is not None:
                    self._say(replace(known.alert, state=AlertState.RESOLVED, told_ns=now_ns))
        self._history.add(sight)

    def active(self) -> Sequence[Alert]:
        """Return every alert that holds, the gravest first, then the oldest."""
        found = [known.alert for known in self._known.values() if known.alert is not None]
        gravity = list(reversed(Severity))
        return sorted(found, key=lambda one: (gravity.index(one.severity), one.since_ns, one.name, one.subject))

    def acknowledge(self, name: str, subject: str, principal: Principal, now_ns: int) -> Alert | None:
        """Take note that somebody looks after an alert: it is not told again. None: there is no such alert."""
        known = self._known.get((name, subject))
        if known is None or known.alert is None:
            return None
        if known.alert.state is AlertState.FIRING:
            changed = replace(
                known.alert, state=AlertState.ACKNOWLEDGED, acknowledged_by=principal, told_ns=now_ns
            )  # fmt: skip
            known.alert = changed
            self._say(changed)
        return known.alert

    def _found(self, condition: Condition, finding: Finding, now_ns: int) -> None:
        known = self._known.setdefault(
            (condition.name, finding.subject), _Known(condition, finding, now_ns, now_ns)
        )  # fmt: skip
        known.finding, known.seen_ns = finding, now_ns
        alert = known.alert
        if alert is None:
            if now_ns - known.began_ns >= condition.for_s * _NS:
                known.alert = self._made(known, now_ns, condition.severity, 0)
                self._say(known.alert)
            return
        known.alert = replace(alert, says=finding.says, value=finding.value, limit=finding.limit)
        if alert.state is AlertState.FIRING and alert.severity is not Severity.INFO:
            self._repeat(known, alert, now_ns)

    def _repeat(self, known: _Known, alert: Alert, now_ns: int) -> None:
        severity = alert.severity
        if now_ns - alert.since_ns >= self._escalation.escalate_s * _NS:
            severity = Severity.CRITICAL
        if severity is not alert.severity or now_ns - alert.told_ns >= self._escalation.repeat_s * _NS:
            known.alert = self._made(known, now_ns, severity, alert.told_before + 1)
            self._say(known.alert)

    def _made(self, known: _Known, now_ns: int, severity: Severity, told_before: int) -> Alert:
        finding = known.finding
        return Alert(
            name=known.condition.name,
            subject=finding.subject,
            severity=severity,
            state=AlertState.FIRING,
            says=finding.says,
            since_ns=known.began_ns,
            told_ns=now_ns,
            value=finding.value,
            limit=finding.limit,
            runbook=f"{RUNBOOKS}#{known.condition.name.lower()}",
            told_before=told_before,
        )

    def _say(self, alert: Alert) -> None:
        for tell in self._tell:
            tell(alert)
