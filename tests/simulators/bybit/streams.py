"""The venue's websockets: market data, each account's own topics, and the answers to operations."""

from __future__ import annotations

import asyncio
import json
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field

from simulators.binance_futures.faults import Faults, Kind
from simulators.bybit import account_payloads, names, payloads
from simulators.exchange.core import Exchange
from simulators.exchange.orders import Order, Trade

_BACKLOG = 100_000


@dataclass(eq=False, slots=True)
class Connection:
    """One websocket: what is to be sent, and when to hang up (None in the queue)."""

    account: str = ""  # after the login
    category: str = ""  # of market streams
    conn_id: str = field(default_factory=lambda: secrets.token_hex(10))
    outbox: asyncio.Queue[str | None] = field(default_factory=lambda: asyncio.Queue(_BACKLOG))
    topics: set[str] = field(default_factory=set)

    def send(self, message: object) -> None:
        self.outbox.put_nowait(json.dumps(message))

    def hang_up(self) -> None:
        self.outbox.put_nowait(None)


class Streams:
    """Tells what happens at the exchange, as far as no fault keeps it back."""

    def __init__(self, exchange: Exchange, faults: Faults, clock: Callable[[], int]) -> None:
        self._exchange = exchange
        self._faults = faults
        self._clock = clock
        self._held: list[tuple[str, str, payloads.Json, frozenset[Connection]]] = []
        self.private: set[Connection] = set()
        self.market: set[Connection] = set()
        self.trade: set[Connection] = set()
        self.told = 0  # messages of private topics
        exchange.listeners.append(self)

    def hang_up(self, what: str) -> None:
        """Break connections: the `private` ones (`user` is the same), those of the `market`, of `trade`, or `all`."""
        chosen = {
            "private": self.private,
            "user": self.private,
            "market": self.market,
            "trade": self.trade,
            "all": self.private | self.market | self.trade,
        }[what]
        for connection in chosen:
            connection.hang_up()

    # -- what happens at the exchange

    def order_changed(self, order: Order, execution: str) -> None:
        update = payloads.order_update(order, self._exchange.contracts[order.symbol], self._exchange)
        self._tell(order.account or "", "order", order.client_order_id, execution, update)

    def traded(self, order: Order, trade: Trade) -> None:
        contract, account = self._exchange.contracts[order.symbol], self._exchange.accounts[order.account or ""]
        update = payloads.execution_update(trade, order, contract)
        self._tell(account.name, "execution", order.client_order_id, "TRADE", update)
        self.order_changed(order, "TRADE")
        if not contract.is_spot:
            held = payloads.position_update(self._exchange, contract, account)
            self._tell(account.name, "position", "", "", held)
        self._tell(account.name, "wallet", "", "", account_payloads.wallet_update(self._exchange, account))

    def quote_changed(self, symbol: str) -> None:
        contract = self._exchange.contracts[symbol]
        message, category = None, names.category_of(contract)
        topic = f"orderbook.1.{names.symbol_of(contract)}"
        for connection in self.market:
            if connection.category == category and topic in connection.topics:
                message = message or payloads.order_book(self._exchange, contract, self._clock())
                connection.send(message)

    def show(self, connection: Connection) -> None:
        """Send the newest prices of all that a connection follows."""
        for contract in self._exchange.contracts.values():
            topic = f"orderbook.1.{names.symbol_of(contract)}"
            if names.category_of(contract) == connection.category and topic in connection.topics:
                connection.send(payloads.order_book(self._exchange, contract, self._clock()))

    def _tell(self, account: str, topic: str, client_order_id: str, execution: str, element: payloads.Json) -> None:
        fault = self._faults.take(topic, client_order_id, execution)
        if self._faults.silent or (fault is not None and fault.kind is Kind.DROP):
            return
        if fault is not None and fault.kind is Kind.HOLD:
            self._held.append((account, topic, element, frozenset(self.private)))
            return
        if fault is not None and fault.kind is Kind.DELAY:
            late_s, to = fault.delay_ms / 1000, frozenset(self.private)
            asyncio.get_running_loop().call_later(late_s, self.send, account, topic, element, to)
            return
        if fault is not None and fault.kind is Kind.DECORATE:
            element = {**element, "new": {"field": [1], "of": "the venue"}}
        self.send(account, topic, element)
        if fault is not None and fault.kind is Kind.DUPLICATE:
            self.send(account, topic, element)
        if topic == "execution" or (topic == "order" and execution != "TRADE"):  # then comes what was held
            held, self._held = self._held, []
            for whose, late_topic, late, to in held:
                self.send(whose, late_topic, late, to)

    def send(self, account: str, topic: str, element: payloads.Json, to: frozenset[Connection] | None = None) -> None:
        """Send an element of a topic to every connection that follows it; what is late, to those that were there."""
        now_ms = self._clock()
        message = {"id": f"{account}_{self.told}", "topic": topic, "creationTime": now_ms, "data": [element]}
        for connection in self.private if to is None else self.private & to:
            if connection.account == account and topic in connection.topics:
                self.told += 1
                connection.send(message)
