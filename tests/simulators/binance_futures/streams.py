"""The venue's websockets: market data, and each account's own stream."""

from __future__ import annotations

import asyncio
import json
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field

from simulators.binance_futures import payloads
from simulators.binance_futures.faults import Faults, Kind
from simulators.exchange.core import Exchange
from simulators.exchange.orders import Order, Trade

_KEY_LIVES_MS = 60 * 60_000
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


@dataclass(slots=True)
class ListenKey:
    """A key to one account's stream."""

    key: str
    account: str
    until_ms: int
    connections: set[Connection] = field(default_factory=set)


class Streams:
    """Tells what happens at the exchange, as far as no fault keeps it back."""

    def __init__(self, exchange: Exchange, faults: Faults, clock: Callable[[], int]) -> None:
        self._exchange = exchange
        self._faults = faults
        self._clock = clock
        self._held: list[tuple[str, payloads.Json]] = []
        self.listen_keys: dict[str, ListenKey] = {}
        self.market: set[Connection] = set()
        self.told = 0  # messages of user streams
        exchange.listeners.append(self)

    # -- listen keys

    def listen_key(self, account: str) -> ListenKey:
        """Return the account's key: the same one for as long as it lives."""
        now_ms = self._clock()
        for held in self.listen_keys.values():
            if held.account == account and held.until_ms > now_ms:
                held.until_ms = now_ms + _KEY_LIVES_MS
                return held
        made = ListenKey(secrets.token_urlsafe(48)[:64], account, now_ms + _KEY_LIVES_MS)
        self.listen_keys[made.key] = made
        return made

    def has_key(self, account: str) -> bool:
        return any(held.account == account and held.until_ms > self._clock() for held in self.listen_keys.values())

    def close_keys(self, account: str) -> None:
        for key in [key for key, held in self.listen_keys.items() if held.account == account]:
            for connection in self.listen_keys.pop(key).connections:
                connection.hang_up()

    def expire_keys(self, account: str) -> None:
        """Let an account's keys end, and tell its streams; the connections stay open, and tell nothing more."""
        for key in [key for key, held in self.listen_keys.items() if held.account == account]:
            for connection in self.listen_keys.pop(key).connections:
                connection.send({"e": "listenKeyExpired", "E": self._clock(), "listenKey": key})

    def hang_up(self, what: str) -> None:
        """Break connections: those of `user` streams, of the `market`, or `all`."""
        if what in ("user", "all"):
            for held in self.listen_keys.values():
                for connection in held.connections:
                    connection.hang_up()
        if what in ("market", "all"):
            for connection in self.market:
                connection.hang_up()

    # -- what happens at the exchange

    def order_changed(self, order: Order, execution: str) -> None:
        self._tell_order(order, execution, None)

    def traded(self, order: Order, trade: Trade) -> None:
        account = self._exchange.accounts[order.account or ""]
        update = payloads.account_update(account, order.symbol, "ORDER", self._clock())
        self._tell(account.name, "ACCOUNT_UPDATE", "", "", update)
        self._tell_order(order, "TRADE", trade)

    def quote_changed(self, symbol: str) -> None:
        message = payloads.book_ticker(self._exchange, symbol, self._clock())
        name = f"{symbol.lower()}@bookTicker"
        for connection in self.market:
            if message is not None and name in connection.names:
                connection.send({"stream": name, "data": message})

    def show(self, connection: Connection) -> None:
        """Send the newest prices of all that a connection follows."""
        for symbol in self._exchange.contracts:
            name = f"{symbol.lower()}@bookTicker"
            message = payloads.book_ticker(self._exchange, symbol, self._clock())
            if message is not None and name in connection.names:
                connection.send({"stream": name, "data": message})

    def _tell_order(self, order: Order, execution: str, trade: Trade | None) -> None:
        contract = self._exchange.contracts[order.symbol]
        update = payloads.order_update(order, contract, execution, trade, self._clock())
        self._tell(order.account or "", "ORDER_TRADE_UPDATE", order.client_order_id, execution, update)

    def _tell(self, account: str, kind: str, client_order_id: str, execution: str, message: payloads.Json) -> None:
        fault = self._faults.take(kind, client_order_id, execution)
        if self._faults.silent or (fault is not None and fault.kind is Kind.DROP):
            return
        if fault is not None and fault.kind is Kind.HOLD:
            self._held.append((account, message))
            return
        if fault is not None and fault.kind is Kind.DELAY:
            asyncio.get_running_loop().call_later(fault.delay_ms / 1000, self.send, account, message)
            return
        if fault is not None and fault.kind is Kind.DECORATE:
            message = {**message, "new": {"field": [1], "of": "the venue"}}
        self.send(account, message)
        if fault is not None and fault.kind is Kind.DUPLICATE:
            self.send(account, message)
        if kind == "ORDER_TRADE_UPDATE":  # what was held comes after the next message of an order
            held, self._held = self._held, []
            for whose, late in held:
                self.send(whose, late)

    def send(self, account: str, message: payloads.Json) -> None:
        """Send a message to every stream of an account."""
        for held in self.listen_keys.values():
            if held.account == account:
                for connection in held.connections:
                    self.told += 1
                    connection.send(message)
