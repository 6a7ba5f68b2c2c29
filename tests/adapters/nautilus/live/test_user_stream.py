"""Everything that can happen to a user stream, and what the core hears of it."""

from __future__ import annotations

from decimal import Decimal

import pytest

from ports.errors import NotSentError, VenueUnavailableError
from ports.reports import FillReport, OrderEvidence, VenueOrderStatus
from ports.values import Side

from simulators.live_trader import LiveTrader
from simulators.okx_account import FOUR_SITES
from simulators.sites import BYBIT, SITES, Site

pytestmark = pytest.mark.asyncio(loop_scope="module")
NOT_AT_BYBIT = pytest.mark.parametrize(
    "site", [one for one in FOUR_SITES if one is not BYBIT], ids=lambda site: site.name, indirect=True, scope="module"
)
AT_BINANCE = pytest.mark.parametrize("site", SITES, ids=lambda site: site.name, indirect=True, scope="module")


@pytest.fixture(scope="module", params=FOUR_SITES, ids=lambda site: site.name)
def site(request: pytest.FixtureRequest) -> Site:
    given: Site = request.param
    return given


async def test_a_trade_that_is_told_twice_has_the_same_id_twice(trader: LiveTrader) -> None:
    client_order_id = await trader.rest()
    await trader.venue.fault(trader.site.orders, "duplicate", execution="TRADE")
    await trader.venue.command("fill", client_order_id=client_order_id, quantity="0.010")
    first, second = await trader.fills(client_order_id, 2)
    assert first == second


@NOT_AT_BYBIT
async def test_trades_out_of_order_are_all_told(trader: LiveTrader) -> None:
    client_order_id = await trader.rest()
    await trader.venue.fault(trader.site.orders, "hold", execution="TRADE")
    await trader.venue.command("fill", client_order_id=client_order_id, quantity="0.004")
    await trader.venue.command("fill", client_order_id=client_order_id, quantity="0.006")
    fills = await trader.fills(client_order_id, 2)
    assert {fill.quantity for fill in fills} == {Decimal("0.004"), Decimal("0.006")}


@NOT_AT_BYBIT
async def test_a_lost_trade_is_asked_for_as_soon_as_the_next_one_shows_the_hole(trader: LiveTrader) -> None:
    client_order_id = await trader.rest()
    await trader.venue.fault(trader.site.orders, "drop", execution="TRADE")
    await trader.venue.command("fill", client_order_id=client_order_id, quantity="0.004")
    await trader.venue.command("fill", client_order_id=client_order_id, quantity="0.006")
    evidence = await trader.report_of_hole(client_order_id)
    assert [fill.quantity for fill in evidence.fills] == [Decimal("0.004"), Decimal("0.006")]
    (told,) = await trader.fills(client_order_id, 1)
    assert told in evidence.fills  # the same trade has the same id and content, on the stream and by HTTP


async def test_a_trade_after_the_cancel_is_told(trader: LiveTrader) -> None:
    client_order_id = await trader.rest()
    await trader.cancel(client_order_id)
    await trader.status(client_order_id, VenueOrderStatus.CANCELED)
    await trader.venue.command("fill", client_order_id=client_order_id, quantity="0.002")
    (fill,) = await trader.fills(client_order_id, 1)
    assert fill.quantity == Decimal("0.002")


@NOT_AT_BYBIT
async def test_a_trade_that_comes_after_its_cancel_is_told(trader: LiveTrader) -> None:
    client_order_id = await trader.rest()
    await trader.venue.fault(trader.site.orders, "hold", execution="TRADE")
    await trader.venue.command("fill", client_order_id=client_order_id, quantity="0.002")
    await trader.cancel(client_order_id)
    (fill,) = await trader.fills(client_order_id, 1)
    assert fill.quantity == Decimal("0.002")
    report = await trader.status(client_order_id, VenueOrderStatus.CANCELED)
    assert report.filled_quantity == Decimal("0.002")


async def test_a_trade_of_an_order_called_in_doubt_is_told(trader: LiveTrader) -> None:
    kind, fields = trader.site.lost_answer
    await trader.venue.fault(trader.site.place, kind, **fields)
    client_order_id = await trader.send(trader.order(price=None))
    (fill,) = await trader.fills(client_order_id, 1)
    assert fill.quantity == Decimal("0.010")


async def test_orders_and_trades_by_hand_are_told_under_their_own_names(trader: LiveTrader) -> None:
    by_hand = await trader.venue.command("hand", symbol=trader.site.symbol, side="SELL", quantity="0.005")
    fill = await trader.inbox.wait(
        lambda: next((one for one in trader.inbox.reports if isinstance(one, FillReport)), None)
    )
    assert (fill.client_order_id, fill.side, fill.quantity) == (by_hand["clientOrderId"], Side.SELL, Decimal("0.005"))


async def test_a_silent_stream_is_noticed_by_a_trade_that_it_kept_back(trader: LiveTrader) -> None:
    client_order_id = await trader.rest()
    await trader.venue.command("silent", silent=True)
    await trader.venue.command("fill", client_order_id=client_order_id, quantity="0.010")
    down = await trader.down()
    assert "silent" in down.reason


@NOT_AT_BYBIT
async def test_a_silent_stream_is_noticed_by_an_order_that_it_never_told_of(trader: LiveTrader) -> None:
    await trader.venue.command("silent", silent=True)
    client_order_id = await trader.send(trader.order())
    await trader.status(client_order_id, VenueOrderStatus.ACCEPTED)  # by the answer
    down = await trader.down()
    assert "silent" in down.reason


async def test_a_silent_stream_is_noticed_by_an_order_that_ended(trader: LiveTrader) -> None:
    client_order_id = await trader.rest()
    await trader.venue.command("silent", silent=True)
    await trader.venue.command("hand_cancel", client_order_id=client_order_id)
    assert "silent" in (await trader.down()).reason


@NOT_AT_BYBIT
async def test_direct_questions_are_answered_while_the_stream_is_silent(trader: LiveTrader) -> None:
    await trader.venue.command("silent", silent=True)
    resting = await trader.send(trader.order())
    await trader.status(resting, VenueOrderStatus.ACCEPTED)
    evidence = await trader.session.query(trader.question(resting))
    assert evidence is not None
    assert evidence.status.status is VenueOrderStatus.ACCEPTED
    assert [one.client_order_id for one in await trader.session.open_orders()] == [resting]


@NOT_AT_BYBIT
@pytest.mark.parametrize("how", ["end_streams", "hang_up"])
async def test_an_interrupted_stream_gives_the_connection_up(trader: LiveTrader, how: str) -> None:
    resting = await trader.rest()
    await trader.venue.command(how, what="user")
    assert "user stream" in (await trader.down()).reason
    with pytest.raises(NotSentError):
        await trader.session.send(trader.order())
    await trader.connect()
    assert [one.client_order_id for one in await trader.session.open_orders()] == [resting]
    await trader.venue.command("fill", client_order_id=resting, quantity="0.010")
    (fill,) = await trader.fills(resting, 1)  # of an order that this connection did not send
    assert (fill.client_order_id, fill.quantity) == (resting, Decimal("0.010"))


@AT_BINANCE
async def test_an_unreadable_message_gives_the_connection_up(trader: LiveTrader) -> None:
    await trader.venue.command("tell", message=trader.site.wrapped({"s": "BTCUSDT"}))
    assert "cannot be read" in (await trader.down()).reason


@AT_BINANCE
async def test_what_no_instrument_key_can_name_brings_nobody_down(trader: LiveTrader) -> None:
    """The venue lists symbols in other scripts; somebody may trade one by hand."""
    order = {"s": "币安人生USDT", "c": "web_1", "S": "BUY", "x": "EXPIRED", "X": "EXPIRED", "i": 1, "l": "0", "z": "0"}
    order |= {"q": "1", "p": "100"}
    rest = {"L": "0", "T": 1, "t": 0, "m": False}
    await trader.venue.command("tell", message=trader.site.wrapped({**order, **rest}))
    await trader.rest()
    assert {type(one).__name__ for one in trader.inbox.reports} == {"OrderStatusReport"}


@AT_BINANCE
async def test_new_fields_and_kinds_of_messages_disturb_nobody(trader: LiveTrader) -> None:
    await trader.venue.command("tell", message={"e": "SOMETHING_NEW", "E": 1, "x": [1, 2]})
    await trader.venue.fault(trader.site.orders, "decorate")
    client_order_id = await trader.rest()
    await trader.cancel(client_order_id)
    await trader.status(client_order_id, VenueOrderStatus.CANCELED)


async def test_a_venue_that_answers_no_question_is_noticed(trader: LiveTrader) -> None:
    await trader.venue.fault(trader.site.open_orders, "error", status=503, body="", times=100)
    assert "did not answer" in (await trader.down()).reason
    with pytest.raises(VenueUnavailableError):
        await trader.session.open_orders()


async def test_evidence_carries_every_trade_once(trader: LiveTrader) -> None:
    client_order_id = await trader.rest()
    for _ in range(5):
        await trader.venue.command("fill", client_order_id=client_order_id, quantity="0.002")
    fills = await trader.fills(client_order_id, 5)
    evidence = await trader.session.query(trader.question(client_order_id))
    assert isinstance(evidence, OrderEvidence)
    assert list(evidence.fills) == list(fills)
