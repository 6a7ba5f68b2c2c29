"""What people are told of a venue session: when it was heard last, how long it takes, and what is wrong with it."""

from __future__ import annotations

import pytest

from adapters.runtime.venue_health import VenueHealth
from ports.errors import VenueUnavailableError

from fakes.virtual_loop import SECOND_NS, pause, run_virtually, virtual_now_ns


async def after(seconds: float, answer: str = "") -> str:
    """Answer, or fail where there is no answer, after a while."""
    await pause(seconds)
    if not answer:
        raise VenueUnavailableError("the venue did not answer")
    return answer


def test_the_round_trip_is_the_median_of_what_answers_took_and_silence_is_none() -> None:
    async def work() -> None:
        health = VenueHealth(virtual_now_ns)
        began_ns = virtual_now_ns()
        assert (health.round_trip_us, health.heard_ns) == (0, 0)
        for seconds in (0.1, 0.3, 0.2):
            assert await health.ask(after(seconds, "yes"), 1.0) == "yes"
        assert health.round_trip_us == pytest.approx(200_000, abs=1)
        heard_ns = health.heard_ns
        assert heard_ns == pytest.approx(began_ns + 0.6 * SECOND_NS, abs=1_000)
        with pytest.raises(VenueUnavailableError):
            await health.ask(after(0.9), 1.0)
        with pytest.raises(TimeoutError):
            await health.ask(after(2.0, "late"), 1.0)
        assert (health.round_trip_us, health.heard_ns) == (200_000, heard_ns)

    run_virtually(work())
