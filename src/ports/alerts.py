"""What people are woken for: an alert, and whoever carries it to them. Telling is all; no alert decides anything."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Protocol

from ports.records import record


class Severity(StrEnum):
    """How soon somebody has to look."""

    INFO = "INFO"  # at leisure
    WARNING = "WARNING"  # today
    CRITICAL = "CRITICAL"  # now: somebody is woken


class AlertState(StrEnum):
    """Where an alert is in its life."""

    FIRING = "FIRING"
    ACKNOWLEDGED = "ACKNOWLEDGED"  # somebody said that they are looking; it still holds
    RESOLVED = "RESOLVED"  # what it is about is so no more


@record
class Alert:
    """One thing that somebody has to know. `name` and `subject` together are the alert: told again, it is the same.

    `name` is the condition's, as the Prometheus rule of the same condition calls it; `subject` says what it is about:
    an account, a strategy, a limit; empty: the service. `value` and `limit` are numbers in words with their unit.
    """

    name: str
    subject: str
    severity: Severity
    state: AlertState
    says: str  # one sentence, never a secret
    since_ns: int  # when it began to hold, UTC
    told_ns: int  # when this was said, UTC
    value: str = ""
    limit: str = ""
    runbook: str = ""  # the page that says what to do
    told_before: int = 0  # how often it was told since it began; grows where nobody acknowledges
    acknowledged_by: str = ""  # the principal


class AlertSink(Protocol):
    """One way to people: a chat, a pager, a mailbox."""

    def tell(self, alert: Alert) -> None:
        """Carry one alert to people; called in a thread of its own, for one alert at a time, so that it may wait.

        Returning means that the other side took it. Whatever it raises is noted and counted: the alert was not
        delivered, and the next telling of it is tried again. The same alert may be told more than once.
        """


class AlertSinkFactory(Protocol):
    """Makes a sink from configuration; one that is a `ports.venue_settings.HasSettings` has its settings checked."""

    @property
    def name(self) -> str:
        """Its name in the configuration: lower-case words joined by `_`, such as `acme_pager`."""

    def sink(self, settings: Mapping[str, str]) -> AlertSink:
        """Make a sink; opens nothing.

        Raises:
            InvalidInputError: a setting is missing or wrong; names it, and never shows a secret.
        """
