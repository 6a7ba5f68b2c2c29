"""Who follows which channel, and what they are told: all of it, as far as no fault keeps it back."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass, field
from typing import Any

from simulators.binance_futures.faults import Kind
from simulators.deribit import payloads, triggers
from simulators.deribit.venue import Meta, Venue
from simulators.deribit.waiting import Waiting
from simulators.exchange.orders import Order, Trade

_BACKLOG = 100_000


@dataclass(eq=False, slots=True)
class Connection:
    """One websocket: what is to be sent, and when to hang up (None in the queue)."""

    outbox: asyncio.Queue[str | None] = field(default_factory=lambda: asyncio.Queue(_BACKLOG))
    channels: set[str] = field(default_factory=set)
    access: str = ""  # the token that it logged in with
    user: str = ""
    heartbeat_s: float = 0.0
    tested: bool = True  # whether the last test request was answered
    cancels_on_disconnect: bool = False

    def send(self, message: object) -> None:
        self.outbox.put_nowait(json.dumps(message))

    def hang_up(self) -> None:
        self.outbox.put_nowait(None)


class Streams:
    """Tells connections what happens at the exchange."""

    def __init__(self, venue: Venue) -> None:
        self._venue = venue
        self._held: list[tuple[str, str, payloads.Json, frozenset[Connection]]] = []
        self.connections: set[Connection] = set()
        self.is_frozen = False  # nothing at all is said any more
        self.told = 0  # messages of user channels
        venue.exchange.listeners.append(self)
        venue.tell_waiting = self._waiting_changed

    # -- what happens

    def _waiting_changed(self, order: Waiting) -> None:
        self._user(order.user, "orders", "WAITING", triggers.shown(order))

    def order_changed(self, order: Order, execution: str) -> None:
        if order.account is None:
            return
        venue = self._venue
        meta = venue.metas.setdefault(order.order_id, venue.coming)
        if execution == "CANCELED" and not meta.cancel_reason:
            meta.cancel_reason = "user_request"
        self._user(_user_of(order), "orders", execution, payloads.order(venue, order))

    def traded(self, order: Order, trade: Trade) -> None:
        if order.account is None:
            return
        venue = self._venue
        self._user(_user_of(order), "trades", "TRADE", payloads.user_trade(venue, trade, order))
        self._user(_user_of(order), "orders", "TRADE", payloads.order(venue, order))
        self._public(f"trades.{order.symbol}.", [payloads.public_trade(venue, trade)])

    def quote_changed(self, symbol: str) -> None:
        listing = self._venue.listings[symbol]
        self._public(f"quote.{symbol}", payloads.quote(self._venue, listing))
        self._public(f"ticker.{symbol}.", payloads.ticker(self._venue, listing))
        for connection in self.connections:
            for channel in connection.channels:
                if channel.startswith(f"book.{symbol}."):
                    self._book(connection, channel, is_first=False)
        if any(one.is_open for one in self._venue.waiting):  # after whatever moves the market has ended
            asyncio.get_running_loop().call_soon(triggers.market_moved, self._venue, symbol)

    def show(self, connection: Connection, channels: list[str]) -> None:
        """Tell what there is, to one that begins to follow."""
        for channel in channels:
            kind, _, rest = channel.partition(".")
            listing = self._venue.listings.get(rest.split(".")[0])
            if listing is None:
                continue
            if kind == "quote":
                self._send(connection, channel, payloads.quote(self._venue, listing))
            elif kind == "ticker":
                self._send(connection, channel, payloads.ticker(self._venue, listing))
            elif kind == "book":
                self._book(connection, channel, is_first=True)

    # -- how it is told

    def _book(self, connection: Connection, channel: str, *, is_first: bool) -> None:
        symbol = channel.split(".")[1]
        whole = payloads.book(self._venue, self._venue.listings[symbol])
        said = {name: whole[name] for name in ("instrument_name", "timestamp", "change_id", "bids", "asks")}
        if channel.count(".") < 3:  # grouped books are whole each time; these are told as changes
            word = "new" if is_first else "change"
            said |= {side: [[word, *level] for level in whole[side]] for side in ("bids", "asks")}
            said |= {"type": "snapshot" if is_first else "change"}
            said["prev_change_id"] = None if is_first else said["change_id"] - 1
        self._send(connection, channel, said)

    def _public(self, prefix: str, data: object) -> None:
        for connection in self.connections:
            for channel in connection.channels:
                if channel == prefix or (prefix.endswith(".") and channel.startswith(prefix)):
                    self._send(connection, channel, data)

    def _user(self, user: str, kind: str, execution: str, data: payloads.Json) -> None:
        fault = self._venue.faults.take(f"user.{kind}", str(data["label"]), execution)
        if self._venue.faults.silent or (fault is not None and fault.kind is Kind.DROP):
            return
        if fault is not None and fault.kind in (Kind.HOLD, Kind.DELAY):
            late = (user, kind, data, frozenset(self.connections))
            if fault.kind is Kind.HOLD:
                self._held.append(late)
            else:
                asyncio.get_running_loop().call_later(fault.delay_ms / 1000, self._tell, *late)
            return
        if fault is not None and fault.kind is Kind.DECORATE:
            data = data | {"nobody_knows_this_yet": {"a": [1]}, "nor_this": None}
        self._tell(user, kind, data)
        if fault is not None and fault.kind is Kind.DUPLICATE:
            self._tell(user, kind, data)
        held, self._held = self._held, []
        for one in held:
            self._tell(*one)

    def _tell(self, user: str, kind: str, data: payloads.Json, to: frozenset[Connection] | None = None) -> None:
        """Tell everybody who follows a user; what is late, those who were there when it happened."""
        listing = self._venue.listings[data["instrument_name"]]
        names = {data["instrument_name"], "any.any", f"{listing.kind}.any", f"any.{listing.currency}"}
        for connection in self.connections:
            for channel in connection.channels:
                parts = channel.split(".")
                if to is not None and connection not in to:
                    continue
                if connection.user != user or parts[:2] != ["user", kind] or ".".join(parts[2:-1]) not in names:
                    continue
                self.told += 1
                self._send(connection, channel, data if kind == "orders" and parts[-1] == "raw" else [data])

    def _send(self, connection: Connection, channel: str, data: Any) -> None:
        if not self.is_frozen:
            message = {"jsonrpc": "2.0", "method": "subscription", "params": {"channel": channel, "data": data}}
            connection.send(message)

    def gone(self, connection: Connection) -> None:
        """Take a connection off, and cancel what it placed, where that was asked for."""
        self.connections.discard(connection)
        venue = self._venue
        if connection.cancels_on_disconnect:
            waits = [one for one in triggers.waiting(venue, connection.user) if one.connection is connection]
            triggers.cancel(venue, waits, "cancel_on_disconnect")
            for order in list(venue.orders(connection.user)):
                meta: Meta = venue.meta(order)
                if order.is_open and meta.connection is connection and order.account is not None:
                    meta.cancel_reason = "cancel_on_disconnect"
                    venue.exchange.cancel(order.account, order.symbol, order_id=order.order_id, client_order_id=None)


def _user_of(order: Order) -> str:
    return str(order.account).partition("/")[0]
