"""What passes the gate to OKX: each order once, with a deadline, and nothing that nobody expects."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as some

from adapters.nautilus.live_words import Accepted, InDoubt, Refused
from adapters.nautilus.okx_desk import PRIVATE, OrderDesk
from adapters.nautilus.okx_words import Update
from adapters.nautilus.pace import Pace
from ports.values import ClientOrderId


class Heard:
    """Keeps what it is told."""

    def __init__(self) -> None:
        self.updates: list[Update] = []
        self.reasons: list[str] = []

    def heard(self, updates: list[Update]) -> None:
        self.updates += updates

    def fall(self, reason: str) -> None:
        self.reasons.append(reason)


def desk() -> tuple[OrderDesk, Heard]:
    heard = Heard()
    return OrderDesk(heard, lambda: 1_700_000_000_123, ("SPOT", "SWAP"), Pace(1, 1.0)), heard


def order(name: str, request: str = "1") -> str:
    return json.dumps({"id": request, "op": "order", "args": [{"clOrdId": name, "sz": "1"}]})


def answer(code: str, msg: str = "Because.", request: str = "1", number: str = "7") -> str:
    data = [{"ordId": number, "clOrdId": "a", "ts": "5", "sCode": code, "sMsg": msg}]
    return json.dumps({"id": request, "op": "order", "code": "0" if code == "0" else "1", "msg": "", "data": data})


def test_an_order_passes_once_and_carries_its_deadline() -> None:
    made, _ = desk()
    made.expect(ClientOrderId("a"))
    passed = made.outgoing(PRIVATE, order("a"))
    assert passed is not None
    assert json.loads(passed) == {**json.loads(order("a")), "expTime": "1700000000123"}
    assert made.outgoing(PRIVATE, order("a", "2")) is None


def test_an_order_that_nobody_expects_or_expects_no_more_never_passes() -> None:
    made, _ = desk()
    assert made.outgoing(PRIVATE, order("a")) is None
    made.expect(ClientOrderId("a"))
    assert made.take_outcome(ClientOrderId("a")) is None  # given up before it left: proven unsent
    assert made.outgoing(PRIVATE, order("a")) is None


def test_an_order_passes_on_the_private_channel_alone_and_cancels_of_nautilus_do_not_pass() -> None:
    made, _ = desk()
    made.expect(ClientOrderId("a"))
    assert made.outgoing("business", order("a")) is None
    for operation in ("cancel-order", "amend-order", "batch-orders", "mass-cancel"):
        assert made.outgoing(PRIVATE, json.dumps({"id": "1", "op": operation, "args": [{}]})) is None
    for frame in ("ping", "pong", '{"op": "login", "args": []}', '{"op": "subscribe", "args": []}'):
        assert made.outgoing(PRIVATE, frame) == frame


def test_an_order_that_left_is_in_doubt_until_its_own_answer_comes() -> None:
    made, _ = desk()
    made.expect(ClientOrderId("a"))
    made.outgoing(PRIVATE, order("a"))
    made.incoming(PRIVATE, answer("0", request="2"))
    assert isinstance(made.take_outcome(ClientOrderId("a")), InDoubt)


@pytest.mark.parametrize(
    ("said", "outcome"),
    [
        (answer("0"), Accepted),
        (answer("0", number=""), InDoubt),
        (answer("51008"), Refused),
        (answer("51008", "Duplicated clOrdId"), InDoubt),
        (answer("99999"), InDoubt),
        ('{"id": "1", "op": "order", "code": "1", "msg": "", "data": []}', InDoubt),
        ('{"id": "1", "op": "order", "code": "1", "msg": "", "data": [{}]}', InDoubt),
    ],
)
def test_an_answer_means_what_it_proves(said: str, outcome: type) -> None:
    made, heard = desk()
    made.expect(ClientOrderId("a"))
    made.outgoing(PRIVATE, order("a"))
    made.incoming(PRIVATE, said)
    assert isinstance(made.take_outcome(ClientOrderId("a")), outcome)
    assert heard.reasons == []


def test_the_end_of_the_connection_leaves_what_left_in_doubt_and_the_rest_unsent() -> None:
    made, heard = desk()
    for name in ("a", "b"):
        made.expect(ClientOrderId(name))
    made.outgoing(PRIVATE, order("a"))
    made.ended(PRIVATE, "it broke")
    assert "it broke" in heard.reasons[0]
    assert isinstance(made.take_outcome(ClientOrderId("a")), InDoubt)
    assert made.take_outcome(ClientOrderId("b")) is None


@pytest.mark.parametrize(
    "frame",
    [
        '{"event": "error", "code": "60011", "msg": "Please log in"}',
        '{"event": "notice", "code": "64008", "msg": "The connection will soon be closed."}',
        "not JSON",
        '{"arg": {"channel": "orders"}, "data": [{"instId": "BTC-USDT"}]}',
    ],
)
def test_what_cannot_be_read_or_says_an_error_gives_the_connection_up(frame: str) -> None:
    made, heard = desk()
    made.incoming(PRIVATE, frame)
    assert len(heard.reasons) == 1


@pytest.mark.parametrize("frame", ["pong", '{"event": "channel-conn-count", "connCount": "2"}', '{"arg": {}}'])
def test_what_is_of_no_concern_disturbs_nobody(frame: str) -> None:
    made, heard = desk()
    made.incoming(PRIVATE, frame)
    assert (heard.reasons, heard.updates) == ([], [])


STEPS = some.lists(some.tuples(some.sampled_from(["expect", "take", "send", "answer", "end"]), some.sampled_from("ab")))


@given(STEPS)
def test_whatever_happens_an_order_passes_at_most_once_for_each_time_it_was_expected(
    steps: list[tuple[str, str]],
) -> None:
    made, _ = desk()
    wished = {"a": 0, "b": 0}
    passed = {"a": 0, "b": 0}
    for step, name in steps:
        match step:
            case "expect":
                made.expect(ClientOrderId(name))
                wished[name] += 1
            case "take":
                made.take_outcome(ClientOrderId(name))
            case "send":
                passed[name] += made.outgoing(PRIVATE, order(name, name)) is not None
            case "answer":
                made.incoming(PRIVATE, answer("0", request=name))
            case _:
                made.ended(PRIVATE, "it broke")
        assert all(passed[one] <= wished[one] for one in "ab")
