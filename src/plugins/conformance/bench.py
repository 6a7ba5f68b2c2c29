"""A session under examination, with the orders that a check makes and the steps that most checks begin with."""

from __future__ import annotations

import time
import uuid
from collections.abc import Sequence
from decimal import Decimal
from itertools import count

from plugins.conformance.ground import Ground
from plugins.conformance.inbox import Inbox
from ports.errors import VenueUnavailableError
from ports.instruments import Instrument
from ports.reports import OrderEvidence, SessionDown
from ports.requests import QueryOrder, SendAmend, SendCancel, SendOrder
from ports.values import ZERO, ClientOrderId, OrderType, Price, Quantity, Side, TimeInForce

_NUMBERS = count(1)


class Bench:
    """One session at a ground, connected once for many checks; `begin` and `end` go around each of them."""

    def __init__(self, ground: Ground) -> None:
        self.ground = ground
        self.session = ground.session()
        self.inbox = Inbox(ground.patience_s)
        self.listed: Sequence[Instrument] = ()
        self._is_up = False
        self._run = uuid.uuid4().hex[:8]  # a venue may remember the orders of an earlier run

    async def connect(self) -> None:
        """Connect, whatever was before."""
        self.listed = await self.session.connect(self.inbox, self.inbox)
        self._is_up = True

    async def disconnect(self) -> None:
        """Disconnect; `connect` comes again by itself before the next check."""
        self._is_up = False
        await self.session.disconnect()

    async def begin(self) -> None:
        """Be connected, with an empty inbox."""
        if not self._is_up or self.inbox.of(SessionDown):
            await self.connect()
        self.inbox.reports.clear()
        self.inbox.turned_away = 0

    async def end(self) -> None:
        """Let nothing go wrong any more, and take back what still works."""
        self.inbox.is_full = False
        await self.ground.calm()
        if not self._is_up or self.inbox.of(SessionDown):
            await self.connect()
        try:
            left = await self.session.open_orders()
        except VenueUnavailableError:
            await self.connect()
            left = await self.session.open_orders()
        for one in left:
            await self.session.cancel(self.cancel_of(one.client_order_id))

    # -- what is asked for

    def a_resting_buy(self, lots: int = 1) -> SendOrder:
        """Make a buy that waits, of so many times the least amount."""
        return SendOrder(
            account=self.session.account,
            instrument=self.ground.instrument.key,
            client_order_id=ClientOrderId(f"c{self._run}{next(_NUMBERS)}"),
            side=Side.BUY,
            quantity=Quantity(self.least * lots),
            order_type=OrderType.LIMIT,
            price=self.ground.resting,
            time_in_force=TimeInForce.GTC,
            expire_time_ns=None,
            post_only=False,
        )

    @property
    def least(self) -> Quantity:
        """The smallest amount that the venue takes at the resting price, a tick lower too."""
        listed = self.ground.instrument
        quantity, value = listed.min_quantity, listed.min_notional or ZERO
        while quantity * (self.ground.resting - listed.tick_size) < value:
            quantity = Quantity(quantity + listed.lot_size)
        return quantity

    def cancel_of(self, name: ClientOrderId) -> SendCancel:
        """Make a cancel."""
        return SendCancel(
            account=self.session.account,
            instrument=self.ground.instrument.key,
            client_order_id=name,
            venue_order_id=None,
        )

    def amend_of(self, order: SendOrder) -> SendAmend:
        """Make an amend: two lots more, a tick lower."""
        listed = self.ground.instrument
        return SendAmend(
            account=order.account,
            instrument=order.instrument,
            client_order_id=order.client_order_id,
            venue_order_id=None,
            side=order.side,
            quantity=Quantity(order.quantity + 2 * listed.lot_size),
            price=Price(self.ground.resting - listed.tick_size),
        )

    # -- what is done

    async def evidence(self, name: str) -> OrderEvidence | None:
        """Ask the venue about one order."""
        return await self.session.query(
            QueryOrder(
                account=self.session.account,
                instrument=self.ground.instrument.key,
                client_order_id=ClientOrderId(name),
                released_ns=time.time_ns(),
            )
        )

    async def working(self, lots: int = 1) -> SendOrder:
        """Send an order that waits, and wait until the session has said so."""
        order = self.a_resting_buy(lots)
        await self.session.send(order)
        await self.inbox.until(
            lambda: "ACCEPTED" in self.inbox.statuses(order.client_order_id),
            "put an OrderStatusReport ACCEPTED once the venue has taken an order",
        )
        return order

    async def traded(self, order: SendOrder, quantity: Decimal) -> None:
        """Let so much of an order trade, and wait until the session has told it."""
        wanted = self.inbox.filled(order.client_order_id) + quantity
        await self.ground.trade(order, Quantity(quantity))
        await self.inbox.until(
            lambda: self.inbox.filled(order.client_order_id) >= wanted,
            f"put a FillReport for every trade, with its whole quantity: {wanted} of the order have traded by now",
        )

    async def filled(self) -> SendOrder:
        """Send an order, let all of it trade, and wait until the session has told it."""
        order = await self.working()
        await self.traded(order, order.quantity)
        return order

    async def is_listed_open(self, order: SendOrder) -> bool:
        """Say whether the venue lists an order as open."""
        return order.client_order_id in {one.client_order_id for one in await self.session.open_orders()}
