"""Silver: an order's whole life at a simulator, every trade once, every number exact."""

from __future__ import annotations

import pytest

from plugins.conformance.amending import Amending
from plugins.conformance.bench import Bench
from plugins.conformance.bronze import BronzeSuite
from plugins.conformance.demands import demand, raises
from plugins.conformance.examined import only_if
from plugins.conformance.ground import Ground
from plugins.conformance.trading import Trading
from ports.errors import MaybeSentError, NotSentError
from ports.reports import CancelRefused, OrderStatusReport, SessionDown, VenueOrderStatus
from ports.values import ZERO, ClientOrderId


class SilverSuite(Trading, Amending, BronzeSuite):
    """What a simulator that answers as the venue does is enough to show."""

    async def test_an_order_that_waits_is_accepted_under_an_id_of_the_venues(self, bench: Bench) -> None:
        order = await bench.working()
        told = bench.inbox.statuses(order.client_order_id)
        demand(told == ["ACCEPTED"], "tell each state of an order once, though answer and stream both say it", told)
        demand(await bench.is_listed_open(order), "list every order that works in `open_orders`")
        evidence = await bench.evidence(order.client_order_id)
        demand(evidence is not None, "find an order that works by its client order id in `query`")
        if evidence is not None:
            status = evidence.status
            found = (status.status, list(evidence.fills))
            demand(found == ("ACCEPTED", []), "let `query` say ACCEPTED, without fills, of an order that waits", found)
            demand(status.venue_order_id, "give the venue's own order id in what `query` returns")

    async def test_what_was_ordered_is_what_the_venue_works_to_the_last_digit(self, bench: Bench) -> None:
        order = await bench.working(lots=3)
        (listed,) = [one for one in await bench.session.open_orders() if one.client_order_id == order.client_order_id]
        wanted = (order.quantity, order.price)
        found = (listed.quantity or order.quantity, listed.price or order.price)  # None: the venue did not say
        demand(
            found == wanted,
            f"write and read amounts and prices as exact decimals, in the instrument's own unit: {wanted} was ordered",
            found,
        )

    async def test_an_id_that_was_sent_before_makes_no_second_order_and_no_rejection(self, bench: Bench) -> None:
        order = await bench.working()
        name = order.client_order_id
        try:
            await bench.session.send(order)
        except MaybeSentError:
            pass  # says what it has to
        else:
            mend = "report something (OrderOutcomeUnknown will do) of an id sent twice, or raise MaybeSentError"
            await bench.inbox.until(lambda: len(bench.inbox.reports) > 1, mend)
        open_now = [one.client_order_id for one in await bench.session.open_orders()].count(name)
        demand(
            open_now == 1,
            "never send one client order id twice: remember what was sent, or let the venue refuse it",
            f"{open_now} open orders of it",
        )
        told = set(bench.inbox.statuses(name))
        demand(told == {"ACCEPTED"}, "a second sending says nothing of the first order: never report REJECTED", told)

    async def test_a_canceled_order_is_canceled_by_stream_and_by_asking(self, bench: Bench) -> None:
        order = await bench.working()
        name = order.client_order_id
        await bench.session.cancel(bench.cancel_of(name))
        await bench.inbox.until(
            lambda: "CANCELED" in bench.inbox.statuses(name), "put an OrderStatusReport CANCELED when it is canceled"
        )
        ends = [one.filled_quantity for one in bench.inbox.of(OrderStatusReport, name) if one.status == "CANCELED"]
        demand(ends == [ZERO], "say once that an order is canceled, and how much of it was filled", ends)
        demand(not await bench.is_listed_open(order), "list no order in `open_orders` that was canceled")
        evidence = await bench.evidence(name)
        ended = evidence is not None and (evidence.status.status, list(evidence.fills)) == ("CANCELED", [])
        demand(ended, "find an order that has ended by `query` too: CANCELED, without fills", evidence)

    @pytest.mark.parametrize("state", ["unknown", "filled", "canceled"])
    async def test_a_cancel_of_what_does_not_work_is_refused_and_settles_nothing(
        self, bench: Bench, state: str
    ) -> None:
        name = await an_order_that_is(bench, state)
        before = bench.inbox.statuses(name)
        await bench.session.cancel(bench.cancel_of(name))
        await bench.inbox.until(
            lambda: bench.inbox.of(CancelRefused, name), f"put a CancelRefused for a cancel of an order that is {state}"
        )
        (refused,) = bench.inbox.of(CancelRefused, name)
        demand(refused.reason, "give the venue's words as `reason` of a CancelRefused")
        after = bench.inbox.statuses(name)
        demand(after == before, "a refused cancel is no word on the order: report no state of it", after)

    async def test_a_venue_that_cannot_amend_says_that_nothing_was_sent(self, bench: Bench, ground: Ground) -> None:
        only_if(not ground.can_amend, "this venue amends")
        order = await bench.working()
        with raises(NotSentError, "raise NotSentError from `amend` where the venue cannot amend"):
            await bench.session.amend(bench.amend_of(order))
        demand(await bench.is_listed_open(order), "leave an order alone that could not be amended")

    async def test_disconnecting_leaves_orders_as_they_are_and_a_new_connection_finds_them(self, bench: Bench) -> None:
        order = await bench.working()
        await bench.disconnect()
        await bench.connect()
        demand(await bench.is_listed_open(order), "leave orders at the venue on `disconnect`, and list them again")
        await bench.traded(order, order.quantity)

    async def test_a_report_that_finds_no_room_brings_the_session_down_and_what_was_lost_is_found_by_asking(
        self, bench: Bench, ground: Ground
    ) -> None:
        order, inbox = await bench.working(), bench.inbox
        inbox.is_full = True
        await ground.trade(order, order.quantity)
        await inbox.until(lambda: inbox.turned_away, "put a FillReport for every trade")
        with raises(NotSentError, "after MailboxFullError send nothing until `connect`: a report is lost"):
            await bench.session.send(bench.a_resting_buy())
        inbox.is_full = False
        await inbox.until(
            lambda: inbox.of(SessionDown),
            "after MailboxFullError put a SessionDown as soon as it is taken: what was told meanwhile is lost",
        )
        (down,) = inbox.of(SessionDown)
        demand(down.reason, "say in `reason` why the session is down")
        await bench.connect()
        evidence = await bench.evidence(order.client_order_id)
        found = evidence is not None and evidence.status.status is VenueOrderStatus.FILLED
        demand(found, "answer `query` with what happened while nobody listened", evidence)


async def an_order_that_is(bench: Bench, state: str) -> ClientOrderId:
    """Return the name of an order in that state."""
    if state == "unknown":
        return bench.a_resting_buy().client_order_id
    if state == "filled":
        return (await bench.filled()).client_order_id
    name = (await bench.working()).client_order_id
    await bench.session.cancel(bench.cancel_of(name))
    await bench.inbox.until(
        lambda: "CANCELED" in bench.inbox.statuses(name), "put an OrderStatusReport CANCELED when it is canceled"
    )
    return name
