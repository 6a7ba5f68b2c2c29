"""Silver, trades: every one told once, found again by asking, and added up in positions."""

from __future__ import annotations

from decimal import Decimal
from itertools import pairwise

from plugins.conformance.bench import Bench
from plugins.conformance.demands import demand
from plugins.conformance.examined import Examined, only_if
from plugins.conformance.ground import Ground
from ports.reports import FillReport, VenueOrderStatus
from ports.values import ZERO, Side


class Trading(Examined):
    """Trades of orders that wait."""

    async def test_a_trade_is_told_with_every_number_and_asking_tells_the_same(self, bench: Bench) -> None:
        order = await bench.filled()
        told = bench.inbox.of(FillReport, order.client_order_id)
        for one in told:
            about = (one.account, one.instrument, one.side)
            demand(
                about == (bench.session.account, order.instrument, Side.BUY),
                "name account, instrument and side of the order in each FillReport",
                about,
            )
            whole = one.trade_id and one.fee.currency and one.venue_time_ns > 0
            demand(whole, "give each FillReport the venue's trade id, fee with currency, and time", one)
            demand(one.price == order.price, f"tell the price of the trade exactly: {order.price}", one.price)
        demand(
            len({one.trade_id for one in told}) == len(told),
            "give each trade its own `trade_id`, the venue's; a repeat has the same",
            [one.trade_id for one in told],
        )
        evidence = await bench.evidence(order.client_order_id)
        demand(evidence is not None, "find an order that was filled by `query`")
        if evidence is not None:
            status = evidence.status
            demand(status.status is VenueOrderStatus.FILLED, "let `query` say FILLED", status.status)
            demand(
                status.filled_quantity in (None, order.quantity),
                f"let `filled_quantity` be the whole of what traded: {order.quantity}",
                status.filled_quantity,
            )
            demand(
                list(evidence.fills) == told,
                "let `query` return each fill exactly as the stream told it: a fill is known by its `trade_id`",
                f"asked: {list(evidence.fills)}\n  told:  {told}",
            )
        demand(not await bench.is_listed_open(order), "list no order in `open_orders` that is filled")

    async def test_an_order_fills_bit_by_bit_and_its_cancel_loses_no_trade(self, bench: Bench) -> None:
        order = await bench.working(lots=5)
        name = order.client_order_id
        for _ in range(3):
            await bench.traded(order, bench.least)
        states = bench.inbox.statuses(name)
        demand("FILLED" not in states, "report FILLED once all of an order has traded, never before", states)
        await bench.session.cancel(bench.cancel_of(name))
        await bench.inbox.until(
            lambda: "CANCELED" in bench.inbox.statuses(name), "put an OrderStatusReport CANCELED for a part of an order"
        )
        evidence = await bench.evidence(name)
        filled = evidence and (evidence.status.status, sum((one.quantity for one in evidence.fills), ZERO))
        demand(
            filled == ("CANCELED", bench.least * 3),
            f"let `query` tell the trades of a canceled order too: {bench.least * 3} of it",
            filled,
        )

    async def test_trades_are_found_by_their_time_oldest_first(self, bench: Bench) -> None:
        first, second = await bench.filled(), await bench.filled()
        begin = bench.inbox.of(FillReport, first.client_order_id)[0]
        end = bench.inbox.of(FillReport, second.client_order_id)[-1]
        since = await bench.session.fills_since(begin.venue_time_ns)
        demand(begin in since, "include the time itself in `fills_since`: at or after", begin)
        demand(end in since, "return every trade up to now from `fills_since`", end)
        times = [one.venue_time_ns for one in since]
        demand(times == sorted(times), "return fills oldest first", times)
        after = list(await bench.session.fills_since(end.venue_time_ns + 1))
        demand(not after, "return no fill from before the time that was asked for", after)

    async def test_positions_are_what_the_trades_add_up_to(self, bench: Bench) -> None:
        before = await _held(bench)
        order = await bench.filled()
        after = await _held(bench)
        if before is None or after is None:
            demand(before == after, "answer None from `positions` always, or never", (before, after))
        else:
            moved = after - before
            mend = f"count positions in the instrument's unit, negative where short: {order.quantity} was bought"
            demand(moved == order.quantity, mend, moved)

    async def test_trades_on_many_pages_are_all_found_each_once(self, bench: Bench, ground: Ground) -> None:
        only_if(ground.most_trades > 0, "`most_trades` is 0: this venue lists all trades at once")
        wanted = ground.most_trades + 2
        order = await bench.working(lots=wanted)
        begin_ns = 0
        for _ in range(wanted):
            await bench.traded(order, bench.least)
            begin_ns = begin_ns or bench.inbox.of(FillReport, order.client_order_id)[0].venue_time_ns
        since = await bench.session.fills_since(begin_ns)
        found = [one.trade_id for one in since if one.client_order_id == order.client_order_id]
        demand(
            len(found) == len(set(found)) == wanted,
            f"ask for page after page in `fills_since` until the venue has no more: {wanted} trades",
            f"{len(found)}, {len(set(found))} of them different",
        )
        demand(all(a.venue_time_ns <= b.venue_time_ns for a, b in pairwise(since)), "join pages oldest first")

    async def test_a_new_session_finds_what_an_earlier_one_left(self, bench: Bench, ground: Ground) -> None:
        left, gone = await bench.working(), await bench.filled()
        told = bench.inbox.of(FillReport, gone.client_order_id)
        await bench.disconnect()
        bench.session = ground.session()  # as a process has one that was killed and started again
        await bench.connect()
        demand(await bench.is_listed_open(left), "list orders of an earlier process: they are found by asking alone")
        evidence = await bench.evidence(gone.client_order_id)
        demand(
            evidence is not None and list(evidence.fills) == told,
            "answer `query` from the venue, not from memory: this session never saw the order's trades",
            evidence,
        )
        await bench.traded(left, left.quantity)


async def _held(bench: Bench) -> Decimal | None:
    positions = await bench.session.positions()
    if positions is None:
        return None
    demand(all(one.quantity for one in positions), "leave flat positions out of `positions`", positions)
    return sum((one.quantity for one in positions if one.instrument == bench.ground.instrument.key), ZERO)
