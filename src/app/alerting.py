"""Watching over the running service: looks every few seconds, and carries what is found to whoever is to know."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Final

from adapters.telemetry.alert_engine import AlertEngine, Escalation
from adapters.telemetry.alert_sinks import LogSink, WebhookSink
from adapters.telemetry.sights import History, Lookout
from app.settings_alerts import Alerts
from plugins.alerting import ContainedSink
from plugins.discovery import discover
from ports.errors import InvalidInputError
from ports.telemetry import Telemetry

LOOK_S: Final = 5.0
_WEBHOOK: Final = "webhook"


def sinks_of(alerts: Alerts, disabled: Sequence[str], telemetry: Telemetry) -> Sequence[ContainedSink]:
    """Return every way to people that the configuration names, each held at arm's length.

    Raises:
        InvalidInputError: no plugin brings a sink of that name, or one of its settings is wrong.
        PluginsRefusedError: a plugin cannot be used.
    """
    made = [] if alerts.webhook_url is None else [ContainedSink(_WEBHOOK, WebhookSink(alerts.webhook_url), telemetry)]
    offered = discover(disabled=disabled).sinks if alerts.sinks else {}
    for name, secrets in alerts.sinks.items():
        if name not in offered:
            known = ", ".join(sorted(offered)) or "none"
            raise InvalidInputError(f"alerts.sinks.{name}", name, f"no plugin brings it; those that are there: {known}")
        settings = {key: secret.reveal() for key, secret in secrets.items()}
        made.append(ContainedSink(name, offered[name].sink(settings), telemetry))
    return made


class Watch:
    """The alerts of one service; `engine` answers for those that hold."""

    def __init__(self, alerts: Alerts, lookout: Lookout, sinks: Sequence[ContainedSink], telemetry: Telemetry) -> None:
        self._lookout = lookout
        self._sinks = sinks
        self._telemetry = telemetry
        escalation = Escalation(repeat_s=alerts.repeat_ms / 1_000, escalate_s=alerts.escalate_ms / 1_000)
        tell = [LogSink(telemetry).tell, *(sink.tell for sink in sinks)]
        self.engine = AlertEngine(tell, History(lookout.bounds), escalation)

    async def run(self) -> None:
        """Look, and carry, until cancelled."""
        async with asyncio.TaskGroup() as carrying:
            for sink in self._sinks:
                carrying.create_task(sink.run(), name=f"alerts to {sink.name}")
            while True:
                self.look()
                await asyncio.sleep(LOOK_S)

    def look(self) -> None:
        """Look once; what goes wrong is noted, and the next look is another try."""
        try:
            self.engine.look(self._lookout())
        except Exception as failure:  # a supervisor: nobody would hear of anything any more
            self._telemetry.note("alert.look_failed", error=f"{type(failure).__name__}: {failure}")
