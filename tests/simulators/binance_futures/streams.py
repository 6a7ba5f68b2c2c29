"""The streams of futures: each account's own, by listen key."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from simulators.binance_futures import payloads
from simulators.binance_futures.faults import Faults
from simulators.binance_futures.told import Connection, Told
from simulators.exchange.core import Exchange
from simulators.exchange.orders import Order, Trade

_KEY_LIVES_MS = 60 * 60_000


@dataclass(slots=True)
class ListenKey:
    """A key to one account's stream."""

    key: str
    account: str
    until_ms: int
    connections: set[Connection] = field(default_factory=set)


class Streams(Told):
    """The streams of futures: an account's by its listen keys."""

    orders = "ORDER_TRADE_UPDATE"

    def __init__(self, exchange: Exchange, faults: Faults, clock: Callable[[], int]) -> None:
        super().__init__(exchange, faults, clock)
        self.listen_keys: dict[str, ListenKey] = {}

    def connections(self, account: str) -> Iterable[Connection]:
        return [one for held in self.listen_keys.values() if held.account == account for one in held.connections]

    def wrapped(self, message: payloads.Json, connection: Connection) -> payloads.Json:
        del connection
        return message

    def book_ticker(self, symbol: str) -> payloads.Json | None:
        return payloads.book_ticker(self._exchange, symbol, self._clock())

    def state(self) -> dict[str, object]:
        return {
            "userConnections": sum(len(held.connections) for held in self.listen_keys.values()),
            "listenKeys": len(self.listen_keys),
        }

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

    def end_streams(self, account: str) -> None:
        """Let an account's keys end, and tell its streams; the connections stay open, and tell nothing more."""
        for key in [key for key, held in self.listen_keys.items() if held.account == account]:
            for connection in self.listen_keys.pop(key).connections:
                connection.send({"e": "listenKeyExpired", "E": self._clock(), "listenKey": key})

    # -- what happens at the exchange

    def order_changed(self, order: Order, execution: str) -> None:
        self._tell_order(order, "AMENDMENT" if execution == "AMENDED" else execution, None)

    def traded(self, order: Order, trade: Trade) -> None:
        account = self._exchange.accounts[order.account or ""]
        update = payloads.account_update(account, order.symbol, "ORDER", self._clock())
        self.tell(account.name, "ACCOUNT_UPDATE", "", "", update)
        self._tell_order(order, "TRADE", trade)
        contract = self._exchange.contracts[order.symbol]
        self.show_trade(f"{order.symbol.lower()}@aggTrade", payloads.aggregate_trade(contract, trade, self._clock()))

    def _tell_order(self, order: Order, execution: str, trade: Trade | None) -> None:
        contract = self._exchange.contracts[order.symbol]
        update = payloads.order_update(order, contract, execution, trade, self._clock())
        self.tell(order.account or "", "ORDER_TRADE_UPDATE", order.client_order_id, execution, update)
