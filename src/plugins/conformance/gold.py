"""Gold: what goes wrong on the way leaves doubt, never a wrong word; and doubt is settled by asking."""

from __future__ import annotations

import asyncio
import time

import pytest

from plugins.conformance.bench import Bench
from plugins.conformance.demands import demand
from plugins.conformance.ground import Fault, Ground
from plugins.conformance.killing import Killing
from plugins.conformance.silver import SilverSuite
from plugins.conformance.streaming import Streaming
from ports.errors import MaybeSentError, NotSentError
from ports.reports import OrderOutcomeUnknown, SessionDown
from ports.requests import SendOrder

ORDERS = 40
MOST_CPU_MS = 25  # of this process for one order, from `send` to its ACCEPTED and back again


class GoldSuite(Streaming, Killing, SilverSuite):
    """What a simulator that fails on command shows."""

    @pytest.mark.parametrize("fault", [Fault.ANSWER_LOST, Fault.ORDER_LOST, Fault.IN_TROUBLE, Fault.CONNECTION_TORN])
    async def test_an_order_without_proof_is_in_doubt_and_settled_by_asking(
        self, bench: Bench, ground: Ground, fault: Fault
    ) -> None:
        await ground.fault(fault)
        order, inbox = bench.a_resting_buy(), bench.inbox
        name = order.client_order_id
        in_doubt = await _sent(bench, order)
        if not in_doubt:
            mend = f"put OrderOutcomeUnknown, or raise MaybeSentError from `send`, when an order meets: {fault}"
            await inbox.until(
                lambda: inbox.of(OrderOutcomeUnknown, name) or inbox.of(SessionDown) or inbox.statuses(name), mend
            )
        states = inbox.statuses(name)
        demand(
            "REJECTED" not in states,
            f"never report REJECTED without a definitive refusal; this order met: {fault}",
            states,
        )
        await ground.calm()
        if inbox.of(SessionDown):
            await bench.connect()
        arrived, evidence = await ground.arrivals(name), await bench.evidence(name)
        demand(arrived <= 1, "never send an order again, whatever became of its answer", f"it arrived {arrived} times")
        wanted = fault is not Fault.ORDER_LOST
        demand(
            (evidence is not None) == wanted,
            "let `query` find an order by its client order id alone, whether its answer came or not",
            evidence,
        )

    async def test_a_definitive_refusal_is_rejected_in_the_venues_own_words(self, bench: Bench, ground: Ground) -> None:
        await ground.fault(Fault.REFUSED)
        order, inbox = bench.a_resting_buy(), bench.inbox
        name = order.client_order_id
        await bench.session.send(order)
        mend = "report REJECTED where the venue refused with a code that proves it"
        await inbox.until(lambda: inbox.statuses(name), mend)
        demand(inbox.statuses(name) == ["REJECTED"], mend, inbox.statuses(name))
        demand(any(getattr(one, "reason", "") for one in inbox.reports), "give the venue's words as `reason`")
        demand(await bench.evidence(name) is None, "return None from `query` for an order that never was")

    async def test_a_clock_that_is_an_hour_ahead_changes_nothing(self, bench: Bench, ground: Ground) -> None:
        await ground.fault(Fault.CLOCK_AHEAD)
        await bench.connect()
        order = await bench.filled()
        evidence = await bench.evidence(order.client_order_id)
        demand(evidence is not None, "ask the venue for its time when connecting, and reckon by that")
        await ground.calm()
        await bench.connect()

    async def test_a_storm_of_orders_is_held_back_here_and_cancels_get_through(
        self, bench: Bench, ground: Ground
    ) -> None:
        await ground.fault(Fault.THROTTLED)
        await bench.connect()
        first = await bench.working()
        try:
            for _ in range(ORDERS):
                await bench.session.send(bench.a_resting_buy())
        except NotSentError:
            pass  # as it should be
        else:
            demand(False, "keep the venue's limits yourself: raise ThrottledError where there is no room", ORDERS)
        name = first.client_order_id
        await bench.session.cancel(bench.cancel_of(name))
        mend = "keep room in the rate limit for cancels: a storm of orders must not keep them out"
        await bench.inbox.until(lambda: "CANCELED" in bench.inbox.statuses(name), mend)
        down = bench.inbox.of(SessionDown)
        demand(not down, "never let the venue throttle you: it hangs up, or bans the address", down)

    async def test_an_order_costs_little_of_the_process_that_all_venues_share(self, bench: Bench) -> None:
        orders = [bench.a_resting_buy() for _ in range(ORDERS)]
        began = time.process_time()
        for order in orders:
            await bench.session.send(order)
        await bench.inbox.until(
            lambda: all(bench.inbox.statuses(one.client_order_id) for one in orders), "report every order that was sent"
        )
        spent_ms = (time.process_time() - began) * 1000 / ORDERS
        mend = f"spend at most {MOST_CPU_MS} ms of processor time an order: do less in the event loop"
        demand(spent_ms <= MOST_CPU_MS, mend, f"{spent_ms:.1f} ms")

    async def test_while_an_order_hangs_another_leaves(self, bench: Bench, ground: Ground) -> None:
        await ground.fault(Fault.ORDER_LOST)
        both = [bench.a_resting_buy(), bench.a_resting_buy()]
        sending = [asyncio.ensure_future(_sent(bench, one)) for one in both]
        await bench.inbox.until(
            lambda: any(bench.inbox.statuses(one.client_order_id) for one in both),
            "let one order that hangs keep no other waiting: send, and take the answer in a task of its own",
        )
        await asyncio.gather(*sending)


async def _sent(bench: Bench, order: SendOrder) -> bool:
    """Send an order that something happens to, and say whether `send` itself left it in doubt."""
    try:
        await bench.session.send(order)
    except MaybeSentError:
        return True
    except NotSentError as wrong:
        demand(False, "raise NotSentError only where nothing was transmitted; this order was", wrong)
    return False
