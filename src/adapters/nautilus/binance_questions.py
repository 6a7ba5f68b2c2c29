"""Direct questions to Binance USDT-M Futures over HTTP: orders, open orders and trades, never Nautilus's cache."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from typing import Final

from nautilus_trader.adapters.binance.common.schemas.account import BinanceOrder, BinanceUserTrade
from nautilus_trader.adapters.binance.futures.http.account import BinanceFuturesAccountHttpAPI
from nautilus_trader.adapters.binance.http.error import BinanceClientError

from adapters.nautilus.binance_wire import FAILURES, UNKNOWN_ORDER, code_of, words
from adapters.nautilus.binance_words import NANOS_A_MILLI, Interpreter
from ports.errors import VenueUnavailableError
from ports.reports import FillReport, OrderEvidence, OrderStatusReport, VenueBalance, VenuePosition
from ports.values import ClientOrderId

_PAGE: Final = 1_000  # the most that the venue gives at once
_MOST_PAGES: Final = 50
_LOOKS: Final = 3  # at an order and its trades, until both tell the same
_SPAN_MS: Final = 7 * 24 * 3_600_000 - 1  # the longest that one question about trades may cover
_KEPT_MS: Final = 180 * 24 * 3_600_000
_REMEMBERED: Final = 100_000


class OrderNames:
    """Client order ids by the venue's order id: trades in the account's history name only the latter."""

    def __init__(self) -> None:
        self._names: OrderedDict[tuple[str, int], ClientOrderId | None] = OrderedDict()

    def note(self, symbol: str, order_id: int, client_order_id: str) -> None:
        self._names[symbol, order_id] = ClientOrderId(client_order_id) if client_order_id else None
        self._names.move_to_end((symbol, order_id))
        if len(self._names) > _REMEMBERED:
            self._names.popitem(last=False)

    def knows(self, symbol: str, order_id: int) -> bool:
        return (symbol, order_id) in self._names

    def get(self, symbol: str, order_id: int) -> ClientOrderId | None:
        return self._names.get((symbol, order_id))


class Questions:
    """Asks the venue. Every method raises VenueUnavailableError where it did not answer; then nothing was learnt."""

    def __init__(self, http: BinanceFuturesAccountHttpAPI, interpreter: Interpreter, names: OrderNames) -> None:
        self._http = http
        self._interpreter = interpreter
        self._names = names

    async def evidence(self, symbol: str, client_order_id: ClientOrderId) -> OrderEvidence | None:
        """Return an order's state and all its trades; None where the venue knows no such order."""
        for _ in range(_LOOKS):
            order = await self._order(symbol, client_order_id=client_order_id)
            if order is None:
                return None
            status = _read(self._interpreter.status_of_order, order)
            trades = await self._trades_of(symbol, order.orderId)
            fills = tuple(
                _read(partial(self._interpreter.fill_of_trade, client_order_id=client_order_id), trade)
                for trade in trades
            )
            if sum(fill.quantity for fill in fills) == status.filled_quantity:
                return OrderEvidence(status=status, fills=fills)
        raise VenueUnavailableError(f"what the venue lists as trades of {client_order_id} does not add up to its fill")

    async def open_orders(self) -> Sequence[OrderStatusReport]:
        """Return every open order of the account."""
        orders = [one for one in await self.raw_open_orders() if self._interpreter.names(one.symbol)]
        return tuple(_read(self._interpreter.status_of_order, order) for order in orders)

    async def raw_open_orders(self) -> Sequence[BinanceOrder]:
        """Return every open order of the account, in the venue's words."""
        orders = await _answer(self._http.query_open_orders())
        for order in orders:
            self._names.note(order.symbol, order.orderId, order.clientOrderId)
        return orders

    async def fills_since(self, symbols: Sequence[str], since_ns: int, now_ns: int) -> Sequence[FillReport]:
        """Return the trades of `symbols` at or after `since_ns`, oldest first."""
        fills = []
        for symbol in symbols:
            for trade in await self.raw_trades_since(symbol, since_ns // NANOS_A_MILLI, now_ns // NANOS_A_MILLI):
                name = await self._name(symbol, trade.orderId)
                fill = _read(partial(self._interpreter.fill_of_trade, client_order_id=name), trade)
                if fill.venue_time_ns >= since_ns:
                    fills.append(fill)
        return tuple(sorted(fills, key=lambda fill: fill.venue_time_ns))

    async def raw_trades_since(self, symbol: str, since_ms: int, now_ms: int) -> Sequence[BinanceUserTrade]:
        """Return the trades of one symbol at or after `since_ms`, in the venue's words and order.

        The venue keeps them for six months; of what is older it says nothing.
        """
        trades: list[BinanceUserTrade] = []
        begin_ms = max(since_ms, now_ms - _KEPT_MS)
        while begin_ms <= now_ms:
            end_ms = min(begin_ms + _SPAN_MS, now_ms + _SPAN_MS // 2)  # the venue's clock may be ahead
            page = await _answer(
                self._http.query_user_trades(symbol, start_time=begin_ms, end_time=end_ms, limit=_PAGE)
            )
            trades += page
            if len(page) == _PAGE:
                last = page[-1]
                trades += [one for one in await self._pages_after(symbol, last.id) if (one.time or 0) <= end_ms]
            begin_ms = end_ms + 1
        return trades

    async def positions(self) -> Sequence[VenuePosition]:
        """Return every position of the account that is not flat."""
        listed = await _answer(self._http.query_futures_position_risk())
        return _read(self._interpreter.positions, listed)

    async def balances(self) -> Sequence[VenueBalance]:
        """Return every balance of the account that is not zero."""
        account = await _answer(self._http.query_futures_account_info())
        return _read(self._interpreter.balances, account.assets)

    async def _name(self, symbol: str, order_id: int | None) -> ClientOrderId | None:
        if order_id is None:
            return None
        if not self._names.knows(symbol, order_id):
            order = await self._order(symbol, order_id=order_id)
            self._names.note(symbol, order_id, "" if order is None else order.clientOrderId)
        return self._names.get(symbol, order_id)

    async def _order(
        self, symbol: str, *, client_order_id: ClientOrderId | None = None, order_id: int | None = None
    ) -> BinanceOrder | None:
        try:
            order = await self._http.query_order(symbol, order_id=order_id, orig_client_order_id=client_order_id)
        except BinanceClientError as refusal:
            if refusal.status == 400 and code_of(refusal) == UNKNOWN_ORDER:
                return None
            raise VenueUnavailableError(words(refusal)) from refusal
        except FAILURES as failure:
            raise VenueUnavailableError(words(failure)) from failure
        if client_order_id is not None and order.clientOrderId != client_order_id:
            raise VenueUnavailableError(f"asked about {client_order_id}, the venue told of {order.clientOrderId}")
        self._names.note(symbol, order.orderId, order.clientOrderId)
        return order

    async def _trades_of(self, symbol: str, order_id: int) -> Sequence[BinanceUserTrade]:
        page: list[BinanceUserTrade] = await _answer(
            self._http.query_user_trades(symbol, order_id=order_id, limit=_PAGE)
        )
        if len(page) == _PAGE:
            page += [one for one in await self._pages_after(symbol, page[-1].id) if one.orderId == order_id]
        return page

    async def _pages_after(self, symbol: str, trade_id: int | None) -> Sequence[BinanceUserTrade]:
        trades: list[BinanceUserTrade] = []
        for _ in range(_MOST_PAGES):
            if trade_id is None:
                raise VenueUnavailableError(f"the venue lists a trade of {symbol} without its id")
            page = await _answer(self._http.query_user_trades(symbol, from_id=trade_id + 1, limit=_PAGE))
            trades += page
            if len(page) < _PAGE:
                return trades
            trade_id = page[-1].id
        raise VenueUnavailableError(f"the venue has more than {_MOST_PAGES * _PAGE} trades of {symbol} to list")


async def _answer[T](question: Awaitable[T]) -> T:
    try:
        return await question
    except FAILURES as failure:
        raise VenueUnavailableError(words(failure)) from failure


def _read[Said, Meant](reading: Callable[[Said], Meant], said: Said) -> Meant:
    try:
        return reading(said)
    except ValueError as unreadable:
        raise VenueUnavailableError(f"the venue's answer cannot be read: {unreadable}") from unreadable
