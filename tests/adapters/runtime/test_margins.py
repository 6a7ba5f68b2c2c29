"""An order that asks for its margin leaves only when its venue has said that the account covers it."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from decimal import Decimal

import pytest

from ports.errors import NotSentError, VenueUnavailableError
from ports.reports import OrderNotSent, VenueMargin
from ports.requests import SendOrder
from ports.values import Currency

from fakes.virtual_loop import pause, turns
from fakes.worker_bench import Bench, WilfulSession, cancel_of, resting

PLENTY = VenueMargin(currency=Currency("USD"), before=Decimal(0), needed=Decimal(10), has=Decimal(10))
SHORT = replace(PLENTY, has=Decimal(9))


class MarginSession(WilfulSession):
    """Says `stated` of every order, unless it hangs or raises."""

    stated = PLENTY

    async def margin(self, order: SendOrder) -> VenueMargin:
        await self._misbehave("margin", order.client_order_id)
        return self.stated


@pytest.fixture
async def bench() -> AsyncIterator[Bench]:
    made = Bench(MarginSession)
    await turns()
    yield made
    assert not made.running.done(), "the worker ended by itself"
    made.running.cancel()
    await asyncio.gather(made.running, return_exceptions=True)


def asking(name: str) -> SendOrder:
    return replace(resting(name), asks_margin=True)


def unsent(bench: Bench, name: str) -> OrderNotSent:
    (report,) = bench.inbox.of(name)
    assert isinstance(report, OrderNotSent)
    assert name not in bench.venue.arrivals
    return report


async def test_an_order_that_is_covered_leaves_and_one_that_does_not_ask_is_not_asked_about(bench: Bench) -> None:
    bench.worker.put(asking("o1"))
    bench.worker.put(resting("o2"))
    await turns()
    assert bench.venue.arrivals == ["o1", "o2"]
    assert [one for one in bench.session.calls if one.startswith("margin")] == ["margin o1"]


async def test_an_order_that_is_not_covered_stays_here_and_says_what_was_stated(bench: Bench) -> None:
    bench.session.stated = SHORT  # type: ignore[attr-defined]  # of a MarginSession
    bench.worker.put(asking("o1"))
    await turns()
    assert unsent(bench, "o1").margin == SHORT


@pytest.mark.parametrize(
    ("failure", "words"),
    [
        (VenueUnavailableError("502"), "the margin is not known: VenueUnavailableError: 502"),
        (ZeroDivisionError(), "the margin is not known"),
        (NotSentError("it would refuse it"), "it would refuse it"),
    ],
)
async def test_no_word_on_the_margin_is_no_pass(bench: Bench, failure: Exception, words: str) -> None:
    bench.session.raises["margin"] = failure
    bench.worker.put(asking("o1"))
    await turns()
    report = unsent(bench, "o1")
    assert (report.margin, report.reason.startswith(words)) == (None, True)


async def test_a_venue_that_is_silent_on_the_margin_keeps_later_orders_waiting_no_longer_than_a_call(
    bench: Bench,
) -> None:
    bench.hang("margin")
    bench.worker.put(asking("o1"))
    bench.worker.put(resting("o2"))
    await pause(9.9)
    assert bench.venue.arrivals == []
    await pause(0.2)
    assert "TimeoutError" in unsent(bench, "o1").reason
    assert bench.venue.arrivals == ["o2"]


async def test_an_order_that_is_canceled_while_its_margin_is_asked_for_never_leaves(bench: Bench) -> None:
    said = bench.hang("margin")
    bench.worker.put(asking("o1"))
    await turns()
    bench.worker.put(cancel_of("o1"))
    said.set()
    await turns()
    assert bench.inbox.kinds("o1")[0] == "OrderNotSent"
    assert bench.venue.arrivals == []


async def test_a_session_that_ends_while_the_margin_is_asked_for_has_sent_nothing(bench: Bench) -> None:
    bench.hang("margin")
    bench.worker.put(asking("o1"))
    await turns()
    bench.venue.disconnect("the line is dead")
    await turns()
    assert "the session ended" in unsent(bench, "o1").reason


async def test_a_session_that_states_no_margin_lets_nothing_pass_that_asks() -> None:
    bench = Bench()
    await turns()
    bench.worker.put(asking("o1"))
    await turns()
    assert "states none" in unsent(bench, "o1").reason
    bench.running.cancel()
    await asyncio.gather(bench.running, return_exceptions=True)
