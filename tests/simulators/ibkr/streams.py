"""Connections, and what clients are told of what happens at the exchange, as far as no fault keeps it back."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Sequence
from decimal import Decimal

from simulators.binance_futures.faults import Kind
from simulators.exchange.orders import Order, Trade
from simulators.ibkr import payloads, trading
from simulators.ibkr.orders import Placed
from simulators.ibkr.payloads import Fields
from simulators.ibkr.venue import Venue

ALONE = -1  # the number of what belongs to no request
_VIOLATIONS = 3


class Connection:
    """One client."""

    def __init__(self, streams: Streams, writer: asyncio.StreamWriter) -> None:
        self.streams = streams
        self.client_id = ALONE
        self.lines: dict[int, int] = {}  # market data: contracts by request
        self.market_data_type = 1
        self._writer = writer
        self._heard: deque[float] = deque()
        self._violations = 0

    def send(self, fields: Sequence[object]) -> None:
        if not self._writer.is_closing():
            self._writer.write(payloads.framed(fields))

    def hang_up(self) -> None:
        self._writer.close()

    def tear(self) -> None:
        self._writer.transport.abort()

    def is_too_fast(self, most: float) -> bool:
        """Count a message; whoever goes on after three warnings is hung up on."""
        now = time.monotonic()
        self._heard.append(now)
        while self._heard[0] <= now - 1:
            self._heard.popleft()
        if len(self._heard) <= most:
            return False
        self._violations += 1
        self.complain(ALONE, 100, "Max rate of messages per second has been exceeded")
        if self._violations >= _VIOLATIONS:
            self.hang_up()
        return True

    def complain(self, number: int, code: int, text: str) -> None:
        self.streams.venue.codes.append(code)
        self.send(payloads.error(number, code, text))


class Streams:
    """Tells clients what happens at the exchange, as far as no fault keeps it back."""

    def __init__(self, venue: Venue) -> None:
        self.venue = venue
        self.connections: set[Connection] = set()
        self._held: list[tuple[int, Fields]] = []
        venue.exchange.listeners.append(self)

    def order_changed(self, order: Order, execution: str) -> None:
        if order.account is None:
            return
        placed = self.venue.by_order.get(order.order_id) or self.venue.coming
        if placed is None:
            return
        if placed.order is None:
            placed.order = order
            self.venue.by_order[order.order_id] = placed
        if execution == "EXPIRED":
            self.tell(placed, "error", payloads.error(placed.number, 202, "Order Canceled - reason:"))
        self.tell_order(placed, execution)

    def tell_order(self, placed: Placed, execution: str = "") -> None:
        self.tell(placed, "openOrder", payloads.open_order(placed), execution)
        self.tell(placed, "orderStatus", payloads.order_status(placed), execution)

    def traded(self, order: Order, trade: Trade) -> None:
        placed = self.venue.by_order.get(order.order_id)
        if order.account is None or placed is None:
            return
        placed.trades.append(trade)
        self.tell_trade(placed, trade)
        self.tell_order(placed, "TRADE")

    def tell_trade(self, placed: Placed, trade: Trade) -> None:
        revision, price = self.venue.price_of(trade)
        told = payloads.execution(ALONE, placed, trade, revision, price, total(placed, trade))
        self.tell(placed, "execDetails", told, "TRADE")
        if not self.venue.holds_commissions:
            self.tell(placed, "commissionReport", payloads.commission(placed, trade, revision), "TRADE")

    def quote_changed(self, symbol: str) -> None:
        conid = int(symbol)
        for connection in self.connections:
            for request, contract in connection.lines.items():
                if contract == conid:
                    self.show(connection, request, conid)
        for placed in trading.trigger(self.venue, self.venue.listings[conid]):
            self.tell_order(placed, "TRIGGERED")

    def show(self, connection: Connection, request: int, conid: int) -> None:
        """Send the best prices of a contract."""
        is_delayed = self.venue.market_data == "delayed"
        for is_buy, kind in ((True, 66 if is_delayed else 1), (False, 67 if is_delayed else 2)):
            best = self.venue.exchange.best(str(conid), is_buy)
            price, size = best if best is not None else (Decimal(-1), Decimal(0))
            connection.send([1, 6, request, kind, price, size, 0])

    def tell(self, placed: Placed, name: str, fields: Fields, execution: str = "") -> None:
        """Tell the client whose order it is."""
        venue = self.venue
        if venue.is_muted or venue.faults.silent:
            return
        fault = venue.faults.take(name, placed.ref, execution)
        if fault is not None and fault.kind is Kind.DROP:
            return
        if fault is not None and fault.kind is Kind.HOLD:
            self._held.append((placed.client_id, fields))
            return
        if fault is not None and fault.kind is Kind.DECORATE:
            fields = [*fields, "nobody knows", "this yet"]
        later_ms = fault.delay_ms if fault is not None and fault.kind is Kind.DELAY else venue.telling_late_ms
        if later_ms:
            asyncio.get_running_loop().call_later(later_ms / 1000, self._send, placed.client_id, fields)
            return
        self._send(placed.client_id, fields)
        if fault is not None and fault.kind is Kind.DUPLICATE:
            self._send(placed.client_id, fields)
        held, self._held = self._held, []
        for client_id, one in held:
            self._send(client_id, one)

    def _send(self, client_id: int, fields: Fields) -> None:
        for connection in self.connections:
            if connection.client_id == client_id:
                connection.send(fields)


def total(placed: Placed, trade: Trade) -> Decimal:
    """Return how much of an order had traded with a trade."""
    return sum((one.quantity for one in placed.trades if one.trade_id <= trade.trade_id), Decimal(0))
