"""Orders that wait at Deribit for the market: under one label all their life, and found whatever became of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from livexec_deribit.orders import Listed, params_of
from livexec_deribit.triggers import TriggerLog
from ports.errors import VenueUnavailableError
from ports.instruments import Instrument
from ports.reports import AmendReport, OrderOutcomeUnknown, OrderStatusReport, VenueOrderStatus
from ports.requests import SendOrder
from ports.values import AccountId, ClientOrderId, OrderType, Price, Quantity, Side, TimeInForce

from simulators.deribit.trader import PERPETUAL, Connect, DeribitTrader

HOUR_MS = 3_600_000
ABOVE, BELOW = Price(Decimal(61_000)), Price(Decimal(58_000))


def stop(
    trader: DeribitTrader,
    order_type: OrderType = OrderType.STOP_MARKET,
    side: Side = Side.SELL,
    trigger: Price | None = BELOW,
    price: str | None = None,
) -> SendOrder:
    offset = Price(Decimal(2_000)) if order_type is OrderType.TRAILING_STOP else None
    order = trader.order(side=side, quantity="100", price=price)
    return replace(order, order_type=order_type, trigger_price=trigger, trailing_offset=offset)


async def market_at(trader: DeribitTrader, bid: str, ask: str) -> None:
    await trader.venue.command("quote", symbol="BTC-PERPETUAL", bid=bid, ask=ask)


async def waits(trader: DeribitTrader, order: SendOrder) -> ClientOrderId:
    name = await trader.send(order)
    await trader.status(name, VenueOrderStatus.ACCEPTED)
    return name


@pytest.mark.parametrize(
    ("order_type", "side", "trigger", "price", "bid", "ask"),
    [
        (OrderType.STOP_MARKET, Side.SELL, BELOW, None, "57999", "57999.5"),
        (OrderType.STOP_LIMIT, Side.BUY, ABOVE, "61500", "61000", "61000.5"),
        (OrderType.MARKET_IF_TOUCHED, Side.SELL, ABOVE, None, "61000", "61000.5"),
        (OrderType.LIMIT_IF_TOUCHED, Side.BUY, BELOW, "58000", "57999", "57999.5"),
        (OrderType.TRAILING_STOP, Side.SELL, None, None, "57999", "57999.5"),
    ],
)
async def test_an_order_waits_at_the_venue_and_trades_once_the_market_has_come(
    trader: DeribitTrader,
    order_type: OrderType,
    side: Side,
    trigger: Price | None,
    price: str | None,
    bid: str,
    ask: str,
) -> None:
    name = await waits(trader, stop(trader, order_type, side, trigger, price))
    (listed,) = await trader.session.open_orders()
    before = await trader.evidence(name)
    assert (listed.client_order_id, before.status.status, before.fills) == (name, VenueOrderStatus.ACCEPTED, ())
    await market_at(trader, bid, ask)
    (fill,) = await trader.fills(name, 1)
    ended = await trader.status(name, VenueOrderStatus.FILLED)
    after = await trader.evidence(name)
    assert (fill.quantity, fill.side, after.fills) == (Decimal(100), side, (fill,))
    assert ended.venue_order_id not in (None, before.status.venue_order_id)  # another order did its work
    assert after.status.venue_order_id == ended.venue_order_id
    assert await trader.session.open_orders() == ()


@pytest.mark.parametrize("fate", ["waits", "canceled", "rejected", "traded", "traded long ago"])
async def test_one_whose_answer_was_lost_is_found_whatever_became_of_it(trader: DeribitTrader, fate: str) -> None:
    """Nothing of it is told: what the venue lists has to be enough."""
    await trader.venue.command("silent", silent=True)
    await trader.venue.fault("private/sell", "error", status=10066, body="failed_while_processing")
    order = stop(trader)
    if fate == "rejected":  # a stop-limit that would take when its turn comes, and may not
        order = replace(stop(trader, OrderType.STOP_LIMIT, price="57000"), post_only=True)
    name = await trader.send(order)
    await trader.report(name, OrderOutcomeUnknown)
    if fate == "canceled":
        await trader.cancel(name)
    elif fate != "waits":
        await market_at(trader, "57999", "57999.5")
    if fate == "traded long ago":
        await trader.venue.command("clock", offset_ms=2 * HOUR_MS)
        await trader.session.disconnect()  # its login is over, too
        await trader.connect()
    found = await trader.evidence(name)
    expected: Mapping[str, VenueOrderStatus] = {
        "waits": VenueOrderStatus.ACCEPTED,
        "canceled": VenueOrderStatus.CANCELED,
        "rejected": VenueOrderStatus.REJECTED,
    }
    assert found is not None
    assert found.status.status is expected.get(fate, VenueOrderStatus.FILLED)
    assert sum(one.quantity for one in found.fills) == (100 if fate.startswith("traded") else 0)
    assert await trader.venue.times_asked(name) == 1


async def test_silence_about_what_became_of_trigger_orders_is_not_none(connect: Connect) -> None:
    trader = await connect(answer_s="0.3")
    await trader.venue.fault("private/get_trigger_order_history", "no_answer")
    with pytest.raises(VenueUnavailableError):
        await trader.evidence(ClientOrderId("neverheardof"))


async def test_an_order_that_the_log_of_triggers_names_is_asked_for_by_its_own_id() -> None:
    asked: list[str] = []

    async def ask(method: str, params: Mapping[str, object]) -> object:
        asked.append(method)
        if method == "private/get_order_state":
            return {
                "order_id": params["order_id"],
                "instrument_name": "BTC-PERPETUAL",
                "direction": "sell",
                "order_state": "filled",
                "order_type": "market",
                "price": 57_999,
                "amount": 100,
                "filled_amount": 100,
                "last_update_timestamp": 7,
            }
        if "continuation" not in params:
            return {"entries": [{"label": "another", "timestamp": 9}], "continuation": "9.SLMB-2"}
        return {"entries": [{"label": "mine", "timestamp": 8, "order_state": "triggered", "order_id": "42"}]}

    (found,) = await TriggerLog(ask).named(PERPETUAL, ClientOrderId("mine"), (), 1)
    assert (found.order_id, found.client_order_id, found.filled) == ("42", ClientOrderId("mine"), Decimal(100))
    assert await TriggerLog(ask).named(PERPETUAL, ClientOrderId("mine"), (), 10) == ()  # nobody looks back so far
    assert asked == [*["private/get_trigger_order_history"] * 2, "private/get_order_state", asked[0]]


async def test_what_its_turn_brings_to_nothing_is_told(trader: DeribitTrader) -> None:
    order = replace(stop(trader, OrderType.STOP_LIMIT, price="57000"), post_only=True)
    name = await waits(trader, order)
    await market_at(trader, "57999", "57999.5")
    rejected = await trader.status(name, VenueOrderStatus.REJECTED)
    assert rejected.filled_quantity == 0


async def test_a_canceled_stop_is_canceled_and_an_edit_keeps_its_trigger(trader: DeribitTrader) -> None:
    name = await waits(trader, stop(trader, OrderType.STOP_LIMIT, Side.BUY, ABOVE, "61500"))
    await trader.amend(name, "200", "61600")
    amended = await trader.report(name, AmendReport)
    (listed,) = await trader.venue.orders(name)
    assert (amended.quantity, amended.price, listed["trigger_price"]) == (*(Decimal(200), Decimal(61_600), 61_000),)
    await trader.cancel(name)
    await trader.status(name, VenueOrderStatus.CANCELED)
    statuses = [one.status for one in trader.inbox.of(name) if isinstance(one, OrderStatusReport)]
    assert statuses == ["ACCEPTED", "CANCELED"]


LISTED = Listed(
    Instrument(
        key=PERPETUAL,
        tick_size=Price(Decimal("0.5")),
        lot_size=Quantity(Decimal(10)),
        min_quantity=Quantity(Decimal(10)),
        maker_fee_rate=Decimal(0),
        taker_fee_rate=Decimal("0.0005"),
    ),
    "BTC-PERPETUAL",
    (),
)


def at_ms(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()) * 1_000


@pytest.mark.parametrize(
    ("now", "ends", "time_in_force"),
    [
        ("2026-11-23T07:30", "2026-11-23T07:59", "good_til_day"),
        ("2026-11-23T09:00", "2026-11-24T00:00", "good_til_day"),  # DAY: the venue would end it at 08:00
        ("2026-11-23T07:30", "2026-11-24T00:00", "good_til_cancelled"),  # the venue would end it at 08:00 today
        ("2026-11-23T08:00", "2026-11-24T00:00", "good_til_cancelled"),  # who knows whose clock is right
        ("2026-11-23T09:00", None, "good_til_cancelled"),
    ],
)
def test_an_order_that_we_end_within_the_venues_day_ends_with_that_day_without_us(
    now: str, ends: str | None, time_in_force: str
) -> None:
    order = SendOrder(
        account=AccountId("DERIBIT-MAIN"),
        instrument=PERPETUAL,
        client_order_id=ClientOrderId("x"),
        side=Side.BUY,
        quantity=Quantity(Decimal(10)),
        order_type=OrderType.LIMIT,
        price=Price(Decimal(59_000)),
        time_in_force=TimeInForce.GTC,
        expire_time_ns=None,
        post_only=False,
        ended_by_us_ns=None if ends is None else at_ms(ends) * 1_000_000,
    )
    assert params_of(order, LISTED, at_ms(now), 5_000)["time_in_force"] == time_in_force


async def test_the_venue_ends_what_is_good_for_its_day(trader: DeribitTrader) -> None:
    order = replace(trader.order(), ended_by_us_ns=1)
    name = await waits(trader, order)
    (listed,) = await trader.venue.orders(name)
    assert listed["time_in_force"] == "good_til_day"
    await trader.venue.command("clock", offset_ms=25 * HOUR_MS)
    await trader.status(name, VenueOrderStatus.CANCELED)
