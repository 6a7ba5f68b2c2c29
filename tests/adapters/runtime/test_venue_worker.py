"""The venue worker: whatever its session does becomes a report, and nothing ever ends it but its owner."""

import asyncio
from collections.abc import AsyncIterator
from decimal import Decimal

import pytest

from ports.errors import MailboxFullError, NotSentError, VenueUnavailableError
from ports.reports import (
    FillReport,
    OrderEvidence,
    OrderNotFound,
    OrderNotSent,
    OrderOutcomeUnknown,
    OrderStatusReport,
    QueryUnanswered,
    SessionDown,
)
from ports.values import ClientOrderId

from fakes.virtual_loop import pause, turns, virtual_now_ns, within
from fakes.worker_bench import ACCOUNT, LIMITS, Bench, cancel_of, query_of, resting


@pytest.fixture
async def bench() -> AsyncIterator[Bench]:
    made = Bench()
    await turns()
    yield made
    assert not made.running.done(), "the worker ended by itself"
    made.running.cancel()
    await asyncio.gather(made.running, return_exceptions=True)


# -- orders


async def test_an_order_reaches_the_venue_and_what_the_venue_says_is_passed_on(bench: Bench) -> None:
    bench.worker.put(resting("o1"))
    await turns()
    bench.venue.fill(ClientOrderId("o1"))
    assert bench.venue.arrivals == ["o1"]
    assert [type(one) for one in bench.inbox.of("o1")] == [OrderStatusReport, FillReport, OrderStatusReport]


async def test_orders_leave_in_their_order(bench: Bench) -> None:
    for number in range(4):
        bench.worker.put(resting(f"o{number}"))
    await turns()
    assert bench.venue.arrivals == [f"o{number}" for number in range(4)]


async def test_what_was_not_sent_is_reported_so(bench: Bench) -> None:
    bench.session.raises["send"] = NotSentError("rate limit")
    bench.worker.put(resting("o1"))
    await turns()
    assert bench.inbox.of("o1") == [
        OrderNotSent(account=ACCOUNT, client_order_id=ClientOrderId("o1"), reason="rate limit")
    ]


@pytest.mark.parametrize(
    "failure",
    [VenueUnavailableError("502"), ZeroDivisionError(), KeyError("orderId"), MailboxFullError("?"), OSError()],
)
async def test_any_other_failure_leaves_the_order_in_doubt(bench: Bench, failure: Exception) -> None:
    bench.session.raises["send"] = failure
    bench.worker.put(resting("o1"))
    await turns()
    assert bench.inbox.kinds("o1") == ["OrderOutcomeUnknown"]


async def test_a_sending_that_takes_too_long_leaves_the_order_in_doubt(bench: Bench) -> None:
    bench.hang("send")
    bench.worker.put(resting("o1"))
    await pause(9.9)
    assert bench.inbox.of("o1") == []
    await pause(0.2)
    assert bench.inbox.kinds("o1") == ["OrderOutcomeUnknown"]
    del bench.session.hangs["send"]
    bench.worker.put(resting("o2"))
    await turns()
    assert bench.venue.arrivals == ["o2"]


async def test_a_queue_at_its_limit_refuses_orders_as_not_sent_and_grows_no_further(bench: Bench) -> None:
    sending = bench.hang("send")
    names = [f"o{number}" for number in range(8)]
    bench.worker.put(resting(names[0]))
    await turns()
    for name in names[1:]:
        bench.worker.put(resting(name))
    assert [bench.inbox.kinds(name) for name in names] == [[]] * 6 + [["OrderNotSent"]] * 2
    sending.set()
    await turns(50)
    assert bench.venue.arrivals == names[:6]


async def test_without_a_session_an_order_is_not_sent_and_a_question_not_answered() -> None:
    bench = Bench()  # nothing has run yet
    bench.worker.put(resting("o1"))
    bench.worker.put(cancel_of("o1"))
    bench.worker.put(query_of("o1"))
    assert [type(one) for one in bench.inbox.reports] == [OrderNotSent, QueryUnanswered]
    bench.running.cancel()
    await asyncio.gather(bench.running, return_exceptions=True)


# -- cancels


async def test_a_cancel_overtakes_its_waiting_order_which_then_never_leaves(bench: Bench) -> None:
    sending = bench.hang("send")
    for name in ("o1", "o2", "o3"):
        bench.worker.put(resting(name))
    await turns()
    bench.worker.put(cancel_of("o2"))
    await turns()
    assert bench.inbox.kinds("o2") == ["OrderNotSent"]
    sending.set()
    await turns()
    assert bench.venue.arrivals == ["o1", "o3"]
    assert "cancel o2" not in bench.session.calls


async def test_a_cancel_does_not_wait_for_the_sending_of_other_orders(bench: Bench) -> None:
    bench.worker.put(resting("o1"))
    await turns()
    bench.hang("send")
    bench.worker.put(resting("o2"))
    await turns()
    bench.worker.put(cancel_of("o1"))
    await turns()
    assert bench.inbox.statuses("o1") == ["ACCEPTED", "CANCELED"]


async def test_a_cancel_does_not_overtake_its_own_order_on_the_way(bench: Bench) -> None:
    sending = bench.hang("send")
    bench.worker.put(resting("o1"))
    await turns()
    bench.worker.put(cancel_of("o1"))
    await turns()
    assert "cancel o1" not in bench.session.calls
    sending.set()
    await turns()
    assert [one.status for one in bench.inbox.of("o1") if isinstance(one, OrderStatusReport)] == [
        "ACCEPTED",
        "CANCELED",
    ]


async def test_no_number_of_orders_keeps_a_cancel_out(bench: Bench) -> None:
    bench.worker.put(resting("works"))
    await turns()
    bench.hang("send")
    for number in range(20):
        bench.worker.put(resting(f"o{number}"))
    bench.worker.put(cancel_of("works"))
    await turns()
    assert "cancel works" in bench.session.calls


@pytest.mark.parametrize("failure", [NotSentError("x"), VenueUnavailableError("x"), ZeroDivisionError()])
async def test_a_cancel_that_fails_is_noted_and_the_next_one_goes_on(bench: Bench, failure: Exception) -> None:
    bench.worker.put(resting("o1"))
    await turns()
    bench.session.raises["cancel"] = failure
    bench.worker.put(cancel_of("o1"))
    await turns()
    assert len(bench.telemetry.noted("venue.cancel_failed")) == 1
    bench.session.raises.clear()
    bench.worker.put(cancel_of("o1"))
    await turns()
    assert not bench.venue.orders[ClientOrderId("o1")].works


# -- questions


async def test_a_question_is_answered_by_the_venues_own_record(bench: Bench) -> None:
    bench.worker.put(resting("o1"))
    await turns()
    bench.venue.fill(ClientOrderId("o1"), Decimal("0.4"))
    bench.worker.put(query_of("o1"))
    bench.worker.put(query_of("nobody"))
    await turns()
    (evidence,) = [one for one in bench.inbox.of("o1") if isinstance(one, OrderEvidence)]
    assert [fill.quantity for fill in evidence.fills] == [Decimal("0.4")]
    assert bench.inbox.of("nobody") == [
        OrderNotFound(account=ACCOUNT, client_order_id=ClientOrderId("nobody"), asked_ns=virtual_now_ns())
    ]


@pytest.mark.parametrize("failure", [VenueUnavailableError("x"), ZeroDivisionError(), NotSentError("x")])
async def test_a_question_that_fails_is_unanswered_never_not_found(bench: Bench, failure: Exception) -> None:
    bench.session.raises["query"] = failure
    bench.worker.put(query_of("o1"))
    await turns()
    assert bench.inbox.kinds("o1") == ["QueryUnanswered"]


async def test_questions_run_beside_orders_a_few_at_once_and_are_bounded_in_time(bench: Bench) -> None:
    bench.hang("query")
    for number in range(8):
        bench.worker.put(query_of(f"q{number}"))
    bench.worker.put(resting("o1"))
    await turns()
    assert len([call for call in bench.session.calls if call.startswith("query")]) == LIMITS.queries_at_once
    assert bench.venue.arrivals == ["o1"]
    await pause(61)
    unanswered = [one for one in bench.inbox.reports if isinstance(one, QueryUnanswered)]
    assert len(unanswered) == 8


async def test_an_order_that_has_not_left_is_never_reported_as_not_found(bench: Bench) -> None:
    sending = bench.hang("send")
    for name in ("sending", "waiting"):
        bench.worker.put(resting(name))
    await turns()
    for name in ("sending", "waiting"):
        bench.worker.put(query_of(name))
    await turns()
    assert bench.inbox.kinds("sending") == bench.inbox.kinds("waiting") == ["QueryUnanswered"]
    assert [call for call in bench.session.calls if call.startswith("query")] == ["query sending"]  # it may know it
    sending.set()
    await turns()
    bench.worker.put(query_of("waiting"))
    await turns()
    assert bench.inbox.kinds("waiting")[-1] == "OrderEvidence"


async def test_not_found_within_the_venues_own_lag_is_no_answer(bench: Bench) -> None:
    bench.venue.query_lag_s = 2
    bench.worker.put(resting("o1"))
    await pause(1)
    bench.worker.put(query_of("o1"))
    await turns()
    assert bench.inbox.kinds("o1") == ["OrderStatusReport", "QueryUnanswered"]
    await pause(1)
    bench.worker.put(query_of("o1"))
    await turns()
    assert bench.inbox.kinds("o1")[-1] == "OrderEvidence"


async def test_an_order_that_never_arrived_is_not_found_after_the_lag(bench: Bench) -> None:
    bench.venue.query_lag_s = 2
    bench.session.raises["send"] = VenueUnavailableError("504")
    bench.worker.put(resting("o1"))
    await pause(2)
    bench.worker.put(query_of("o1"))
    await turns()
    assert bench.inbox.kinds("o1") == ["OrderOutcomeUnknown", "OrderNotFound"]


# -- the session's life


async def test_a_session_that_breaks_is_told_after_its_unsent_orders_and_comes_up_again(bench: Bench) -> None:
    bench.hang("send")
    for name in ("o1", "o2"):
        bench.worker.put(resting(name))
    await turns()
    bench.venue.disconnect("cable")
    await turns()
    assert [type(one) for one in bench.inbox.reports[1:]] == [OrderOutcomeUnknown, OrderNotSent, SessionDown]
    assert not bench.worker.is_connected
    await pause(1)
    assert bench.inbox.sessions() == ["SessionUp", "SessionDown", "SessionUp"]
    assert bench.worker.is_connected


@pytest.mark.parametrize("failure", [VenueUnavailableError("maintenance"), ZeroDivisionError(), KeyError("x")])
async def test_connecting_is_tried_again_ever_more_seldom_but_for_ever(bench: Bench, failure: Exception) -> None:
    bench.session.raises["connect"] = failure
    bench.venue.disconnect()
    await pause(3_600)
    tried = bench.session.calls.count("connect")
    assert 100 < tried < 140  # each half a minute, in the end
    assert bench.inbox.sessions() == ["SessionUp", "SessionDown"]
    bench.session.raises.clear()
    await pause(31)
    assert bench.inbox.sessions()[-1] == "SessionUp"


async def test_a_login_that_hangs_is_given_up_and_cleared_away(bench: Bench) -> None:
    bench.hang("connect")
    bench.venue.disconnect()
    await pause(31)
    before = bench.session.calls.count("disconnect")
    assert bench.telemetry.noted("venue.connect_failed")
    assert before >= 2  # after the loss, and after the login that hung
    bench.session.hangs.clear()
    await pause(31)
    assert bench.worker.is_connected


async def test_a_lost_report_takes_the_session_down_and_up_so_that_all_is_asked_again(bench: Bench) -> None:
    bench.worker.put(resting("o1"))
    await turns()
    bench.inbox.is_full = True
    bench.venue.fill(ClientOrderId("o1"))
    await pause(5)
    assert not bench.worker.is_connected
    assert bench.telemetry.noted("venue.report_lost")
    bench.inbox.is_full = False
    await pause(5)
    assert bench.inbox.sessions() == ["SessionUp", "SessionDown", "SessionUp"]


async def test_the_coming_up_that_finds_no_room_is_said_later(bench: Bench) -> None:
    bench.venue.disconnect()
    await turns()
    bench.inbox.is_full = True
    await pause(20)
    bench.inbox.is_full = False
    await pause(40)
    assert bench.inbox.sessions()[-1] == "SessionUp"
    assert bench.worker.is_connected


async def test_an_announcement_says_again_what_the_venue_lists(bench: Bench) -> None:
    bench.worker.announce()
    assert bench.inbox.reports[0] == bench.inbox.reports[1]
    bench.venue.disconnect()
    await turns()
    before = len(bench.inbox.reports)
    bench.worker.announce()  # nothing is up
    assert len(bench.inbox.reports) == before


@pytest.mark.parametrize("failure", [VenueUnavailableError("x"), ZeroDivisionError(), RuntimeError("x")])
async def test_a_disconnect_that_raises_ends_nothing(bench: Bench, failure: Exception) -> None:
    bench.session.raises["disconnect"] = failure
    bench.venue.disconnect()
    await pause(1)
    assert bench.inbox.sessions() == ["SessionUp", "SessionDown", "SessionUp"]
    assert bench.telemetry.noted("venue.disconnect_failed")


async def test_a_stop_is_bounded_although_the_session_hangs(bench: Bench) -> None:
    bench.hang("disconnect")
    began_ns = virtual_now_ns()
    await within(60, bench.worker.stop())
    assert virtual_now_ns() - began_ns <= 10_000_000_000
    bench.worker.put(resting("o1"))
    assert bench.inbox.kinds("o1") == ["OrderNotSent"]


async def test_a_worker_that_is_ended_in_the_middle_of_a_sending_says_that_nobody_knows(bench: Bench) -> None:
    other = Bench()
    await turns()
    other.hang("send")
    other.worker.put(resting("o1"))
    await turns()
    other.running.cancel()
    await asyncio.gather(other.running, return_exceptions=True)
    assert other.inbox.kinds("o1") == ["OrderOutcomeUnknown"]


async def test_why_a_session_is_down_is_told_until_it_is_up_again(bench: Bench) -> None:
    assert bench.worker.health.trouble == ""
    bench.venue.disconnect("the key has expired")
    await turns()
    assert "the key has expired" in bench.worker.health.trouble
    await pause(60.0)
    assert (bench.worker.is_connected, bench.worker.health.trouble) == (True, "")
