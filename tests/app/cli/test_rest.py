"""Asking a service that is slow, busy, gone, or something else altogether."""

from __future__ import annotations

import json

import pytest

from app.cli.failures import FailedError
from app.cli.rest import ATTEMPTS, Rest
from ports.errors import JournalUnavailableError, MailboxFullError

from fakes.bad_orders import GOOD
from fakes.command import Livexec, ServiceDesk
from fakes.scripted_http import HANG_UP, raw, said, scripted

BUSY = said(503, {"reason_code": "SHUTTING_DOWN", "error_message": "the service is stopping"}, Retry_After="0")
DONE = said(201, {"operation_id": "op-1", "status": "SUBMITTED"})
ADJUST = (
    "positions adjust --kind OPENING --account A --strategy-id s --instrument-key OKX:SPOT_PAIR:A-B --quantity 1 "
    "--price 1 --reason r"
)
NOBODY = "http://127.0.0.1:1"  # nothing ever listens on this port


def submit_to(url: str, naps: list[float]) -> str:
    with Rest(url, sleep=naps.append) as service:
        return str(service.change("POST", "/api/orders", body=dict(GOOD)).document["operation_id"])


def test_a_lost_answer_is_asked_for_again_with_the_same_bytes() -> None:
    naps: list[float] = []
    with scripted([HANG_UP, HANG_UP, DONE]) as server:
        assert submit_to(server.url, naps) == "op-1"
    bodies = {body for _, body in server.requests}
    assert len(server.requests) == 3
    assert [json.loads(body) for body in bodies] == [GOOD]
    assert naps == sorted(naps)
    assert len(naps) == 2


def test_a_busy_service_is_asked_again_after_as_long_as_it_says() -> None:
    naps: list[float] = []
    full = said(429, {"reason_code": "MAILBOX_FULL"}, Retry_After="3")
    patient = said(503, {"reason_code": "JOURNAL_UNAVAILABLE"}, Retry_After="86400")
    with scripted([full, patient, DONE]) as server:
        assert submit_to(server.url, naps) == "op-1"
    assert naps[0] == 3.0
    assert naps[1] <= 5.0


@pytest.mark.parametrize("failure", [MailboxFullError(""), JournalUnavailableError("")])
def test_the_real_door_is_asked_until_it_answers_and_has_one_order(desk: ServiceDesk, failure: Exception) -> None:
    naps: list[float] = []
    desk.memory.failures += [failure, failure]
    assert submit_to(desk.url, naps) == "op-1"
    assert naps == [1.0, 1.0]
    assert len(desk.memory.asked) == 3
    assert list(desk.memory.orders_by_id) == ["op-1"]


def test_a_refusal_is_not_asked_again() -> None:
    refusal = {
        "reason_code": "INVALID_INPUT",
        "error_message": "side: …",
        "field": "side",
        "value": "'X'",
        "remedy": "r",
    }
    with scripted([said(422, refusal), DONE]) as server, pytest.raises(FailedError) as failed:
        submit_to(server.url, [])
    assert len(server.requests) == 1
    assert failed.value.failure.document() == {"ok": False, **refusal, "http_status": 422}


def test_asking_ends_after_a_bounded_number_of_times() -> None:
    naps: list[float] = []
    with scripted([BUSY] * (ATTEMPTS + 1)) as server, pytest.raises(FailedError) as failed:
        submit_to(server.url, naps)
    assert len(server.requests) == ATTEMPTS
    assert failed.value.failure.reason_code == "SHUTTING_DOWN"


def test_where_nobody_listens_nothing_was_sent_and_it_says_so() -> None:
    naps: list[float] = []
    with pytest.raises(FailedError) as failed:
        submit_to(NOBODY, naps)
    assert len(naps) == ATTEMPTS - 1
    assert failed.value.failure.reason_code == "UNREACHABLE"
    assert failed.value.failure.remedy == "nothing was sent; start it with `livexec run`, or give --url"
    assert NOBODY in failed.value.failure.message


def test_no_answer_says_that_nobody_knows_and_that_repeating_is_safe() -> None:
    with scripted([HANG_UP] * ATTEMPTS) as server, pytest.raises(FailedError) as failed:
        submit_to(server.url, [])
    assert failed.value.failure.remedy == "it may have been done or not; repeating the same command is safe"


@pytest.mark.parametrize(
    ("line", "name"),
    [
        ("submit --instrument-key OKX:SPOT_PAIR:A-B --side BUY --amount 1 --strategy-id s", "operation_id"),
        ("amend op-1 --amount 2", "amend_id"),
        (ADJUST, "adjustment_id"),
    ],
)
def test_what_made_its_own_id_says_which_one_repeats_it(
    livexec: Livexec, monkeypatch: pytest.MonkeyPatch, line: str, name: str
) -> None:
    monkeypatch.setattr("app.cli.rest._FIRST_PAUSE_S", 0.0)
    with scripted([HANG_UP] * ATTEMPTS) as server:
        ran = livexec(*line.split(), "--url", server.url)
        (made,) = {json.loads(body)[name] for _, body in server.requests}
    assert f"--{name.replace('_', '-')} {made}" in ran.err.splitlines()[-1]


def test_a_halt_that_reaches_nobody_names_the_ways_without_the_service(
    livexec: Livexec, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.cli.rest._FIRST_PAUSE_S", 0.0)
    ran = livexec("halt", "--scope", "global", "--reason", "r", "--url", NOBODY, "--json")
    assert (ran.code, "the file HALT" in ran.document["remedy"]) == (1, True)


def test_a_read_is_asked_once_and_says_how_to_start_the_service(livexec: Livexec) -> None:
    ran = livexec("positions", "--url", NOBODY, "--json")
    assert (ran.code, ran.document["reason_code"], ran.document["value"]) == (1, "UNREACHABLE", NOBODY)
    assert "livexec run" in ran.document["remedy"]


@pytest.mark.parametrize("answer", [raw(200, b"<html>hello</html>", "text/html"), said(200, [1, 2])])
def test_an_answer_of_something_else_is_recognised(livexec: Livexec, answer: bytes) -> None:
    with scripted([answer]) as server:
        ran = livexec("venues", "--url", server.url, "--json")
    assert (ran.code, ran.document["reason_code"]) == (1, "UNEXPECTED_ANSWER")
    assert server.url in ran.document["error_message"]


def test_a_redirection_does_not_take_the_token_elsewhere(livexec: Livexec, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LIVEXEC_TOKEN", "hunter2")
    with scripted([DONE]) as elsewhere, scripted([said(307, {}, Location=elsewhere.url)]) as server:
        ran = livexec("venues", "--url", server.url)
    assert ran.code == 1
    assert not elsewhere.requests


def test_a_proxy_of_the_environment_sees_nothing(livexec: Livexec, monkeypatch: pytest.MonkeyPatch) -> None:
    with scripted([DONE]) as proxy, scripted([said(200, {"venues": []})]) as server:
        for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
            monkeypatch.setenv(name, proxy.url)
        assert livexec("venues", "--url", server.url).out == "no venues\n"
    assert not proxy.requests


def test_a_command_says_on_stderr_that_it_asks_again(livexec: Livexec) -> None:
    with scripted([BUSY, DONE]) as server:
        ran = livexec("cancel", "op-1", "--url", server.url, "--json")
    assert (ran.code, ran.document["ok"]) == (0, True)
    assert ran.err == "the service answered 503; repeating, which is safe: 1 of 5\n"
    assert server.paths == ["/api/orders/op-1"] * 2


@pytest.mark.parametrize(("operation_id", "path"), [("..", "%2E%2E"), (".", "%2E"), ("a:b.c", "a%3Ab.c")])
def test_an_operation_id_stays_one_step_of_the_path(livexec: Livexec, operation_id: str, path: str) -> None:
    with scripted([DONE]) as server:
        assert livexec("cancel", operation_id, "--url", server.url).code == 0
    assert server.paths == [f"/api/orders/{path}"]
