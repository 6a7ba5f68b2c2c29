"""When a user stream is given up: what the venue lists and it never told, and a venue that answers nothing."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest

from adapters.nautilus.stream_probe import Probe
from adapters.nautilus.stream_watch import StreamWatch
from adapters.nautilus.venue_rest import RestingError
from ports.errors import VenueUnavailableError
from ports.instruments import InstrumentKey
from ports.reports import FillReport, OrderStatusReport, VenueOrderStatus
from ports.values import AccountId, ClientOrderId, VenueOrderId

BTC = InstrumentKey("BINANCE-SPOT:SPOT_PAIR:BTC-USDT")
UNTOLD = OrderStatusReport(
    account=AccountId("MAIN"),
    instrument=BTC,
    client_order_id=ClientOrderId("x1"),
    status=VenueOrderStatus.ACCEPTED,
    venue_order_id=VenueOrderId("7"),
)


class Stream:
    """A connection that is open."""

    hears = True


class Lists:
    """A venue that fails some times, and then lists an order that nobody was told of."""

    def __init__(self, *failures: Exception) -> None:
        self._failures = list(failures)

    async def open_orders(self) -> Sequence[OrderStatusReport]:
        if self._failures:
            raise self._failures.pop(0)
        return (UNTOLD,)

    async def trades_since(self, instrument: InstrumentKey, since_ns: int, now_ns: int) -> Sequence[FillReport]:
        del instrument, since_ns, now_ns
        return ()


async def reason_after(*failures: Exception) -> str:
    """Return why a connection is given up."""
    said: asyncio.Queue[str] = asyncio.Queue()
    probe = Probe(0.001, 0, StreamWatch(), Lists(*failures), lambda: 1, Stream())
    async with asyncio.timeout(20):
        await probe.run([BTC], said.put_nowait)
    return said.get_nowait()


async def test_what_was_never_told_gives_the_connection_up() -> None:
    assert "order 7 of BINANCE-SPOT:SPOT_PAIR:BTC-USDT is open" in await reason_after()


@pytest.mark.parametrize("number", [1, 2])
async def test_a_venue_that_does_not_answer_now_and_then_is_asked_again(number: int) -> None:
    assert "silent" in await reason_after(*[VenueUnavailableError("no answer")] * number)


async def test_a_venue_that_does_not_answer_three_times_gives_the_connection_up() -> None:
    assert "did not answer 3 times" in await reason_after(*[VenueUnavailableError("no answer")] * 3)


async def test_a_venue_that_is_left_alone_did_not_fail_to_answer() -> None:
    assert "silent" in await reason_after(*[RestingError("for a minute")] * 9)
