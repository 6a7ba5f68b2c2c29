"""A trader of one session at Interactive Brokers: makes orders, and waits for the reports that they bring."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Sequence
from decimal import Decimal
from itertools import count
from typing import Any, Protocol

from ports.instruments import InstrumentKey
from ports.reports import FillReport, OrderStatusReport, Report, SessionDown, VenueOrderStatus
from ports.requests import QueryOrder, SendAmend, SendCancel, SendOrder
from ports.values import ClientOrderId, OrderType, Price, Quantity, Side, TimeInForce
from ports.venue import VenueSession
from ports.venue_pulse import HasPulse

from simulators.live_trader import Inbox
from simulators.process import SimulatedVenue

SHARE = InstrumentKey("IBKR:EQUITY:AAPL-USD")
FUND = InstrumentKey("IBKR:ETF:SPY-USD")
FUTURE = InstrumentKey("IBKR:FUTURE:ES-USD-291221")
CALL = InstrumentKey("IBKR:OPTION:AAPL-USD-200-291221-CALL")
EURO = InstrumentKey("IBKR:CURRENCY:EUR-USD")
_numbers = count(1)


class IbkrTrader:
    """Trades shares, unless told otherwise."""

    def __init__(self, session: VenueSession, venue: SimulatedVenue) -> None:
        self.session = session
        self.venue = venue
        self.inbox = Inbox()

    async def connect(self) -> None:
        await self.session.connect(self.inbox, self.inbox)

    def order(
        self,
        side: Side = Side.BUY,
        quantity: str = "100",
        price: str | None = "170",
        tif: TimeInForce = TimeInForce.GTC,
        *,
        post_only: bool = False,
        instrument: InstrumentKey = SHARE,
    ) -> SendOrder:
        """Make an order of a fresh id; without a price it is a market order."""
        return SendOrder(
            account=self.session.account,
            instrument=instrument,
            client_order_id=ClientOrderId(f"x{next(_numbers):030d}"),
            side=side,
            quantity=Quantity(Decimal(quantity)),
            order_type=OrderType.MARKET if price is None else OrderType.LIMIT,
            price=None if price is None else Price(Decimal(price)),
            time_in_force=tif,
            expire_time_ns=None,
            post_only=post_only,
        )

    async def send(self, order: SendOrder) -> ClientOrderId:
        await self.session.send(order)
        return order.client_order_id

    async def rest(self, **fields: object) -> ClientOrderId:
        """Send an order that rests, and wait until the venue has said so."""
        name = await self.send(self.order(**fields))  # type: ignore[arg-type]  # passed on as given
        await self.status(name, VenueOrderStatus.ACCEPTED)
        return name

    async def cancel(self, name: ClientOrderId, instrument: InstrumentKey = SHARE) -> None:
        account = self.session.account
        await self.session.cancel(
            SendCancel(account=account, instrument=instrument, client_order_id=name, venue_order_id=None)
        )

    async def amend(self, name: ClientOrderId, quantity: str, price: str) -> None:
        """Ask for another quantity and price."""
        await self.session.amend(
            SendAmend(
                account=self.session.account,
                instrument=SHARE,
                client_order_id=name,
                venue_order_id=None,
                side=Side.BUY,
                quantity=Quantity(Decimal(quantity)),
                price=Price(Decimal(price)),
            )
        )

    async def evidence(
        self, name: ClientOrderId, instrument: InstrumentKey = SHARE, released_ns: int | None = None
    ) -> Any:
        """Ask the venue about one order; as a rule one of just now."""
        return await self.session.query(
            QueryOrder(
                account=self.session.account,
                instrument=instrument,
                client_order_id=name,
                released_ns=time.time_ns() if released_ns is None else released_ns,
            )
        )

    async def status(self, name: ClientOrderId, status: VenueOrderStatus) -> OrderStatusReport:
        """Wait for a state."""
        return await self.inbox.wait(
            lambda: next(
                (one for one in self.inbox.of(name) if isinstance(one, OrderStatusReport) and one.status is status),
                None,
            )
        )

    async def report[R: Report](self, name: ClientOrderId, kind: type[R]) -> R:
        """Wait for the first report of a kind on an order."""
        return await self.inbox.wait(lambda: next((one for one in self.inbox.of(name) if isinstance(one, kind)), None))

    async def fills(self, name: ClientOrderId, number: int) -> Sequence[FillReport]:
        """Wait until that many trades of an order have been reported."""

        def enough() -> list[FillReport] | None:
            found = [one for one in self.inbox.of(name) if isinstance(one, FillReport)]
            return found if len(found) >= number else None

        return await self.inbox.wait(enough)

    async def down(self) -> SessionDown:
        """Wait until the session is given up."""
        return await self.inbox.wait(
            lambda: next((one for one in self.inbox.reports if isinstance(one, SessionDown)), None)
        )


def trouble_of(trader: IbkrTrader) -> str:
    """Return what the session says is wrong with it."""
    assert isinstance(trader.session, HasPulse)
    return trader.session.pulse().trouble


class Connect(Protocol):
    """Makes a session at the running venue, connected; settings by name."""

    def __call__(self, **settings: str) -> Awaitable[IbkrTrader]: ...
