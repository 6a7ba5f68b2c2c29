"""The socket: one client after its handshake, what it asks, and what it is told."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from simulators.binance_futures.faults import Fault, Kind
from simulators.ibkr import payloads, trading
from simulators.ibkr.streams import ALONE, Connection, Streams, total
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
_NUMBERED = {"placeOrder": 1, "cancelOrder": 2}  # where a message says which order it is about


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
        if self._venue.turns_away:
            connection.tear()
            return
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
                self._hear(connection, fields)
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            self._streams.connections.discard(connection)
            writer.close()
            with suppress(ConnectionError, OSError):
                await writer.wait_closed()

    def _hear(self, connection: Connection, fields: list[str]) -> None:
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
            number = int(fields[1]) if method == "placeOrder" else ALONE
            connection.complain(number, 321, _READ_ONLY_TEXT)
            return
        if method == "placeOrder":  # numbers are used up in the order in which they arrive, carried out or not
            venue.numbers[connection.client_id] = max(venue.numbers.get(connection.client_id, 0), int(fields[1]))
        fault = venue.faults.take(method, ref or self._ref_of(connection, method, fields))
        if fault is None:
            self._answer(connection, asked)
            return
        self._fail(connection, asked, fault)

    def _ref_of(self, connection: Connection, method: str, fields: list[str]) -> str:
        if method != "cancelOrder":
            return ""
        known = self._venue.placed.get((connection.client_id, int(fields[2])))
        return "" if known is None else known.ref

    def _answer(self, connection: Connection, asked: Asked) -> None:
        self._answers[asked.method](connection, asked.fields)
        asked.status = 200

    def _fail(self, connection: Connection, asked: Asked, fault: Fault) -> None:
        """Carry out a message as far as a fault lets it, and answer as the fault says."""
        venue, later_s = self._venue, fault.delay_ms / 1000
        loop = asyncio.get_running_loop()
        is_of_an_order = asked.method in _NUMBERED
        if fault.kind is Kind.DELAY and not (fault.late and is_of_an_order):
            loop.call_later(later_s, self._answer, connection, asked)
            return
        if fault.late and is_of_an_order:
            venue.is_muted = fault.kind is not Kind.DELAY
            venue.telling_late_ms = fault.delay_ms
            try:
                self._answers[asked.method](connection, asked.fields)
            finally:
                venue.is_muted, venue.telling_late_ms = False, 0
        match fault.kind:
            case Kind.DELAY:
                loop.call_later(later_s, setattr, asked, "status", 200)
            case Kind.ERROR:
                asked.status = fault.status
                self._complain(connection, asked, fault)
            case Kind.TEAR:
                connection.tear()
            case _:
                pass

    def _complain(self, connection: Connection, asked: Asked, fault: Fault) -> None:
        if asked.method in _NUMBERED:
            connection.complain(int(asked.fields[_NUMBERED[asked.method]]), fault.status, fault.body)
        else:  # a list is answered with none
            connection.send([11, 1, fault.body])
        if fault.retry_after_s:
            self._venue.turned_away_until_ms = self._venue.clock() + fault.retry_after_s * 1000
            for one in list(self._streams.connections):
                one.hang_up()

    def _start(self, connection: Connection, fields: list[str]) -> None:
        client_id = int(fields[2])
        if any(one.client_id == client_id for one in self._streams.connections if one is not connection):
            connection.complain(ALONE, 326, "Unable to connect as the client id is already in use.")
            connection.hang_up()
            return
        connection.client_id = client_id
        connection.send([15, 1, ",".join(self._venue.accounts)])
        connection.send([9, 1, self._next_number(client_id)])
        if self._venue.has_lost_ib:
            connection.complain(ALONE, 2110, "Connectivity between Trader Workstation and server is broken.")
            return
        connection.complain(ALONE, 2104, "Market data farm connection is OK:usfarm")

    def _next_number(self, client_id: int) -> int:
        return self._venue.numbers.get(client_id, 0) + 1

    # -- orders

    def _place(self, connection: Connection, fields: list[str]) -> None:
        venue, number = self._venue, int(fields[1])
        try:
            wanted = trading.read_order(venue, connection.client_id, fields)
            if trading.is_what_if(fields):
                trading.check(venue, wanted) if venue.margin_times == 1 else None
                wanted.margins = trading.margins(venue, wanted)
                if not venue.is_muted:
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
            if account in ("", placed.account) and trade.trade_id not in self._venue.faults.hidden_trades
        ]
        for placed, trade in sorted(found, key=lambda each: each[1].trade_id):
            revision, price = self._venue.price_of(trade)
            said = payloads.execution(request, placed, trade, revision, price, total(placed, trade))
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
            wallet = f"{held.wallet:.2f}"  # cents are the finest that it shows
            rows = [("CashBalance", wallet, "USD"), ("CashBalance", wallet, "BASE"), ("ExchangeRate", 1, "USD")]
            for tag, value, currency in (*rows, ("AvailableFunds", wallet, "USD")):
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


async def _message(reader: asyncio.StreamReader) -> bytes:
    length = int.from_bytes(await reader.readexactly(4), "big")
    return await reader.readexactly(length)


def _login_time() -> str:
    """Return TWS's time in a zone in which it is about noon: no test is to run over the end of its day."""
    now = datetime.now(UTC)
    return f"{now + timedelta(hours=12 - now.hour):%Y%m%d %H:%M:%S} NOON"
