"""Telling accounts and the public what happens at the exchange, over websockets, as far as no fault forbids it."""

from __future__ import annotations

import asyncio
import json
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from simulators.binance_futures.faults import Faults, Kind
from simulators.exchange.core import Exchange
from simulators.exchange.orders import Order, Trade

type Json = dict[str, object]
_BACKLOG = 100_000


@dataclass(eq=False, slots=True)
class Connection:
    """One websocket: what is to be sent, and when to hang up (None in the queue)."""

    outbox: asyncio.Queue[str | None] = field(default_factory=lambda: asyncio.Queue(_BACKLOG))
    names: set[str] = field(default_factory=set)  # market streams, such as btcusdt@bookTicker

    def send(self, message: object) -> None:
        self.outbox.put_nowait(json.dumps(message))

    def hang_up(self) -> None:
        self.outbox.put_nowait(None)


class Told(ABC):
    """Tells accounts what happens, as far as no fault keeps it back. `orders` is the name of messages about orders."""

    orders: str

    def __init__(self, exchange: Exchange, faults: Faults, clock: Callable[[], int]) -> None:
        self._exchange = exchange
        self._faults = faults
        self._clock = clock
        self._held: list[tuple[str, Json, frozenset[Connection]]] = []
        self.market: set[Connection] = set()
        self.told = 0  # messages of user streams
        self.trades_told_ns: dict[str, int] = {}  # the first of each order, on this machine's monotonic clock
        exchange.listeners.append(self)

    @abstractmethod
    def connections(self, account: str) -> Iterable[Connection]:
        """Return those that follow an account."""

    @abstractmethod
    def wrapped(self, message: Json, connection: Connection) -> Json:
        """Return a message as a connection carries it."""

    @abstractmethod
    def book_ticker(self, symbol: str) -> Json | None:
        """Return the best prices; None while a side is empty."""

    @abstractmethod
    def state(self) -> dict[str, object]:
        """Return connections and what they follow."""

    @abstractmethod
    def end_streams(self, account: str) -> None:
        """Let an account's streams end and say so; the connections stay open, and tell nothing more."""

    @abstractmethod
    def order_changed(self, order: Order, execution: str) -> None:
        """Tell of an order (`simulators.exchange.core.Listener`)."""

    @abstractmethod
    def traded(self, order: Order, trade: Trade) -> None:
        """Tell of a trade."""

    def quote_changed(self, symbol: str) -> None:
        message = self.book_ticker(symbol)
        name = f"{symbol.lower()}@bookTicker"
        for connection in self.market:
            if message is not None and name in connection.names:
                connection.send({"stream": name, "data": message})

    def show_trade(self, name: str, message: Json) -> None:
        """Tell everybody who follows them of a trade."""
        for connection in self.market:
            if name in connection.names:
                connection.send({"stream": name, "data": message})

    def show(self, connection: Connection) -> None:
        """Send the newest prices of all that a connection follows."""
        for symbol in self._exchange.contracts:
            name = f"{symbol.lower()}@bookTicker"
            message = self.book_ticker(symbol)
            if message is not None and name in connection.names:
                connection.send({"stream": name, "data": message})

    def hang_up(self, what: str) -> None:
        """Break connections: those of `user` streams, of the `market`, or `all`."""
        if what in ("user", "all"):
            for account in self._exchange.accounts:
                for connection in self.connections(account):
                    connection.hang_up()
        if what in ("market", "all"):
            for connection in self.market:
                connection.hang_up()

    def tell(self, account: str, kind: str, client_order_id: str, execution: str, message: Json) -> None:
        fault = self._faults.take(kind, client_order_id, execution)
        if self._faults.silent or (fault is not None and fault.kind is Kind.DROP):
            return
        if fault is not None and fault.kind is Kind.HOLD:
            self._held.append((account, message, frozenset(self.connections(account))))
            return
        if fault is not None and fault.kind is Kind.DELAY:
            to = frozenset(self.connections(account))
            asyncio.get_running_loop().call_later(fault.delay_ms / 1000, self.send, account, message, to)
            return
        if fault is not None and fault.kind is Kind.DECORATE:
            message = {**message, "new": {"field": [1], "of": "the venue"}}
        if execution == "TRADE":
            self.trades_told_ns.setdefault(client_order_id, time.perf_counter_ns())
        self.send(account, message)
        if fault is not None and fault.kind is Kind.DUPLICATE:
            self.send(account, message)
        if kind == self.orders:  # what was held comes after the next message of an order
            held, self._held = self._held, []
            for whose, late, to in held:
                self.send(whose, late, to)

    def send(self, account: str, message: Json, to: frozenset[Connection] | None = None) -> None:
        """Send a message to every stream of an account; what is late, to those that followed it when it happened."""
        for connection in self.connections(account):
            if to is None or connection in to:
                self.told += 1
                connection.send(self.wrapped(message, connection))
