"""What a venue's code raises is told as what it means: refused, not sent, in doubt, or a login to leave alone."""

import asyncio
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from adapters.runtime.flood import MOST_A_SECOND
from adapters.runtime.stepping import Stepped
from ports.errors import MaybeSentError, ThrottledError, VenueLoginError, VenueRefusedError, VenueUnavailableError
from ports.requests import SendOrder

from fakes.virtual_loop import pause, turns
from fakes.worker_bench import Bench, cancel_of, resting


@pytest_asyncio.fixture
async def bench() -> AsyncIterator[Bench]:
    made = Bench()
    await turns()
    yield made
    made.running.cancel()
    await asyncio.gather(made.running, return_exceptions=True)
    await made.worker.stop()


@pytest.mark.parametrize(
    ("failure", "told"),
    [
        (VenueRefusedError("10009 not_enough_funds"), "OrderStatusReport"),
        (ThrottledError("5 a second"), "OrderNotSent"),
        (MaybeSentError("no answer"), "OrderOutcomeUnknown"),
        (VenueUnavailableError("502"), "OrderOutcomeUnknown"),
    ],
)
async def test_what_a_send_raises_is_told_as_what_it_proves(bench: Bench, failure: Exception, told: str) -> None:
    bench.session.raises["send"] = failure
    bench.worker.put(resting("o1"))
    await turns()
    assert bench.inbox.kinds("o1") == [told]
    assert bench.inbox.statuses("o1") == (["REJECTED"] if told == "OrderStatusReport" else [])


async def test_a_refused_cancel_settles_nothing_but_itself(bench: Bench) -> None:
    bench.worker.put(resting("o1"))
    await turns()
    bench.session.raises["cancel"] = VenueRefusedError("too late")
    bench.worker.put(cancel_of("o1"))
    await turns()
    assert bench.inbox.kinds("o1") == ["OrderStatusReport", "CancelRefused"]
    assert bench.inbox.statuses("o1") == ["ACCEPTED"]


async def test_a_refused_login_is_tried_again_after_the_longest_pause_alone(bench: Bench) -> None:
    bench.session.raises["connect"] = VenueLoginError("wrong key")
    bench.session.lose("gone")
    await pause(1)
    asked = bench.session.calls.count("connect")
    await pause(28)
    assert bench.session.calls.count("connect") == asked
    await pause(4)
    assert bench.session.calls.count("connect") == asked + 1


async def test_a_session_that_floods_is_given_up_left_alone_for_a_while_and_asked_about_everything(
    bench: Bench,
) -> None:
    bench.worker.put(resting("o1"))
    await turns()
    told = bench.inbox.of("o1")[0]
    for _ in range(MOST_A_SECOND + 1_000):
        bench.worker.put_report(told)
    await turns()
    assert len(bench.inbox.of("o1")) <= MOST_A_SECOND
    assert bench.inbox.sessions() == ["SessionUp", "SessionDown"]
    await pause(29)
    assert bench.inbox.sessions() == ["SessionUp", "SessionDown"]
    await pause(3)
    assert bench.inbox.sessions() == ["SessionUp", "SessionDown", "SessionUp"]


async def test_code_that_keeps_everybody_waiting_is_reported_and_its_venue_left_alone_for_a_while(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def blocks(order: SendOrder) -> None:
        bench.worked_s += 6

    monkeypatch.setattr(bench.session, "send", blocks)
    bench.worker.put(resting("o1"))
    await turns()
    (noted,) = bench.telemetry.noted("venue.blocked")
    assert noted["seconds"] == 6
    assert bench.inbox.sessions() == ["SessionUp", "SessionDown"]
    await pause(32)
    assert bench.inbox.sessions() == ["SessionUp", "SessionDown", "SessionUp"]


async def test_a_call_that_is_measured_answers_fails_and_is_canceled_as_if_it_were_not() -> None:
    async def call(after: float, failure: Exception | None = None) -> str:
        try:
            await pause(after)
        except asyncio.CancelledError:
            ended.append("canceled")
            raise
        if failure is not None:
            raise failure
        return "answer"

    ended: list[str] = []
    blocked: list[float] = []
    assert await Stepped(call(0), lambda: 0.0, blocked.append) == "answer"
    with pytest.raises(KeyError, match="x"):
        await Stepped(call(0, KeyError("x")), lambda: 0.0, blocked.append)
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(1):
            await Stepped(call(60), lambda: 0.0, blocked.append)
    assert (ended, blocked) == (["canceled"], [])
