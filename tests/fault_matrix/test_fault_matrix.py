"""Every fault at every live venue: afterwards our book and the venue's own count say the same."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from decimal import Decimal

import pytest
import pytest_asyncio

from fault_matrix.faults import FAULTS, Fault
from fault_matrix.judgement import findings
from fault_matrix.matrix import Grounds, grounds
from fault_matrix.places import PLACES
from ports.commands import Limits
from ports.facts import PositionAdjusted, PositionChanged
from ports.values import OrderStatus

pytestmark = [pytest.mark.slow, pytest.mark.asyncio(loop_scope="module")]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def held() -> AsyncIterator[Grounds]:
    """Return the simulators and the one node."""
    async with grounds() as running:
        yield running


@pytest_asyncio.fixture(scope="module", loop_scope="module", params=FAULTS, ids=lambda fault: fault.name)
async def row(request: pytest.FixtureRequest, held: Grounds) -> Mapping[str, Sequence[str]]:
    """Return what a fault leaves wrong by venue; it strikes at all of them at once, because most of it is waiting."""
    fault: Fault = request.param
    return await held.row(fault)


@pytest.mark.parametrize("venue", PLACES)
async def test_the_book_says_what_the_venue_says_after(row: Mapping[str, Sequence[str]], venue: str) -> None:
    assert list(row[venue]) == []


async def test_a_corrected_trade_and_a_late_commission_are_booked_once_at_interactive_brokers(held: Grounds) -> None:
    async with held.desk("corrected", "IBKR") as desk:
        await desk.venue.command("commissions", held=True)
        await desk.submit("resting", "59000")
        await desk.fill("resting", "0.010")
        await desk.until("the trade is booked without its fee", lambda: len(desk.trades("resting")) == 1)
        await desk.venue.command("commissions", held=False)
        await desk.until("the fee is booked", lambda: len(desk.facts(PositionAdjusted)) == 1)
        name = desk.name_of("resting")
        await desk.venue.command("silent", silent=True)  # only its lists tell of the correction
        await desk.venue.command("correct", client_order_id=name, price="58990")
        await desk.until("the correction is found", lambda: len(desk.facts(PositionAdjusted)) == 3)
        await desk.venue.command("silent", silent=False)
        await desk.until("the account is ready again", desk.is_ready)
        held_now = desk.facts(PositionChanged)[-1]
        assert (held_now.quantity, held_now.average_entry_price) == (Decimal(10), Decimal(58990))
        assert held_now.fees == {"USD": Decimal("0.35")}
        assert len(desk.trades()) == 1
        assert await findings(desk, (), ()) == ["halt_holds examined nothing"]


async def test_tws_decides_what_the_margin_covers_and_silence_covers_nothing(held: Grounds) -> None:
    async with held.desk("margin", "IBKR") as desk:
        await desk.limit(Limits(check_funds_at=("IBKR",)), "margins are asked for")
        await desk.submit("covered", "59000")
        await desk.at_venue("covered")
        await desk.venue.command("set", margin_times="100000")
        await desk.submit("too-dear", "59000")
        await desk.until("it is refused", lambda: desk.status("too-dear") is OrderStatus.REJECTED)
        await desk.venue.command("set", margin_times="1")
        await desk.venue.fault("placeOrder", "no_answer")
        await desk.submit("unanswered", "59000")
        await desk.until("it is not sent", lambda: desk.status("unanswered") is OrderStatus.REJECTED)
        codes = {name: desk.book.oms.recorded(desk.operation(name)).reason_code for name in ("too-dear", "unanswered")}
        assert codes == {"too-dear": "RISK_FUNDS", "unanswered": "NOT_SENT"}
        assert await desk.venue.orders(desk.name_of("too-dear")) == []
        await desk.cancel("covered")
        await desk.until("nothing of ours is open", lambda: not list(desk.book.oms.open_orders()))
        assert not [one for one in await findings(desk, (), ()) if "examined nothing" not in one]
