"""The venue's websockets: market data, and what each account hears of itself."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from simulators.binance_futures.faults import Faults, Kind
from simulators.exchange.core import Exchange
from simulators.exchange.orders import Order, Trade
from simulators.okx import account_payloads, payloads
from simulators.okx.listings import Listing

_BACKLOG = 100_000
ORDERS = "orders"


@dataclass(eq=False, slots=True)
class Connection:
    """One websocket: what is to be sent, and when to hang up (None in the queue)."""

    kind: str  # public, private, business
    outbox: asyncio.Queue[str | None] = field(default_factory=lambda: asyncio.Queue(_BACKLOG))
    account: str = ""  # whose it is, once logged in
    topics: set[tuple[str, str]] = field(default_factory=set)  # channel, and instrument or kind of instruments

    def send(self, message: object) -> None:
        self.outbox.put_nowait(message if isinstance(message, str) else json.dumps(message))

    def hang_up(self) -> None:
        self.outbox.put_nowait(None)


class Streams:
    """Tells what happens at the exchange, as far as no fault keeps it back."""

    def __init__(
        self, exchange: Exchange, faults: Faults, clock: Callable[[], int], listings: Mapping[str, Listing]
    ) -> None:
        self._exchange = exchange
        self._faults = faults
        self._clock = clock
        self._listings = listings
        self._held: list[tuple[str, str, payloads.Json, frozenset[Connection]]] = []
        self.connections: set[Connection] = set()
        self.amending = ""  # the request id of the amend that is being carried out
        self.told = 0  # messages about orders
        exchange.listeners.append(self)

    def hang_up(self, what: str) -> None:
        """Break connections: `user` (private ones), `market` (public ones), or `all`."""
        kinds = {"user": ("private",), "market": ("public",)}.get(what, ("private", "public", "business"))
        for connection in self.connections:
            if connection.kind in kinds:
                connection.hang_up()

    def forget_logins(self) -> None:
        """Let every login be over, and say so; the connections stay open, and tell nothing more."""
        for connection in self.connections:
            if connection.account:
                connection.account = ""
                connection.topics.clear()
                connection.send({"event": "error", "code": "60009", "msg": "Login failed.", "connId": "a4d3ae55"})

    # -- what happens at the exchange

    def order_changed(self, order: Order, execution: str) -> None:
        amended = None
        if execution == "AMENDED":
            amended, self.amending = (self.amending, "0"), ""
        self._tell_order(order, execution, None, amended)

    def traded(self, order: Order, trade: Trade) -> None:
        self._tell_order(order, "TRADE", trade, None)
        account = self._exchange.accounts[order.account or ""]
        message = {"arg": {"channel": "account"}, "data": [account_payloads.balance(self._exchange, account)]}
        if not self._faults.silent:
            self._send(account.name, "account", message)

    def quote_changed(self, symbol: str) -> None:
        message = self.quote(symbol)
        for connection in self.connections:
            if message is not None and ("bbo-tbt", symbol) in connection.topics:
                connection.send(message)

    def show(self, connection: Connection, symbol: str) -> None:
        """Send the newest prices of an instrument to whoever begins to follow it."""
        message = self.quote(symbol)
        if message is not None:
            connection.send(message)

    def quote(self, symbol: str) -> payloads.Json | None:
        """Return the best prices as the venue tells them; None while a side is empty."""
        bid, ask = self._exchange.best(symbol, is_buy=True), self._exchange.best(symbol, is_buy=False)
        listing = self._listings.get(symbol)
        if bid is None or ask is None or listing is None:
            return None
        sides = [[payloads.plain(one[0]), payloads.size(one[1], listing), "0", "1"] for one in (bid, ask)]
        data = {"asks": [sides[1]], "bids": [sides[0]], "ts": str(self._clock()), "seqId": self._exchange.updates}
        return {"arg": {"channel": "bbo-tbt", "instId": symbol}, "data": [data]}

    def _tell_order(self, order: Order, execution: str, trade: Trade | None, amended: tuple[str, str] | None) -> None:
        listing = self._listings[order.symbol]
        update = payloads.order_update(order, listing, trade, amended)
        message = {"arg": {"channel": ORDERS, "instType": listing.kind, "uid": "1"}, "data": [update]}
        self._tell(order.account or "", listing.kind, order.client_order_id, execution, message)

    def _tell(self, account: str, kind: str, client_order_id: str, execution: str, message: payloads.Json) -> None:
        fault = self._faults.take(ORDERS, client_order_id, execution)
        if self._faults.silent or (fault is not None and fault.kind is Kind.DROP):
            return
        if fault is not None and fault.kind is Kind.HOLD:
            self._held.append((account, kind, message, frozenset(self.connections)))
            return
        if fault is not None and fault.kind is Kind.DELAY:
            late_s, to = fault.delay_ms / 1000, frozenset(self.connections)
            asyncio.get_running_loop().call_later(late_s, self._send, account, kind, message, to)
            return
        if fault is not None and fault.kind is Kind.DECORATE:
            message["data"][0] |= {"new": {"field": [1], "of": "the venue"}}
        self._send(account, kind, message)
        if fault is not None and fault.kind is Kind.DUPLICATE:
            self._send(account, kind, message)
        held, self._held = self._held, []  # what was held comes after the next message of an order
        for whose, of, late, to in held:
            self._send(whose, of, late, to)

    def _send(self, account: str, kind: str, message: payloads.Json, to: frozenset[Connection] | None = None) -> None:
        """Send a message to whoever follows such instruments (or `account`); what is late, to those that were there."""
        topic = ("account", "") if kind == "account" else (ORDERS, kind)
        for connection in self.connections if to is None else self.connections & to:
            if connection.account == account and topic in connection.topics:
                self.told += 1
                connection.send(message)

    def tell(self, account: str, message: object) -> None:
        """Send exactly this to every private connection of an account."""
        for connection in self.connections:
            if connection.account == account and connection.kind == "private":
                connection.send(message)
