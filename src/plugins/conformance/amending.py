"""Silver, amends: in place, by stream and by asking, and racing with what trades meanwhile."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from plugins.conformance.bench import Bench
from plugins.conformance.demands import demand
from plugins.conformance.examined import Examined, only_if
from plugins.conformance.ground import Ground
from ports.reports import AmendRefused, AmendReport, FillReport, VenueOrderStatus
from ports.requests import SendOrder

_TOLD = "put an AmendReport with the whole quantity and the price that the venue works with from now on"


class Amending(Examined):
    """Amends of orders that wait; does not apply where the venue has none."""

    @pytest.fixture
    def amends(self, ground: Ground) -> None:
        """Only for venues that amend."""
        only_if(ground.can_amend, "this venue amends nothing")

    @pytest.mark.usefixtures("amends")
    async def test_an_amended_order_works_with_its_new_quantity_and_price(self, bench: Bench) -> None:
        order, inbox = await bench.working(), bench.inbox
        name, wanted = order.client_order_id, bench.amend_of(order)
        await bench.session.amend(wanted)
        await inbox.until(lambda: inbox.of(AmendReport, name), _TOLD)
        told = inbox.of(AmendReport, name)[0]
        demand((told.quantity, told.price) == (wanted.quantity, wanted.price), _TOLD, (told.quantity, told.price))
        demand(told.venue_time_ns > 0, "give an AmendReport the venue's time")
        evidence = await bench.evidence(name)
        found = evidence and (evidence.status.status, evidence.status.quantity, evidence.status.price)
        demand(
            found == ("ACCEPTED", wanted.quantity, wanted.price),
            "let `query` tell what an amended order works with",
            found,
        )
        (listed,) = [one for one in await bench.session.open_orders() if one.client_order_id == name]
        works_with = (listed.quantity, listed.price)
        demand(works_with == (wanted.quantity, wanted.price), "let `open_orders` tell it too", works_with)
        states = inbox.statuses(name)
        demand(states == ["ACCEPTED"], "an amend ends nothing and begins nothing: report no state for it", states)

    @pytest.mark.usefixtures("amends")
    async def test_an_amended_order_fills_with_its_new_quantity(self, bench: Bench) -> None:
        order, inbox = await bench.working(), bench.inbox
        wanted = bench.amend_of(order)
        await bench.session.amend(wanted)
        await inbox.until(lambda: inbox.of(AmendReport, order.client_order_id), _TOLD)
        await bench.traded(order, wanted.quantity)
        evidence = await bench.evidence(order.client_order_id)
        ended = evidence is not None and evidence.status.status is VenueOrderStatus.FILLED
        demand(
            ended, f"after an amend the whole quantity counts: {wanted.quantity} have traded, so it is FILLED", evidence
        )

    @pytest.mark.usefixtures("amends")
    async def test_an_amend_that_races_with_a_trade_loses_neither(self, bench: Bench, ground: Ground) -> None:
        order, inbox = await bench.working(lots=3), bench.inbox
        name = order.client_order_id
        await bench.session.amend(bench.amend_of(order))
        await ground.trade(order, bench.least)  # before the amend, after it, or within: the venue decides
        await inbox.until(lambda: inbox.filled(name) == bench.least, "tell the trade of an order that is being amended")
        await inbox.until(_answered(bench, order), f"{_TOLD}, or an AmendRefused")
        evidence = await bench.evidence(name)
        told = inbox.of(AmendReport, name)
        works_with = told[-1].quantity if told else order.quantity
        fills = inbox.of(FillReport, name)
        found = evidence and (evidence.status.quantity, list(evidence.fills))
        demand(found == (works_with, fills), "let stream and `query` agree after an amend and a trade at once", found)

    @pytest.mark.usefixtures("amends")
    @pytest.mark.parametrize("state", ["unknown", "filled", "canceled"])
    async def test_an_amend_of_what_does_not_work_is_refused_and_settles_nothing(
        self, bench: Bench, state: str
    ) -> None:
        order, inbox = bench.a_resting_buy(), bench.inbox
        if state == "filled":
            order = await bench.filled()
        if state == "canceled":
            order = await bench.working()
            await bench.session.cancel(bench.cancel_of(order.client_order_id))
            await inbox.until(lambda: "CANCELED" in inbox.statuses(order.client_order_id), "report CANCELED")
        name = order.client_order_id
        before = inbox.statuses(name)
        await bench.session.amend(bench.amend_of(order))
        mend = f"put an AmendRefused for an amend of an order that is {state}"
        await inbox.until(lambda: inbox.of(AmendRefused, name), mend)
        (refused,) = inbox.of(AmendRefused, name)
        demand(refused.account == order.account and refused.reason, "name account and reason in AmendRefused", refused)
        after = inbox.statuses(name)
        demand(after == before, "a refused amend is no word on the order: report no state of it", after)


def _answered(bench: Bench, order: SendOrder) -> Callable[[], object]:
    name = order.client_order_id
    return lambda: bench.inbox.of(AmendReport, name) or bench.inbox.of(AmendRefused, name)
