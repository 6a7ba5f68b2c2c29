"""`livexec alerts`: what somebody has to know now, and saying that you look after it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from cyclopts import App

from app.cli.options import HERE, WATCH_GROUP, Connection
from app.cli.output import emit
from app.cli.tables import moment, table
from ports import shown

alerts: Final = App(name="alerts", help="The alerts that hold, the gravest first.", group=WATCH_GROUP)


@alerts.default
def find(*, connection: Connection = HERE) -> int:
    """List the alerts that hold, the gravest first."""
    from app.cli.rest import Rest

    with Rest.of(connection) as service:
        found = service.read("/api/alerts")
    human = _text(found["alerts"]) if found["alerts"] else "no alerts"
    emit({"ok": True, **found}, human, as_json=connection.json)
    return 0


@alerts.command
def acknowledge(name: str, subject: str = "", /, *, connection: Connection = HERE) -> int:
    """Say that you look after an alert: it is not told again until it is over.

    Parameters
    ----------
    name:
        As the list names it.
    subject:
        What it is about, as the list says; empty: the service.
    """
    from app.cli.rest import Rest

    with Rest.of(connection) as service:
        body = {"name": name, "subject": subject}
        found = service.change("POST", "/api/alerts/acknowledge", body=body).document
    emit({"ok": True, **found}, _text([found]), as_json=connection.json)
    return 0


def _text(alerts: Sequence[Mapping[str, Any]]) -> str:
    return table([{**each, "since": moment(each["since_ns"])} for each in alerts], shown.ALERTS)
