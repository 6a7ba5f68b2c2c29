"""A venue that acknowledges at once and fills nothing: what is left is the cost of everything before it."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from decimal import Decimal
from functools import partial
from typing import Final

from ports.capabilities import PLAIN_ORDERS, Capabilities
from ports.errors import NotSentError
from ports.instruments import Instrument, InstrumentKey
from ports.market_data import Quote, QuoteSink
from ports.reports import (
    FillReport,
    OrderEvidence,
    OrderStatusReport,
    VenueBalance,
    VenueOrderStatus,
    VenuePosition,
)
from ports.requests import QueryOrder, SendAmend, SendCancel, SendOrder
from ports.values import AccountId, ClientOrderId, Price, Quantity, VenueId, VenueOrderId
from ports.venue import ReportSink, VenueSession

ACCOUNT: Final = AccountId("BENCH")
VENUE: Final = VenueId("BINANCE-FUTURES")
INSTRUMENTS: Final = tuple(
    Instrument(
        key=InstrumentKey(f"{VENUE}:PERPETUAL:{base}-USDT@LIN"),
        tick_size=Price(Decimal("0.1")),
        lot_size=Quantity(Decimal("0.001")),
        min_quantity=Quantity(Decimal("0.001")),
        min_notional=Decimal(5),
    )
    for base in ("BTC", "ETH", "SOL", "XRP")
)
PRICE: Final = Decimal("60000.0")
_EVERYTHING: Final = Capabilities(
    orders=PLAIN_ORDERS,
    is_paper=True,
    query_lag_ns=0,
)


def quote_of(instrument: InstrumentKey, step: int, now_ns: int) -> Quote:
    """Return a quote around the bench's price; `step` moves it a little."""
    bid = PRICE + Decimal(step % 100) / 10
    return Quote(
        instrument=instrument,
        bid=Price(bid),
        ask=Price(bid + Decimal("0.1")),
        bid_size=Decimal(1),
        ask_size=Decimal(1),
        event_time_ns=now_ns,
        received_ns=now_ns,
    )


class NullVenue:
    """One session; `on_send` is called with each order's id the moment it is handed over."""

    def __init__(self, on_send: Callable[[ClientOrderId], None]) -> None:
        self._on_send = on_send
        self._reports: ReportSink | None = None

    @property
    def sessions(self) -> Sequence[VenueSession]:
        """Itself."""
        return (self,)

    async def start(self) -> None:
        """Nothing has to run."""

    async def stop(self) -> None:
        """Nothing runs."""

    @property
    def venue(self) -> VenueId:
        """The venue's name."""
        return VENUE

    @property
    def account(self) -> AccountId:
        """The one account."""
        return ACCOUNT

    @property
    def capabilities(self) -> Capabilities:
        """Everything."""
        return _EVERYTHING

    async def connect(self, reports: ReportSink, quotes: QuoteSink) -> Sequence[Instrument]:
        """List the bench's instruments, each with a quote."""
        self._reports = reports
        for one in INSTRUMENTS:
            quotes.put_quote(one.key, partial(quote_of, one.key, 0, time.time_ns()))
        return INSTRUMENTS

    async def disconnect(self) -> None:
        """Forget the sink."""
        self._reports = None

    async def send(self, order: SendOrder) -> None:
        """Acknowledge at once."""
        self._on_send(order.client_order_id)
        self._report(order.instrument, order.client_order_id, VenueOrderStatus.ACCEPTED)

    async def cancel(self, cancel: SendCancel) -> None:
        """Cancel at once."""
        self._report(cancel.instrument, cancel.client_order_id, VenueOrderStatus.CANCELED)

    async def amend(self, amend: SendAmend) -> None:
        """Amend nothing.

        Raises:
            NotSentError: always.
        """
        raise NotSentError("the null venue amends nothing")

    async def query(self, order: QueryOrder) -> OrderEvidence | None:
        """Know every order as accepted."""
        return OrderEvidence(status=_status(order.instrument, order.client_order_id, VenueOrderStatus.ACCEPTED))

    async def open_orders(self) -> Sequence[OrderStatusReport]:
        """Keep no book."""
        return ()

    async def fills_since(self, since_ns: int) -> Sequence[FillReport]:
        """Fill nothing."""
        return ()

    async def positions(self) -> Sequence[VenuePosition] | None:
        """Keep none."""
        return None

    async def balances(self) -> Sequence[VenueBalance] | None:
        """Keep none."""
        return None

    def _report(self, instrument: InstrumentKey, client_order_id: ClientOrderId, status: VenueOrderStatus) -> None:
        if self._reports is not None:
            self._reports.put_report(_status(instrument, client_order_id, status))


def _status(instrument: InstrumentKey, client_order_id: ClientOrderId, status: VenueOrderStatus) -> OrderStatusReport:
    return OrderStatusReport(
        account=ACCOUNT,
        instrument=instrument,
        client_order_id=client_order_id,
        status=status,
        venue_order_id=VenueOrderId(client_order_id[:12]),
        filled_quantity=Decimal(0),
    )
