"""Gold, the stream: what comes twice, out of order or not at all, and connections that break or fall silent."""

from __future__ import annotations

import pytest

from plugins.conformance.bench import Bench
from plugins.conformance.demands import demand, raises
from plugins.conformance.examined import Examined
from plugins.conformance.ground import Fault, Ground
from ports.errors import NotSentError
from ports.reports import FillReport, OrderStatusReport, SessionDown


class Streaming(Examined):
    """What the venue tells by itself, spoilt."""

    @pytest.mark.parametrize("fault", [Fault.TWICE, Fault.REORDERED, Fault.UNKNOWN_FIELDS])
    async def test_messages_that_are_spoilt_change_nothing_that_is_counted(
        self, bench: Bench, ground: Ground, fault: Fault
    ) -> None:
        await ground.fault(fault)
        order, inbox = await bench.working(lots=2), bench.inbox
        name = order.client_order_id
        await bench.traded(order, bench.least)
        await bench.traded(order, bench.least)
        fills = {one.trade_id: one for one in inbox.of(FillReport, name)}
        demand(
            all(fills[one.trade_id] == one for one in inbox.of(FillReport, name)),
            f"a trade that is told twice has the same `trade_id` and numbers both times; messages came: {fault}",
            inbox.of(FillReport, name),
        )
        evidence = await bench.evidence(name)
        demand(
            evidence is not None and sorted(one.trade_id for one in evidence.fills) == sorted(fills),
            f"two trades stay two, by stream and by asking, when messages come: {fault}",
            evidence,
        )
        after = _states_after_the_end(inbox.of(OrderStatusReport, name))
        demand(not after, "report no order as working again once it has ended: the stream's order is no proof", after)

    @pytest.mark.parametrize("fault", [Fault.MISSING, Fault.SILENT])
    async def test_what_the_stream_keeps_back_is_noticed(self, bench: Bench, ground: Ground, fault: Fault) -> None:
        order, inbox = await bench.working(lots=2), bench.inbox
        name = order.client_order_id
        await ground.fault(fault)
        await ground.trade(order, bench.least)
        await inbox.until(
            lambda: inbox.of(SessionDown) or inbox.filled(name) == bench.least,
            "ask the venue now and then whether the stream kept something back, and put SessionDown (or the report "
            f"that is missing) where it did; messages were: {fault}",
        )
        await ground.calm()
        if inbox.of(SessionDown):
            await bench.connect()
        evidence = await bench.evidence(name)
        demand(evidence is not None and evidence.fills, "find by asking the trade that the stream kept back", evidence)

    async def test_a_connection_that_breaks_is_down_and_the_next_one_catches_up(
        self, bench: Bench, ground: Ground
    ) -> None:
        order, inbox = await bench.working(), bench.inbox
        began_ns = inbox.of(OrderStatusReport, order.client_order_id)[0].venue_time_ns
        await ground.fault(Fault.HUNG_UP)
        await inbox.until(lambda: inbox.of(SessionDown), "put SessionDown when the connection breaks")
        with raises(NotSentError, "once the session is down send nothing, and raise NotSentError, until `connect`"):
            await bench.session.send(bench.a_resting_buy())
        await ground.trade(order, order.quantity)
        await bench.connect()
        since = [one.client_order_id for one in await bench.session.fills_since(began_ns)]
        demand(
            order.client_order_id in since,
            "return from `fills_since` what traded while nobody was connected",
            since,
        )


def _states_after_the_end(told: list[OrderStatusReport]) -> list[str]:
    states = [str(one.status) for one in told]
    ends = [at for at, state in enumerate(states) if state in ("FILLED", "CANCELED", "EXPIRED", "REJECTED")]
    return [state for state in states[ends[0] :] if state == "ACCEPTED"] if ends else []
