"""What is Binance Spot's own: keys of two kinds, cancels under names of their own, fees in the coin, no positions."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from decimal import Decimal
from pathlib import Path

import msgspec
import pytest
import pytest_asyncio
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from adapters.nautilus.binance_spot import CLIENT_ORDER_ID, read_update
from adapters.nautilus.live import LiveNode, session_of
from adapters.nautilus.live_words import UnreadableError
from core.orders.identity import names_of
from ports.errors import NotSentError, VenueUnavailableError
from ports.reports import OrderStatusReport, VenueOrderStatus
from ports.values import Currency, Money, OperationId, Side, TimeInForce

from simulators.live_trader import LiveTrader
from simulators.process import SimulatedVenue
from simulators.sites import SPOT, Site

pytestmark = pytest.mark.asyncio(loop_scope="module")
DAY_NS = 24 * 3_600_000_000_000


@pytest.fixture(scope="module")
def site() -> Site:
    """Spot alone."""
    return SPOT


async def test_a_cancel_is_told_under_the_orders_own_name_by_answer_and_stream(trader: LiveTrader) -> None:
    client_order_id = await trader.rest()
    await trader.cancel(client_order_id)
    await trader.status(client_order_id, VenueOrderStatus.CANCELED)
    by_hand = await trader.rest()
    await trader.venue.command("hand_cancel", client_order_id=by_hand)  # told by the stream alone
    await trader.status(by_hand, VenueOrderStatus.CANCELED)
    names = {one.client_order_id for one in trader.inbox.reports if isinstance(one, OrderStatusReport)}
    assert names == {client_order_id, by_hand}


async def test_a_buyer_pays_in_the_coin_and_a_seller_in_money(trader: LiveTrader) -> None:
    bought = await trader.send(trader.order(Side.BUY, "0.01000", None))
    sold = await trader.send(trader.order(Side.SELL, "0.01000", None))
    (buy,) = await trader.fills(bought, 1)
    (sell,) = await trader.fills(sold, 1)
    assert buy.fee == Money(Decimal("0.00001"), Currency("BTC"))
    assert sell.fee == Money(Decimal("0.6"), Currency("USDT"))


async def test_an_order_without_money_for_it_is_rejected_and_locks_nothing(trader: LiveTrader) -> None:
    before = await trader.session.balances()
    client_order_id = await trader.send(trader.order(Side.SELL, "101", "70000"))
    report = await trader.status(client_order_id, VenueOrderStatus.REJECTED)
    assert "insufficient balance" in report.reason
    assert await trader.session.balances() == before


async def test_a_post_only_order_rests_as_a_maker(trader: LiveTrader) -> None:
    client_order_id = await trader.rest(post_only=True)
    (order,) = await trader.venue.orders(client_order_id)
    assert (order["type"], order["timeInForce"]) == ("LIMIT_MAKER", "GTC")


async def test_an_order_is_shown_in_part_and_traded_whole(trader: LiveTrader) -> None:
    client_order_id = await trader.rest(display="0.002", post_only=True)
    (order,) = await trader.venue.orders(client_order_id)
    assert (order["origQty"], order["icebergQty"]) == ("0.01000000", "0.00200000")
    await trader.venue.command("fill", client_order_id=client_order_id, quantity="0.010")
    await trader.status(client_order_id, VenueOrderStatus.FILLED)


async def test_what_would_be_shown_in_too_many_parts_is_refused_by_the_venue(trader: LiveTrader) -> None:
    client_order_id = await trader.send(trader.order(display="0.0005"))
    report = await trader.status(client_order_id, VenueOrderStatus.REJECTED)
    assert "ICEBERG_PARTS" in report.reason


async def test_an_order_that_never_rests_is_not_sent_to_be_shown_in_part(trader: LiveTrader) -> None:
    with pytest.raises(NotSentError, match="may rest"):
        await trader.session.send(trader.order(tif=TimeInForce.IOC, display="0.002"))


async def test_an_order_with_an_expiry_time_never_leaves(trader: LiveTrader) -> None:
    """Nautilus's adapter would send one that never expires."""
    in_an_hour_ns = (time.time_ns() // 1_000_000_000 + 3_600) * 1_000_000_000
    order = trader.order(tif=TimeInForce.GTD, expire_time_ns=in_an_hour_ns)
    with pytest.raises(NotSentError, match="expiry time"):
        await trader.session.send(order)
    assert await trader.venue.times_asked(order.client_order_id) == 0


async def test_trades_of_many_days_are_asked_for_at_once(trader: LiveTrader) -> None:
    client_order_id = await trader.send(trader.order(price=None))
    (fill,) = await trader.fills(client_order_id, 1)
    before = len(await trader.venue.look("requests"))
    assert fill in await trader.session.fills_since(fill.venue_time_ns - 30 * DAY_NS)
    later = (await trader.venue.look("requests"))[before:]
    assert [one["params"].get("startTime") for one in later if one["path"] == "/api/v3/myTrades"] == [None, None]


async def test_an_account_that_may_not_read_its_fees_does_not_connect(trader: LiveTrader) -> None:
    """Nautilus would keep that refusal to itself, and list nothing."""
    await trader.session.disconnect()
    body = '{"code": -2015, "msg": "Invalid API-key, IP, or permissions for action."}'
    await trader.venue.fault("GET /sapi/v1/asset/tradeFee", "error", status=401, body=body)
    with pytest.raises(VenueUnavailableError, match="-2015: Invalid API-key, IP, or permissions"):
        await trader.connect()


async def test_a_subscription_that_gets_no_answer_is_no_connection(trader: LiveTrader) -> None:
    await trader.session.disconnect()
    await trader.venue.fault("WS userDataStream.subscribe.signature", "no_answer")
    with pytest.raises(VenueUnavailableError, match="timed out"):
        await trader.connect()


@pytest.mark.parametrize("operation", ["a", "with.dots:and_under-scores", "x" * 128])
async def test_every_name_that_the_core_makes_is_one_that_the_venue_takes(operation: str) -> None:
    assert CLIENT_ORDER_ID.fullmatch(names_of(OperationId(operation)).client_order_id)


REPORT = {
    "e": "executionReport",
    "s": "BTCUSDT",
    "c": "mine",
    "S": "BUY",
    "x": "NEW",
    "X": "NEW",
    "i": 1,
    "l": "0",
    "z": "0",
    "q": "1",
    "p": "100",
    "L": "0",
    "T": 1,
    "t": -1,
    "m": False,
    "n": "0",
    "N": None,
    "C": "",
    "r": "NONE",
}


@pytest.mark.parametrize(
    ("said", "name"),
    [
        ({}, "mine"),
        ({"x": "CANCELED", "X": "CANCELED", "c": "the cancel's", "C": "mine"}, "mine"),
        ({"x": "CANCELED", "X": "CANCELED", "C": ""}, "mine"),
        ({"x": "EXPIRED", "X": "EXPIRED", "C": "other"}, "mine"),
    ],
)
async def test_whose_report_it_is(said: dict[str, object], name: str) -> None:
    update = read_update(msgspec.json.encode({**REPORT, **said}))
    assert update is not None
    assert (update.client_order_id, update.is_trade) == (name, False)


@pytest.mark.parametrize("raw", [b'{"e": "executionReport"}', b"nothing", b'{"e": "executionReport", "s": 1}'])
async def test_a_report_that_cannot_be_read_is_an_error(raw: bytes) -> None:
    with pytest.raises(UnreadableError):
        read_update(raw)


@pytest.mark.parametrize("kind", ["outboundAccountPosition", "balanceUpdate", "externalLockUpdate", "serverShutdown"])
async def test_other_messages_tell_nothing_of_an_order(kind: str) -> None:
    assert read_update(msgspec.json.encode({"e": kind, "E": 1})) is None


class KeyPair:
    """A key of the Ed25519 kind, and a simulator that knows its public half."""

    def __init__(self, folder: Path) -> None:
        key = Ed25519PrivateKey.generate()
        self.secret = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
        self.public = folder / "key.pem"
        self.public.write_bytes(key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))


@pytest_asyncio.fixture(loop_scope="module")
async def by_key(node: LiveNode, tmp_path: Path) -> AsyncIterator[LiveTrader]:
    """A trader whose account has a key of the Ed25519 kind."""
    pair = KeyPair(tmp_path)
    venue = await SimulatedVenue.start("binance_spot", "--public-key", str(pair.public))
    settings = SPOT.settings(venue, {"api_secret": pair.secret})
    trader = LiveTrader(session_of(settings, lambda: node.kernel, time.time_ns), venue, SPOT)
    yield trader
    await trader.session.disconnect()
    await venue.stop()


async def test_a_key_of_the_ed25519_kind_logs_on_and_trades(trader: LiveTrader, by_key: LiveTrader) -> None:
    await trader.session.disconnect()
    await by_key.session.connect(by_key.inbox, by_key.inbox)
    client_order_id = await by_key.rest()
    await by_key.cancel(client_order_id)
    await by_key.status(client_order_id, VenueOrderStatus.CANCELED)
    methods = [one["path"] for one in await by_key.venue.look("requests") if one["method"] == "WS"]
    assert methods == ["session.logon", "userDataStream.subscribe"]
