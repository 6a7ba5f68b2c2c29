"""One order's life at Deribit: every state once, every trade once, in the venue's own numbers."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from ports.errors import NotSentError
from ports.instruments import InstrumentKey
from ports.reports import (
    AmendReport,
    CancelRefused,
    FillReport,
    OrderOutcomeUnknown,
    OrderStatusReport,
    VenueOrderStatus,
)
from ports.values import ClientOrderId, Liquidity, Money, OrderType, Price, Quantity, Side, TimeInForce

from simulators.deribit.trader import CALL, FUTURE, LINEAR, DeribitTrader


def statuses(trader: DeribitTrader, name: ClientOrderId) -> list[str]:
    return [one.status for one in trader.inbox.of(name) if isinstance(one, OrderStatusReport)]


async def test_an_order_that_rests_is_accepted_once_though_answer_and_stream_both_say_so(
    trader: DeribitTrader,
) -> None:
    name = await trader.rest()
    evidence = await trader.evidence(name)
    assert evidence.status.venue_order_id
    assert (evidence.status.quantity, evidence.status.price) == (100, 59_000)
    assert statuses(trader, name) == ["ACCEPTED"]


async def test_a_market_order_on_an_inverse_perpetual_pays_its_fee_in_the_coin(trader: DeribitTrader) -> None:
    name = await trader.send(trader.order(quantity="60000", price=None))
    (fill,) = await trader.fills(name, 1)
    # 60,000 USD at 60,000.5 are 0.99999166… BTC, of which the venue takes 0.05 %.
    assert (fill.quantity, fill.price, fill.side) == (Decimal(60_000), Decimal("60000.5"), Side.BUY)
    assert fill.fee == Money(
        (Decimal(60_000) / Decimal("60000.5") * Decimal("0.0005")).quantize(Decimal("1e-8")), fill.instrument.base
    )
    assert fill.liquidity is Liquidity.TAKER
    await trader.status(name, VenueOrderStatus.FILLED)


async def test_a_linear_perpetual_counts_in_coins_and_pays_in_dollars(trader: DeribitTrader) -> None:
    name = await trader.send(trader.order(quantity="0.01", price=None, instrument=LINEAR))
    (fill,) = await trader.fills(name, 1)
    assert (fill.quantity, fill.price) == (Decimal("0.01"), Decimal("60010.5"))
    assert fill.fee == Money(Decimal("0.3000525"), LINEAR.quote)


async def test_an_option_counts_in_its_underlying_and_is_priced_in_it(trader: DeribitTrader) -> None:
    name = await trader.send(trader.order(quantity="1.5", price=None, instrument=CALL))
    (fill,) = await trader.fills(name, 1)
    assert (fill.quantity, fill.price) == (Decimal("1.5"), Decimal("0.0505"))
    assert fill.fee == Money(Decimal("0.00045"), CALL.base)  # 0.0003 a contract, below an eighth of its price
    positions = await trader.session.positions() or ()
    assert {one.instrument: one.quantity for one in positions} == {CALL: Decimal("1.5")}


async def test_a_dated_future_is_sold_short(trader: DeribitTrader) -> None:
    name = await trader.send(trader.order(side=Side.SELL, quantity="50", price=None, instrument=FUTURE))
    (fill,) = await trader.fills(name, 1)
    assert (fill.instrument, fill.side, fill.price) == (FUTURE, Side.SELL, Decimal(63_000))
    positions = await trader.session.positions() or ()
    assert {one.instrument: one.quantity for one in positions} == {FUTURE: -50}


async def test_an_order_fills_in_parts_and_its_cancel_tells_what_was_filled(trader: DeribitTrader) -> None:
    name = await trader.rest(quantity="100")
    await trader.venue.command("fill", client_order_id=name, quantity="30")
    await trader.venue.command("fill", client_order_id=name, quantity="20")
    first, second = await trader.fills(name, 2)
    assert (first.quantity, second.quantity, first.liquidity) == (Decimal(30), Decimal(20), Liquidity.MAKER)
    await trader.cancel(name)
    ended = await trader.status(name, VenueOrderStatus.CANCELED)
    assert (ended.filled_quantity, ended.reason) == (Decimal(50), "user_request")


async def test_an_order_shows_a_part_of_itself_through_an_edit_too(trader: DeribitTrader) -> None:
    name = await trader.send(replace(trader.order(quantity="5000"), display_quantity=Quantity(Decimal(1000))))
    await trader.status(name, VenueOrderStatus.ACCEPTED)
    await trader.amend(name, "4000", "58900")
    await trader.report(name, AmendReport)
    (order,) = await trader.venue.orders(name)
    assert (order["amount"], order["refresh_amount"], order["display_amount"]) == (4000, 1000, 1000)


async def test_a_cancel_never_overtakes_its_order(trader: DeribitTrader) -> None:
    await trader.venue.fault("private/buy", "delay", delay_ms=200, late=False)
    name = await trader.send(trader.order())
    await trader.cancel(name)
    await trader.status(name, VenueOrderStatus.CANCELED)
    assert [one for one in trader.inbox.of(name) if isinstance(one, CancelRefused)] == []


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"quantity": "105"}, "non_integer_contract_amount"),
        ({"quantity": "900000000"}, "not_enough_funds"),
        ({"price": "60001", "post_only": True}, "post_only_reject"),
    ],
)
async def test_what_the_venue_refuses_is_rejected_in_its_own_words(
    trader: DeribitTrader, fields: dict[str, object], words: str
) -> None:
    name = await trader.send(trader.order(**fields))  # type: ignore[arg-type]  # passed on as given
    rejected = await trader.status(name, VenueOrderStatus.REJECTED)
    assert words in rejected.reason
    assert await trader.evidence(name) is None


@pytest.mark.parametrize("tif", [TimeInForce.IOC, TimeInForce.FOK])
async def test_an_immediate_order_ends_at_once_with_what_it_got(trader: DeribitTrader, tif: TimeInForce) -> None:
    await trader.venue.command("quote", symbol="BTC-PERPETUAL", bid="60000", ask="60000.5", ask_size="40")
    name = await trader.send(trader.order(quantity="100", price="60001", tif=tif))
    ended = await trader.status(name, VenueOrderStatus.CANCELED)
    assert ended.filled_quantity == (40 if tif is TimeInForce.IOC else 0)


@pytest.mark.parametrize(
    "changed",
    [
        {"time_in_force": TimeInForce.GTD, "expire_time_ns": 2 * 10**18},
        {"time_in_force": TimeInForce.IOC, "post_only": True},
        {"client_order_id": ClientOrderId("x" * 65)},
        {"client_order_id": ClientOrderId("")},
        {
            "order_type": OrderType.STOP_MARKET,
            "price": None,
            "trigger_price": Price(Decimal("0.06")),
            "instrument": CALL,
            "quantity": Quantity(Decimal(1)),
        },  # of options it has no orders with a trigger
        {"order_type": OrderType.STOP_LIMIT, "trigger_price": Price(Decimal("61000.2"))},
        {
            "quantity": Quantity(Decimal(5000)),
            "display_quantity": Quantity(Decimal(990)),
        },  # a hundred of the smallest orders it shows at least
        {"instrument": InstrumentKey("DERIBIT:PERPETUAL:ETH-USD@INV")},  # listed there, but none of those asked for
        {"instrument": CALL, "price": Price(Decimal("0.0502"))},  # above 0.005 its ticks are 0.0005
    ],
)
async def test_what_the_venue_could_not_take_never_leaves(trader: DeribitTrader, changed: dict[str, object]) -> None:
    with pytest.raises(NotSentError):
        await trader.session.send(replace(trader.order(), **changed))  # type: ignore[arg-type]  # as above
    assert "private/buy" not in {one["method"] for one in await trader.venue.look("requests")}


async def test_an_option_has_its_finer_ticks_where_it_is_cheap(trader: DeribitTrader) -> None:
    assert (await trader.evidence(await trader.rest(quantity="1", price="0.0012", instrument=CALL), CALL)) is not None


async def test_an_id_that_was_sent_is_never_sent_again(trader: DeribitTrader) -> None:
    order = trader.order()
    name = await trader.send(order)
    await trader.status(name, VenueOrderStatus.ACCEPTED)
    await trader.send(order)
    await trader.report(name, OrderOutcomeUnknown)
    assert await trader.venue.times_asked(name) == 1


async def test_a_trade_of_a_combo_is_told_by_its_legs(trader: DeribitTrader) -> None:
    common = {"timestamp": 1_795_383_425_104, "fee": 0.00001, "fee_currency": "BTC", "amount": 10.0, "liquidity": "T"}
    legs = [
        {**common, "instrument_name": "BTC-PERPETUAL", "trade_id": "7", "direction": "sell", "price": 60000.0},
        {**common, "instrument_name": "BTC-28DEC29", "trade_id": "8", "direction": "buy", "price": 63000.0},
    ]
    combo = {**common, "instrument_name": "BTC-FS-28DEC29_PERP", "trade_id": "6", "direction": "buy", "price": 3000.0}
    told = {"channel": "user.trades.any.any.raw", "data": [{**combo, "legs": legs}]}
    await trader.venue.command("tell", message={"jsonrpc": "2.0", "method": "subscription", "params": told})
    fills = await trader.inbox.wait(
        lambda: [one for one in trader.inbox.reports if isinstance(one, FillReport)] or None
    )
    assert [(one.instrument, one.trade_id, one.side) for one in fills] == [
        ("DERIBIT:PERPETUAL:BTC-USD@INV", "7", Side.SELL),
        (FUTURE, "8", Side.BUY),
    ]


async def test_market_orders_say_no_price(trader: DeribitTrader) -> None:
    name = await trader.send(replace(trader.order(price=None), order_type=OrderType.MARKET))
    assert (await trader.status(name, VenueOrderStatus.FILLED)).price is None
