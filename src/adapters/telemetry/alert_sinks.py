"""Ways to people that come with the service: a line in the log, and a call of somebody's web hook."""

from __future__ import annotations

from dataclasses import asdict
from typing import Final

import httpx

from ports.alerts import Alert, AlertState
from ports.errors import InvalidInputError
from ports.secrets import Secret
from ports.telemetry import Telemetry

WITHIN_S: Final = 5.0


class LogSink:
    """Writes each alert as a line of the log, and counts it."""

    def __init__(self, telemetry: Telemetry) -> None:
        self._telemetry = telemetry

    def tell(self, alert: Alert) -> None:
        """Write one alert."""
        told = {name: value for name, value in asdict(alert).items() if value not in ("", 0)}
        match alert.state:
            case AlertState.FIRING:
                self._telemetry.note("alert.firing", **told)
            case AlertState.ACKNOWLEDGED:
                self._telemetry.note("alert.acknowledged", **told)
            case AlertState.RESOLVED:
                self._telemetry.note("alert.resolved", **told)


class WebhookSink:
    """Posts each alert as a JSON object. The address may hold a secret, and is never shown."""

    def __init__(self, url: Secret) -> None:
        """Take where to.

        Raises:
            InvalidInputError: it is neither https nor an address of this machine.
        """
        try:
            address = httpx.URL(url.reveal())
        except httpx.InvalidURL:
            address = httpx.URL("")
        if address.scheme != "https" and not (address.scheme == "http" and address.host in ("127.0.0.1", "localhost")):
            raise InvalidInputError("webhook_url", "(hidden)", "write an address that begins with https://")
        self._url = url

    def tell(self, alert: Alert) -> None:
        """Post one alert; waits, and so it is called in a thread of its own.

        Raises:
            httpx.HTTPError: it was not taken.
        """
        with httpx.Client(timeout=WITHIN_S, follow_redirects=False) as client:
            client.post(self._url.reveal(), json=asdict(alert)).raise_for_status()
