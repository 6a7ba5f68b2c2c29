"""Following facts: in order, none twice, over as many connections as it takes."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from itertools import islice
from pathlib import Path

import pytest

from app.cli.failures import FailedError
from app.cli.rest import Rest
from app.cli.watching import follow, messages

from fakes.bad_orders import GOOD
from fakes.command import Livexec, ServiceDesk
from fakes.scripted_http import HANG_UP, cut_off, raw, said, scripted

REPOSITORY = Path(__file__).resolve().parents[3]
STREAM = "text/event-stream"


def events(*sequences: int) -> bytes:
    """Return facts as the service writes them."""
    return b"".join(
        b"id: %d\nevent: OrderFilled\ndata: %s\n\n"
        % (seq, json.dumps({"sequence": seq, "timestamp_ns": 0, "kind": "OrderFilled", "fact": {}}).encode())
        for seq in sequences
    )


def place(desk: ServiceDesk) -> None:
    with Rest(desk.url) as service:
        service.change("POST", "/api/orders", body=dict(GOOD))


def test_every_fact_is_a_line_for_people(livexec: Livexec, desk: ServiceDesk) -> None:
    place(desk)
    ran = livexec("watch", "--after", "0", "--limit", "4")
    lines = ran.out.splitlines()
    assert (ran.code, ran.err) == (0, "")
    assert [line.split()[0] for line in lines] == ["1", "2", "3", "4"]
    assert [line.split()[2] for line in lines] == ["OrderRecorded", "RiskDecided", "OrderRouted", "OrderReleased"]
    assert "operation_id=op-1" in lines[3]


def test_every_fact_is_a_json_document_on_a_line_of_its_own(livexec: Livexec, desk: ServiceDesk) -> None:
    place(desk)
    ran = livexec("watch", "--after", "1", "--limit", "3", "--json")
    documents = [json.loads(line) for line in ran.out.splitlines()]
    assert [document["sequence"] for document in documents] == [2, 3, 4]
    assert documents[2]["fact"]["operation_id"] == "op-1"


def test_an_interrupted_watch_says_where_to_resume(desk: ServiceDesk) -> None:
    place(desk)
    command = [sys.executable, "-c", "import sys, app.cli; sys.exit(app.cli.main())", "watch", "--after", "2"]
    environment = {"PYTHONPATH": str(REPOSITORY / "src"), "LIVEXEC_URL": desk.url}
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment
    ) as watching:
        assert watching.stdout is not None
        assert [watching.stdout.readline().split()[0] for _ in range(2)] == ["3", "4"]
        watching.send_signal(signal.SIGINT)
        _, told = watching.communicate(timeout=60)
    assert watching.returncode == 0
    assert told in ("resume with --after 3\n", "resume with --after 4\n")  # never after what was not printed


def test_a_refused_watch_exits_1(livexec: Livexec, desk: ServiceDesk) -> None:
    ran = livexec("watch", "--after", "99999", "--json")
    assert (ran.code, ran.document["field"]) == (1, "after")


def test_a_broken_stream_is_resumed_without_holes_or_repeats() -> None:
    naps: list[float] = []
    answers = [cut_off(b"id: 4\n\n" + events(5, 6) + events(7)[:-1]), HANG_UP, raw(200, events(6, 7, 8), STREAM)]
    with scripted(answers) as server, Rest(server.url, sleep=naps.append) as service:
        seen = [event["sequence"] for event in islice(follow(service, None), 4)]
    assert seen == [5, 6, 7, 8]
    assert server.paths == ["/api/events", "/api/events?after=6", "/api/events?after=6"]
    assert len(naps) == 2


def test_a_stream_cut_off_before_the_first_fact_is_resumed_where_it_stood() -> None:
    answers = [cut_off(b"id: 41\n\n"), raw(200, events(42), STREAM)]
    with scripted(answers) as server, Rest(server.url, sleep=lambda _: None) as service:
        assert next(follow(service, None))["sequence"] == 42
    assert server.paths[1] == "/api/events?after=41"


def test_a_service_that_stays_away_ends_the_watch_with_where_to_resume() -> None:
    naps: list[float] = []
    with scripted([raw(200, events(1, 2), STREAM)]) as server, Rest(server.url, sleep=naps.append) as service:
        following = follow(service, 0)
        assert [next(following)["sequence"], next(following)["sequence"]] == [1, 2]
        with pytest.raises(FailedError, match="resume with --after 2"):
            next(following)
    assert len(naps) == 7


def test_a_refusal_in_the_middle_is_not_asked_again() -> None:
    refusal = said(401, {"reason_code": "UNAUTHENTICATED", "error_message": "the token is not known"})
    answers = [raw(200, events(1), STREAM), refusal]
    with scripted(answers) as server, Rest(server.url, sleep=lambda _: None) as service:
        following = follow(service, 0)
        next(following)
        with pytest.raises(FailedError, match="token is not known"):
            next(following)


def test_comments_and_what_is_not_whole_say_nothing() -> None:
    text = (
        ": nothing new\n\nid: 7\n\nid: 8\nevent: X\ndata: a\ndata: b\n\nretry: 5\n\nid: x\ndata: c\n\nid: 9\ndata: cut"
    )
    assert [(message.sequence, message.data) for message in messages(text.split("\n"))] == [(7, ""), (8, "a\nb")]
