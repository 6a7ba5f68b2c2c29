"""The socket: one client after its handshake, what it asks, and what it is told."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from simulators.binance_futures.faults import Kind
from simulators.exchange.orders import Order, Trade
from simulators.ibkr import payloads, trading
from simulators.ibkr.orders import Placed
from simulators.ibkr.payloads import Fields
from simulators.ibkr.venue import Asked, Venue

_METHODS = {
    1: "reqMktData",
    2: "cancelMktData",
    3: "placeOrder",
    4: "cancelOrder",
    5: "reqOpenOrders",
    6: "reqAccountUpdates",
    7: "reqExecutions",
    8: "reqIds",
    9: "reqContractDetails",
    15: "reqAutoOpenOrders",
    16: "reqAllOpenOrders",
    49: "reqCurrentTime",
    59: "reqMarketDataType",
    61: "reqPositions",
    62: "reqAccountSummary",
    63: "cancelAccountSummary",
    64: "cancelPositions",
    71: "startApi",
    76: "reqAccountUpdatesMulti",
    77: "cancelAccountUpdatesMulti",
    99: "reqCompletedOrders",
}
_NEEDS_IB = frozenset({"placeOrder", "cancelOrder", "reqExecutions", "reqCompletedOrders", "reqAllOpenOrders"})
_READ_ONLY = frozenset({"placeOrder", "cancelOrder", "reqAllOpenOrders", "reqOpenOrders", "reqCompletedOrders"})
_READ_ONLY_TEXT = "Error validating request.-'bW' : cause - The API interface is currently in Read-Only mode."
_ALONE = -1
_VIOLATIONS = 3


class Connection:
    """One client."""

    def __init__(self, streams: Streams, writer: asyncio.StreamWriter) -> None:
        self.streams = streams
        self.client_id = _ALONE
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
        self.complain(_ALONE, 100, "Max rate of messages per second has been exceeded")
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
        told = payloads.execution(_ALONE, placed, trade, revision, price, _total(placed, trade))
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


class Front:
    """Answers clients."""

    def __init__(self, venue: Venue, streams: Streams) -> None:
        self._venue = venue
        self._streams = streams
        self._answers: dict[str, Callable[[Connection, list[str]], None]] = {
            "startApi": self._start,
            "placeOrder": self._place,
            "cancelOrder": self._cancel,
            "reqAllOpenOrders": self._open_orders,
            "reqOpenOrders": self._open_orders,
            "reqCompletedOrders": self._completed_orders,
            "reqExecutions": self._executions,
            "reqContractDetails": self._contracts,
            "reqPositions": self._positions,
            "reqAccountSummary": self._summary,
            "reqCurrentTime": lambda one, _: one.send([49, 1, self._venue.clock() // 1000]),
            "reqMarketDataType": self._market_data_type,
            "reqMktData": self._market_data,
            "cancelMktData": self._no_market_data,
            "reqIds": lambda one, _: one.send([9, 1, self._next_number(one.client_id)]),
        }

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve one client until it is gone."""
        connection = Connection(self._streams, writer)
        try:
            if await reader.readexactly(4) != b"API\0":
                return
            versions = await _message(reader)
            low, _, high = versions.decode().partition(" ")[0].removeprefix("v").partition("..")
            if not int(low) <= payloads.VERSION <= int(high):
                return
            connection.send([payloads.VERSION, _login_time()])
            self._streams.connections.add(connection)
            while True:
                fields = (await _message(reader)).decode().split("\0")[:-1]
                await self._hear(connection, fields)
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            self._streams.connections.discard(connection)
            writer.close()
            with suppress(ConnectionError, OSError):
                await writer.wait_closed()

    async def _hear(self, connection: Connection, fields: list[str]) -> None:
        venue, method = self._venue, _METHODS.get(int(fields[0]), fields[0])
        is_new = method == "placeOrder" and not trading.is_what_if(fields)
        is_new = is_new and (connection.client_id, int(fields[1])) not in venue.placed
        ref = fields[26] if method == "placeOrder" else ""
        asked = Asked(
            at_ms=venue.clock(), client_id=connection.client_id, method=method, fields=fields, ref=ref, is_new=is_new
        )
        venue.asked.append(asked)
        if method not in self._answers or connection.is_too_fast(venue.messages_a_second):
            return
        if venue.has_lost_ib and method in _NEEDS_IB:
            return
        if venue.is_read_only and method in _READ_ONLY:
            number = int(fields[1]) if method == "placeOrder" else _ALONE
            connection.complain(number, 321, _READ_ONLY_TEXT)
            return
        fault = venue.faults.take(method, ref)
        if fault is None:
            self._answers[method](connection, fields)
            return
        if fault.kind is Kind.DELAY:
            await asyncio.sleep(fault.delay_ms / 1000)
            self._answers[method](connection, fields)
            return
        if fault.late:
            venue.is_muted = True
            try:
                self._answers[method](connection, fields)
            finally:
                venue.is_muted = False
        if fault.kind is Kind.ERROR:
            connection.complain(int(fields[1]), fault.status, fault.body)
        elif fault.kind is Kind.TEAR:
            connection.tear()

    def _start(self, connection: Connection, fields: list[str]) -> None:
        client_id = int(fields[2])
        if any(one.client_id == client_id for one in self._streams.connections if one is not connection):
            connection.complain(_ALONE, 326, "Unable to connect as the client id is already in use.")
            connection.hang_up()
            return
        connection.client_id = client_id
        connection.send([15, 1, ",".join(self._venue.accounts)])
        connection.send([9, 1, self._next_number(client_id)])
        if self._venue.has_lost_ib:
            connection.complain(_ALONE, 2110, "Connectivity between Trader Workstation and server is broken.")
            return
        connection.complain(_ALONE, 2104, "Market data farm connection is OK:usfarm")

    def _next_number(self, client_id: int) -> int:
        return max((number for client, number in self._venue.placed if client == client_id), default=0) + 1

    # -- orders

    def _place(self, connection: Connection, fields: list[str]) -> None:
        venue, number = self._venue, int(fields[1])
        try:
            wanted = trading.read_order(venue, connection.client_id, fields)
            if trading.is_what_if(fields):
                trading.check(venue, wanted) if venue.margin_times == 1 else None
                wanted.margins = trading.margins(venue, wanted)
                connection.send(payloads.open_order(wanted))
                return
            known = venue.placed.get((connection.client_id, number))
            if known is not None:
                trading.change(venue, known, wanted)
                return
            trading.place(venue, wanted)
        except trading.VenueError as refused:
            if not venue.is_muted:
                connection.complain(number, refused.code, refused.text)
            return
        if wanted.order is None:
            self._streams.tell_order(wanted, "NEW")

    def _cancel(self, connection: Connection, fields: list[str]) -> None:
        number = int(fields[2])
        known = self._venue.placed.get((connection.client_id, number))
        if known is None:
            connection.complain(number, 10147, f"OrderId {number} that needs to be cancelled is not found.")
            return
        try:
            waits = known.order is None
            trading.cancel(self._venue, known)
        except trading.VenueError as refused:
            connection.complain(number, refused.code, refused.text)
            return
        if waits:
            self._streams.tell_order(known, "CANCELED")
        self._streams.tell(known, "error", payloads.error(number, 202, "Order Canceled - reason:"))

    def _open_orders(self, connection: Connection, _: list[str]) -> None:
        for one in self._venue.all_placed():
            if one.is_open:
                connection.send(payloads.open_order(one))
                connection.send(payloads.order_status(one))
        connection.send([53, 1])

    def _completed_orders(self, connection: Connection, _: list[str]) -> None:
        for one in self._venue.all_placed():
            if not one.is_open:
                connection.send(payloads.completed_order(one))
        connection.send([102])

    def _executions(self, connection: Connection, fields: list[str]) -> None:
        request, account, since = int(fields[2]), fields[4], fields[5]
        found = [
            (placed, trade)
            for placed in self._venue.all_placed()
            for trade in placed.trades
            if placed.account == account and trade.trade_id not in self._venue.faults.hidden_trades
        ]
        for placed, trade in sorted(found, key=lambda each: each[1].trade_id):
            revision, price = self._venue.price_of(trade)
            said = payloads.execution(request, placed, trade, revision, price, _total(placed, trade))
            if since and str(said[15]) < since:
                continue
            connection.send(said)
            if not self._venue.holds_commissions:
                connection.send(payloads.commission(placed, trade, revision))
        connection.send([55, 1, request])

    # -- the rest

    def _contracts(self, connection: Connection, fields: list[str]) -> None:
        request, conid = int(fields[2]), int(fields[3] or "0")
        symbol, kind, expiry, strike, right = fields[4:9]
        currency = fields[12]
        found = [
            one
            for one in self._venue.listings.values()
            if (conid in (0, one.conid) and conid)
            or (
                not conid
                and (one.symbol, one.kind, one.currency) == (symbol, kind, currency)
                and one.expiry.startswith(expiry)
                and (not right or one.right == right)
                and (Decimal(strike or "0") in (0, Decimal(one.strike)))
            )
        ]
        if not found:
            connection.complain(request, 200, "No security definition has been found for the request")
            return
        for one in found:
            connection.send(payloads.contract_details(request, one))
        connection.send([52, 1, request])

    def _positions(self, connection: Connection, _: list[str]) -> None:
        for account in self._venue.accounts:
            held = self._venue.exchange.accounts.get(account)
            for symbol, one in held.positions.items() if held is not None else ():
                connection.send(payloads.position(account, self._venue.listings[int(symbol)], one.quantity, one.entry))
        connection.send([62, 1])

    def _summary(self, connection: Connection, fields: list[str]) -> None:
        request = int(fields[2])
        for account in self._venue.accounts:
            held = self._venue.exchange.accounts.get(account)
            if held is None:
                continue
            rows = [
                ("CashBalance", held.wallet, "USD"),
                ("CashBalance", held.wallet, "BASE"),
                ("ExchangeRate", 1, "USD"),
            ]
            for tag, value, currency in (*rows, ("AvailableFunds", held.wallet, "USD")):
                connection.send([63, 1, request, account, tag, value, currency])
        connection.send([64, 1, request])

    def _market_data_type(self, connection: Connection, fields: list[str]) -> None:
        connection.market_data_type = int(fields[2])

    def _no_market_data(self, connection: Connection, fields: list[str]) -> None:
        connection.lines.pop(int(fields[2]), None)

    def _market_data(self, connection: Connection, fields: list[str]) -> None:
        request, conid = int(fields[2]), int(fields[3])
        has = self._venue.market_data
        if has == "none" or (has == "delayed" and connection.market_data_type < 3):
            connection.complain(
                request, 354, "Requested market data is not subscribed.Delayed market data is available."
            )
            return
        connection.lines[request] = conid
        connection.send([58, 1, request, 3 if has == "delayed" else 1])
        self._streams.show(connection, request, conid)


def _total(placed: Placed, trade: Trade) -> Decimal:
    return sum((one.quantity for one in placed.trades if one.trade_id <= trade.trade_id), Decimal(0))


async def _message(reader: asyncio.StreamReader) -> bytes:
    length = int.from_bytes(await reader.readexactly(4), "big")
    return await reader.readexactly(length)


def _login_time() -> str:
    """Return TWS's time in a zone in which it is about noon: no test is to run over the end of its day."""
    now = datetime.now(UTC)
    return f"{now + timedelta(hours=12 - now.hour):%Y%m%d %H:%M:%S} NOON"
