"""The streams of spot: an account's, on connections that subscribed to it; and the market's."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from simulators.binance_futures.faults import Faults
from simulators.binance_futures.told import Connection, Json, Told
from simulators.binance_spot import account_payloads, payloads
from simulators.exchange.core import Exchange
from simulators.exchange.orders import Order, Trade


@dataclass(eq=False, slots=True)
class ApiConnection(Connection):
    """One websocket of the API: who logged on there, and which accounts it follows, by the number of each."""

    account: str | None = None
    subscriptions: dict[int, str] = field(default_factory=dict)
    made: int = 0

    def follow(self, account: str) -> int:
        """Follow an account, and return the number of that."""
        number, self.made = self.made, self.made + 1
        self.subscriptions[number] = account
        return number


class SpotStreams(Told):
    """Tells subscribers what happens at the exchange."""

    orders = "executionReport"

    def __init__(self, exchange: Exchange, faults: Faults, clock: Callable[[], int]) -> None:
        super().__init__(exchange, faults, clock)
        self.api: set[ApiConnection] = set()

    def connections(self, account: str) -> Iterable[Connection]:
        return [one for one in self.api if account in one.subscriptions.values()]

    def wrapped(self, message: Json, connection: Connection) -> Json:
        numbers = connection.subscriptions if isinstance(connection, ApiConnection) else {}
        return {"subscriptionId": next(iter(numbers), 0), "event": message}

    def book_ticker(self, symbol: str) -> Json | None:
        return payloads.book_ticker(self._exchange, symbol)

    def state(self) -> dict[str, object]:
        return {"userConnections": sum(1 for one in self.api if one.subscriptions)}

    def end_streams(self, account: str) -> None:
        for connection in self.api:
            if account in connection.subscriptions.values():
                event: Json = {"e": "eventStreamTerminated", "E": self._clock()}
                connection.send(self.wrapped(event, connection))
                connection.subscriptions.clear()

    def order_changed(self, order: Order, execution: str) -> None:
        self._tell_order(order, payloads.REPLACED if execution == "AMENDED" else execution, None)

    def traded(self, order: Order, trade: Trade) -> None:
        self._tell_order(order, "TRADE", trade)
        self.show_trade(f"{order.symbol.lower()}@trade", payloads.public_trade(trade, self._clock()))

    def _tell_order(self, order: Order, execution: str, trade: Trade | None) -> None:
        account = self._exchange.accounts[order.account or ""]
        report = payloads.execution_report(order, execution, trade, self._clock())
        self.tell(account.name, self.orders, order.client_order_id, execution, report)
        contract = self._exchange.contracts[order.symbol]
        position = account_payloads.account_position(self._exchange, account, contract, self._clock())
        self.tell(account.name, "outboundAccountPosition", "", "", position)
