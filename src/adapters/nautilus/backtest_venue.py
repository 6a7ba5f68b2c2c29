"""One paper account inside a BacktestEngine: carries out requests there, and says what the exchange said."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Final, Protocol

from nautilus_trader.model.identifiers import InstrumentId
from nautilus_trader.model.objects import Price as NautilusPrice
from nautilus_trader.model.objects import Quantity as NautilusQuantity
from nautilus_trader.model.orders import Order

from adapters.nautilus.book import PaperBook
from adapters.nautilus.listing import Listing
from adapters.nautilus.translate import UnholdableError, nautilus_price, nautilus_quantity
from ports.capabilities import PLAIN_ORDERS
from ports.errors import VenueUnavailableError
from ports.instruments import InstrumentKey
from ports.reports import (
    AccountStatement,
    AmendRefused,
    AmendReport,
    CancelRefused,
    FillReport,
    OrderEvidence,
    OrderNotFound,
    OrderNotSent,
    OrderStatusReport,
    QueryUnanswered,
    Report,
    SessionUp,
    StatementUnanswered,
)
from ports.requests import AskStatement, QueryOrder, SendAmend, SendCancel, SendOrder, VenueRequest
from ports.values import AccountId, ClientOrderId, VenueId

_TOO_LATE: Final = "no such order works here"


class Trading(Protocol):
    """What a strategy of the engine does for a venue."""

    def enter(self, order: SendOrder, listing: Listing) -> None:
        """Submit an order. Raises `UnholdableError` where Nautilus cannot hold it; then nothing was submitted."""

    def find(self, client_order_id: ClientOrderId) -> Order | None:
        """Return the engine's order."""

    def take_back(self, order: Order) -> None:
        """Ask the exchange to cancel."""

    def change(self, order: Order, quantity: NautilusQuantity, price: NautilusPrice) -> None:
        """Ask the exchange to work an order with this whole quantity and price."""


class BacktestVenue:
    """The account `PAPER-<VENUE>` of one venue; its orders live as long as the run.

    It takes what the engine's exchange says of them (`take`) and passes it on to `put`.
    """

    def __init__(
        self, venue: VenueId, listings: Mapping[InstrumentKey, Listing], trading: Trading, put: Callable[[Report], None]
    ) -> None:
        self._venue = venue
        self._account = AccountId(f"PAPER-{venue}")
        self._listings = listings
        self._keys = {listing.id: key for key, listing in listings.items()}
        self._trading = trading
        self._put = put
        self._book = PaperBook()

    @property
    def account(self) -> AccountId:
        return self._account

    def come_up(self) -> None:
        """Say that the session is up."""
        instruments = tuple(listing.instrument for listing in self._listings.values())
        self._put(SessionUp(account=self._account, venue=self._venue, instruments=instruments, abilities=PLAIN_ORDERS))

    def carry_out(self, request: VenueRequest, now_ns: int) -> None:
        """Do what was asked for, or say why it cannot be."""
        match request:
            case SendOrder():
                self._send(request, now_ns)
            case SendCancel():
                self._cancel(request)
            case SendAmend():
                self._amend(request)
            case QueryOrder():
                self._query(request, now_ns)
            case AskStatement():
                self._state(request, now_ns)

    def key_of(self, identifier: InstrumentId) -> InstrumentKey:
        return self._keys[identifier]

    def filled(self, client_order_id: ClientOrderId) -> Decimal:
        entry = self._book.get(client_order_id)
        return entry.filled if entry is not None else Decimal(0)

    def take(self, report: Report) -> None:
        """Enter a report into the book, and pass it on."""
        if isinstance(report, AmendReport):
            self._book.amend(report)
        elif isinstance(report, OrderStatusReport | FillReport):
            self._book.take(report)
        self._put(report)

    def _send(self, order: SendOrder, now_ns: int) -> None:
        listing = self._listings.get(order.instrument)
        if listing is None:
            self._put(self._not_sent(order, f"{self._venue} does not list {order.instrument}"))
            return
        self._book.open(order, now_ns)
        try:
            self._trading.enter(order, listing)
        except UnholdableError as unholdable:
            self._put(self._not_sent(order, f"{self._venue} cannot take {order.client_order_id}: {unholdable}"))

    def _cancel(self, cancel: SendCancel) -> None:
        order = self._trading.find(cancel.client_order_id)
        if order is None or order.is_closed:
            self._put(CancelRefused(account=self._account, client_order_id=cancel.client_order_id, reason=_TOO_LATE))
            return
        self._trading.take_back(order)

    def _amend(self, amend: SendAmend) -> None:
        order, listing = self._trading.find(amend.client_order_id), self._listings[amend.instrument]
        try:
            quantity = nautilus_quantity(amend.quantity, listing.size_places)
            price = nautilus_price(amend.price, listing.price_places)
        except UnholdableError as unholdable:
            self._put(self._amend_refused(amend, str(unholdable)))
            return
        if order is None or order.is_closed:
            self._put(self._amend_refused(amend, _TOO_LATE))
            return
        self._trading.change(order, quantity, price)

    def _query(self, query: QueryOrder, now_ns: int) -> None:
        account, client_order_id = self._account, query.client_order_id
        try:
            evidence = self._book.evidence(client_order_id)
        except VenueUnavailableError as forgotten:
            self._put(QueryUnanswered(account=account, client_order_id=client_order_id, reason=str(forgotten)))
            return
        if evidence is None:
            self._put(OrderNotFound(account=account, client_order_id=client_order_id, asked_ns=now_ns))
        else:
            self._put(OrderEvidence(status=evidence.status, fills=evidence.fills, asked_ns=now_ns))

    def _state(self, ask: AskStatement, now_ns: int) -> None:
        try:
            fills = self._book.fills_since(ask.fills_since_ns)
        except VenueUnavailableError as forgotten:
            self._put(StatementUnanswered(account=self._account, reason=str(forgotten)))
            return
        self._put(
            AccountStatement(
                account=self._account,
                asked_ns=now_ns,
                open_orders=self._book.open_orders(),
                fills=fills,
                positions=None,
                balances=None,
            )
        )

    def _not_sent(self, order: SendOrder, reason: str) -> OrderNotSent:
        return OrderNotSent(account=self._account, client_order_id=order.client_order_id, reason=reason)

    def _amend_refused(self, amend: SendAmend, reason: str) -> AmendRefused:
        return AmendRefused(account=self._account, client_order_id=amend.client_order_id, reason=reason)
