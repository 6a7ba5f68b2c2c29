"""`/api/alerts` over HTTP, and the sinks that come with the service."""

from __future__ import annotations

from dataclasses import replace

import httpx
import orjson
import pytest

from adapters.doors import Service
from adapters.telemetry.alert_engine import AlertEngine
from adapters.telemetry.alert_sinks import LogSink, WebhookSink
from adapters.telemetry.sights import History, Sight
from ports.alerts import Alert, AlertState, Severity
from ports.errors import InvalidInputError
from ports.secrets import Secret

from fakes.doors import rest, service_over
from fakes.gateway import MemoryService
from fakes.metrics import vitals
from fakes.scripted_http import said, scripted
from fakes.telemetry import RecordingTelemetry

ALERT = Alert(
    name="LivexecHalted", subject="", severity=Severity.INFO, state=AlertState.FIRING, says="1 halts", since_ns=1,
    told_ns=2,
)  # fmt: skip


@pytest.fixture
def service() -> Service:
    engine = AlertEngine([], History())
    engine.look(Sight(vitals=replace(vitals(), halts=1, breaks=(), unconfirmed_ns=())))
    return replace(service_over(MemoryService()), alerts=engine)


async def test_an_alert_is_listed_and_acknowledged_by_whoever_asks(service: Service) -> None:
    async with rest(service) as client:
        (listed,) = (await client.get("/api/alerts")).json()["alerts"]
        named = {"name": listed["name"], "subject": listed["subject"]}
        noted = await client.post("/api/alerts/acknowledge", json=named)
        (after,) = (await client.get("/api/alerts")).json()["alerts"]
    assert (listed["name"], listed["state"], listed["severity"]) == ("LivexecHalted", "FIRING", "INFO")
    assert listed["runbook"] == "docs/runbooks.md#livexechalted"
    assert noted.status_code == 200
    assert (after["state"], after["acknowledged_by"]) == ("ACKNOWLEDGED", "local")


async def test_an_alert_that_does_not_hold_is_not_found_and_an_unknown_field_is_named(service: Service) -> None:
    async with rest(service) as client:
        unknown = await client.post("/api/alerts/acknowledge", json={"name": "LivexecDown"})
        wrong = await client.post("/api/alerts/acknowledge", json={"nmae": "x"})
    assert (unknown.status_code, unknown.json()["field"]) == (404, "name")
    assert (wrong.status_code, wrong.json()["field"]) == (422, "nmae")


def test_a_web_hook_goes_over_tls_or_stays_on_this_machine() -> None:
    for refused in ("http://pager.example/x", "ftp://127.0.0.1", "nonsense", "http://[::1", "https//x"):
        with pytest.raises(InvalidInputError) as wrong:
            WebhookSink(Secret(refused))
        assert refused not in str(wrong.value)
    WebhookSink(Secret("https://pager.example/secret"))
    WebhookSink(Secret("http://127.0.0.1:9/x"))


def test_a_web_hook_is_posted_the_whole_alert_and_a_refusal_is_told() -> None:
    with scripted([said(200, {}), said(503, {})]) as somebody:
        sink = WebhookSink(Secret(somebody.url))
        sink.tell(ALERT)
        with pytest.raises(httpx.HTTPStatusError):
            sink.tell(ALERT)
    told = orjson.loads(somebody.requests[0][1])
    assert (told["name"], told["severity"], told["state"]) == ("LivexecHalted", "INFO", "FIRING")


def test_the_log_says_what_became_of_an_alert() -> None:
    telemetry = RecordingTelemetry()
    for state in AlertState:
        LogSink(telemetry).tell(replace(ALERT, state=state))
    assert [event for event, _ in telemetry.notes] == ["alert.firing", "alert.acknowledged", "alert.resolved"]
    assert telemetry.notes[0][1]["severity"] == Severity.INFO
