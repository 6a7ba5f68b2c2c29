"""A trader at a paper venue: sends to one session, shows it quotes, and keeps what came back."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any

from adapters.nautilus.node import PaperNode
from adapters.nautilus.paper import PaperVenueSession
from ports.errors import MailboxFullError
from ports.instruments import Instrument, InstrumentKey
from ports.market_data import BookSource, FundingRate, Quote, QuoteSource, Trade
from ports.reports import FillReport, OrderStatusReport, Report, VenueOrderStatus
from ports.requests import QueryOrder, SendAmend, SendCancel, SendOrder
from ports.values import AccountId, ClientOrderId, OrderType, Price, Quantity, Side, TimeInForce, plain

SPOT = InstrumentKey("BINANCE-SPOT:SPOT_PAIR:BTC-USDT")
PERPETUAL = InstrumentKey("BINANCE-FUTURES:PERPETUAL:BTC-USDT@LIN")
INVERSE = InstrumentKey("BYBIT:PERPETUAL:BTC-USD@INV")
SWAP = InstrumentKey("OKX:PERPETUAL:BTC-USDT@LIN")
_NUMBERS = itertools.count(1)


def listed(key: InstrumentKey, tick: str, lot: str, maker: str, taker: str) -> Instrument:
    return Instrument(
        key=key,
        tick_size=Price(Decimal(tick)),
        lot_size=Quantity(Decimal(lot)),
        min_quantity=Quantity(Decimal(lot)),
        maker_fee_rate=Decimal(maker),
        taker_fee_rate=Decimal(taker),
    )


INSTRUMENTS = {
    key.venue: [listed(key, tick, lot, maker, taker)]
    for key, tick, lot, maker, taker in (
        (SPOT, "0.01", "0.00001", "0.001", "0.002"),
        (PERPETUAL, "0.1", "0.001", "0.0002", "0.0005"),
        (INVERSE, "0.5", "1", "0.0001", "0.0006"),
        (SWAP, "0.1", "0.0001", "-0.0001", "0.0005"),
    )
}


def order(instrument: InstrumentKey, side: str, quantity: str, price: str | None = None, **more: Any) -> SendOrder:
    """Return an order with a fresh id: market without a price, GTC unless said otherwise."""
    plain_order = SendOrder(
        account=AccountId(f"PAPER-{instrument.venue}"),
        instrument=instrument,
        client_order_id=ClientOrderId(f"order-{next(_NUMBERS)}"),
        side=Side(side),
        quantity=Quantity(Decimal(quantity)),
        order_type=OrderType.MARKET if price is None else OrderType.LIMIT,
        price=None if price is None else Price(Decimal(price)),
        time_in_force=TimeInForce.GTC,
        expire_time_ns=None,
        post_only=False,
    )
    return replace(plain_order, **more)


def quote(instrument: InstrumentKey, bid: str, ask: str, bid_size: str = "1", ask_size: str = "1") -> Quote:
    return Quote(
        instrument=instrument,
        bid=Price(Decimal(bid)),
        ask=Price(Decimal(ask)),
        bid_size=Decimal(bid_size),
        ask_size=Decimal(ask_size),
        event_time_ns=1,
        received_ns=2,
    )


def trade(instrument: InstrumentKey, aggressor: str | None, quantity: str, price: str) -> Trade:
    return Trade(
        instrument=instrument,
        price=Price(Decimal(price)),
        quantity=Decimal(quantity),
        aggressor=None if aggressor is None else Side(aggressor),
        trade_id="t-1",
        event_time_ns=1,
        received_ns=2,
    )


class Reports(list[Report]):
    """A report sink; takes nothing while it is full."""

    def __init__(self) -> None:
        super().__init__()
        self.is_full = False

    def put_report(self, report: Report) -> None:
        if self.is_full:
            raise MailboxFullError("this test's sink is full")
        self.append(report)


class Quotes(dict[InstrumentKey, QuoteSource]):
    """A market sink that keeps the newest source of each instrument's quotes and depth, and every trade."""

    def __init__(self) -> None:
        super().__init__()
        self.books: dict[InstrumentKey, BookSource] = {}
        self.trades: list[Trade] = []

    def put_quote(self, instrument: InstrumentKey, source: QuoteSource) -> None:
        self[instrument] = source

    def put_book(self, instrument: InstrumentKey, source: BookSource) -> None:
        self.books[instrument] = source

    def put_trade(self, trade: Trade) -> None:
        self.trades.append(trade)

    def put_funding(self, funding: FundingRate) -> None: ...


@dataclass
class Trader:
    """Sends to one session and reads what came back."""

    node: PaperNode
    session: PaperVenueSession
    instrument: InstrumentKey
    reports: Reports = field(default_factory=Reports)
    quotes: Quotes = field(default_factory=Quotes)

    def show(self, bid: str, ask: str, bid_size: str = "1", ask_size: str = "1") -> None:
        self.node.desk.feed(quote(self.instrument, bid, ask, bid_size, ask_size))

    def print(self, aggressor: str | None, quantity: str, price: str) -> None:
        self.node.desk.feed(trade(self.instrument, aggressor, quantity, price))

    async def send(self, side: str, quantity: str, price: str | None = None, **more: Any) -> SendOrder:
        sent = order(self.instrument, side, quantity, price, **more)
        await self.session.send(sent)
        return sent

    def unsent(self, side: str, quantity: str, price: str) -> SendOrder:
        return order(self.instrument, side, quantity, price)

    async def amend(self, sent: SendOrder, quantity: str, price: str) -> None:
        await self.session.amend(
            SendAmend(
                account=self.session.account,
                instrument=self.instrument,
                client_order_id=sent.client_order_id,
                venue_order_id=None,
                side=sent.side,
                quantity=Quantity(Decimal(quantity)),
                price=Price(Decimal(price)),
            )
        )

    async def cancel(self, client_order_id: ClientOrderId) -> None:
        await self.session.cancel(
            SendCancel(
                account=self.session.account,
                instrument=self.instrument,
                client_order_id=client_order_id,
                venue_order_id=None,
            )
        )

    async def until(self, holds: Callable[[], bool]) -> None:
        """Let the loop run until `holds`; fails after ten seconds."""
        async with asyncio.timeout(10):
            while not holds():  # noqa: ASYNC110  # whatever the test waits for announces itself to nobody
                await asyncio.sleep(0)

    def ask(self, client_order_id: str) -> QueryOrder:
        return QueryOrder(
            account=self.session.account,
            instrument=self.instrument,
            client_order_id=ClientOrderId(client_order_id),
        )

    @property
    def fills(self) -> list[FillReport]:
        return [report for report in self.reports if isinstance(report, FillReport)]

    @property
    def traded(self) -> list[tuple[str, str]]:
        """Quantity and price of every fill that arrived."""
        return [(plain(fill.quantity), plain(fill.price)) for fill in self.fills]

    @property
    def states(self) -> list[VenueOrderStatus]:
        return [report.status for report in self.reports if isinstance(report, OrderStatusReport)]

    @property
    def last_status(self) -> OrderStatusReport:
        return [report for report in self.reports if isinstance(report, OrderStatusReport)][-1]
