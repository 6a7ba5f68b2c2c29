"""A venue that does not push is followed by asking: everything once, in an order that holds, and silence is noticed."""

import asyncio
import random
from collections.abc import Awaitable, Callable
from decimal import Decimal

from plugins.conformance.inbox import Inbox
from plugins.outlet import Outlet
from plugins.polling import AccountPoller, Pace
from ports.instruments import Instrument, InstrumentKey
from ports.reports import AmendReport, FillReport, OrderStatusReport, SessionDown
from ports.requests import SendAmend, SendCancel, SendOrder
from ports.values import ClientOrderId, OrderType, Price, Quantity, Side, TimeInForce

from fakes.venue import FakeSession, FakeVenue
from fakes.virtual_loop import VirtualLoop, pause, virtual_now_ns

KEY = InstrumentKey("ACME:SPOT_PAIR:BTC-USDT")
ONE = Quantity(Decimal(1))
LISTED = Instrument(key=KEY, tick_size=Price(Decimal(1)), lot_size=ONE, min_quantity=ONE)


class Deaf:
    """Takes nothing, for a session that would push."""

    def put_report(self, report: object) -> None: ...

    def put_quote(self, *_: object) -> None: ...

    def put_book(self, *_: object) -> None: ...

    def put_trade(self, *_: object) -> None: ...

    def put_funding(self, *_: object) -> None: ...


class Desk:
    """A venue that pushes to nobody, a poller, and what it tells."""

    def __init__(self) -> None:
        self.venue = FakeVenue([LISTED], virtual_now_ns)
        self.session = FakeSession(self.venue)
        self.inbox = Inbox(patience_s=60)
        outlet = Outlet(self.session.venue, self.session.account)
        outlet.open(self.inbox, self.inbox)
        self.poller = AccountPoller(self.session, outlet, Pace(), virtual_now_ns(), random.Random(1))

    async def send(self, name: str, lots: int = 1) -> ClientOrderId:
        order = SendOrder(
            account=self.session.account,
            instrument=KEY,
            client_order_id=ClientOrderId(name),
            side=Side.BUY,
            quantity=Quantity(Decimal(lots)),
            order_type=OrderType.LIMIT,
            price=Price(Decimal(90)),
            time_in_force=TimeInForce.GTC,
            expire_time_ns=None,
            post_only=False,
        )
        self.poller.watch(order)
        await self.session.send(order)
        return order.client_order_id

    def kinds(self, name: ClientOrderId) -> list[str]:
        return [
            str(one.status) if isinstance(one, OrderStatusReport) else type(one).__name__
            for one in self.inbox.reports
            if getattr(one, "client_order_id", None) == name
        ]


def played(script: Callable[[Desk], Awaitable[None]]) -> Desk:
    """Run a script beside a poller, in virtual time."""

    async def play() -> Desk:
        desk = Desk()
        await desk.session.connect(Deaf(), Deaf())
        polling = asyncio.ensure_future(desk.poller.run())
        await script(desk)
        polling.cancel()
        await asyncio.gather(polling, return_exceptions=True)
        return desk

    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        return runner.run(play())


def test_an_orders_life_is_told_in_its_order_each_thing_once() -> None:
    async def script(desk: Desk) -> None:
        name = await desk.send("o1", lots=3)
        await pause(5)
        desk.venue.fill(name, Decimal(1))
        await pause(5)
        desk.venue.fill(name)
        await pause(30)

    assert played(script).kinds(ClientOrderId("o1")) == ["ACCEPTED", "FillReport", "FillReport", "FILLED"]


def test_an_order_that_is_filled_between_two_looks_is_told_whole() -> None:
    async def script(desk: Desk) -> None:
        desk.venue.fill(await desk.send("o1"))
        await pause(5)

    assert played(script).kinds(ClientOrderId("o1")) == ["FillReport", "FILLED"]


def test_an_amend_and_a_cancel_are_told() -> None:
    async def script(desk: Desk) -> None:
        name = await desk.send("o1")
        await pause(3)
        account, more = desk.session.account, Quantity(Decimal(5))
        await desk.session.amend(
            SendAmend(
                account=account,
                instrument=KEY,
                client_order_id=name,
                venue_order_id=None,
                side=Side.BUY,
                quantity=more,
                price=Price(Decimal(89)),
            )
        )
        await pause(3)
        await desk.session.cancel(
            SendCancel(account=account, instrument=KEY, client_order_id=name, venue_order_id=None)
        )
        await pause(3)

    desk = played(script)
    assert desk.kinds(ClientOrderId("o1")) == ["ACCEPTED", "AmendReport", "CANCELED"]
    assert [(str(one.quantity), str(one.price)) for one in desk.inbox.of(AmendReport)] == [("5", "89")]


def test_a_hurried_look_comes_at_once() -> None:
    async def script(desk: Desk) -> None:
        await pause(0.01)
        await desk.send("o1")
        desk.poller.hurry()
        await pause(0.01)
        assert desk.kinds(ClientOrderId("o1")) == ["ACCEPTED"]

    played(script)


def test_silence_is_asked_about_ever_more_seldom_and_then_gives_the_session_up() -> None:
    async def script(desk: Desk) -> None:
        await desk.send("o1")
        await pause(3)
        desk.venue.is_reachable = False
        await pause(60)

    desk = played(script)
    (down,) = desk.inbox.of(SessionDown)
    assert "did not answer 3 times in a row" in down.reason
    assert not desk.inbox.of(FillReport)
