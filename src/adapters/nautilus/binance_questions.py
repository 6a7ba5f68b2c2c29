"""Direct questions to Binance over HTTP: orders, open orders and trades, never Nautilus's cache."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import OrderedDict
from collections.abc import Awaitable, Mapping, Sequence
from functools import partial
from typing import Final

from nautilus_trader.adapters.binance.common.schemas.account import BinanceOrder, BinanceUserTrade
from nautilus_trader.adapters.binance.http.account import BinanceAccountHttpAPI
from nautilus_trader.adapters.binance.http.error import BinanceClientError

from adapters.nautilus.binance_wire import FAILURES, UNKNOWN_ORDER, code_of, words
from adapters.nautilus.binance_words import Interpreter
from adapters.nautilus.live_words import NANOS_A_MILLI, Listed, read
from adapters.nautilus.venue_rest import RestingError, TurnedAwayError
from ports.errors import VenueUnavailableError
from ports.instruments import InstrumentKey
from ports.reports import FillReport, FundingReport, OrderEvidence, OrderStatusReport, VenueBalance, VenuePosition
from ports.values import ClientOrderId

PAGE: Final = 1_000  # the most that the venue gives at once
_MOST_PAGES: Final = 50
_LOOKS: Final = 3  # at an order and its trades, until both tell the same
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


class BinanceQuestions(ABC):
    """Asks the venue (`adapters.nautilus.live_roles.Questions`). Products differ in what they keep of an account.

    `span_ms` is the longest that one question about trades may cover, `kept_ms` how long the venue keeps them, and
    `newest_are_whole` says whether a question without times covers all that it keeps.
    """

    span_ms: int
    kept_ms: int
    newest_are_whole: bool

    def __init__(
        self,
        http: BinanceAccountHttpAPI,
        interpreter: Interpreter,
        names: OrderNames,
        by_key: Mapping[InstrumentKey, Listed],
    ) -> None:
        self._http = http
        self._interpreter = interpreter
        self._names = names
        self._by_key = by_key

    @abstractmethod
    async def positions(self) -> Sequence[VenuePosition] | None:
        """Return every position of the account that is not flat; None where the product keeps none."""

    @abstractmethod
    async def balances(self) -> Sequence[VenueBalance]:
        """Return every balance of the account that is not zero."""

    async def evidence(self, instrument: InstrumentKey, client_order_id: ClientOrderId) -> OrderEvidence | None:
        """Return an order's state and all its trades; None where the venue knows no such order."""
        symbol = self._by_key[instrument].symbol
        for _ in range(_LOOKS):
            order = await self._order(symbol, client_order_id=client_order_id)
            if order is None:
                return None
            status = read(self._interpreter.status_of_order, order)
            trades = await self._trades_of(symbol, order.orderId)
            fills = tuple(
                read(partial(self._interpreter.fill_of_trade, client_order_id=client_order_id), trade)
                for trade in trades
            )
            if sum(fill.quantity for fill in fills) == status.filled_quantity:
                return OrderEvidence(status=status, fills=fills)
        raise VenueUnavailableError(f"what the venue lists as trades of {client_order_id} does not add up to its fill")

    async def open_orders(self) -> Sequence[OrderStatusReport]:
        """Return every open order of the account."""
        orders = await answer(self._http.query_open_orders())
        for order in orders:
            self._names.note(order.symbol, order.orderId, order.clientOrderId)
        named = [one for one in orders if self._interpreter.names(one.symbol)]
        return tuple(read(self._interpreter.status_of_order, order) for order in named)

    async def fills_since(
        self, instruments: Sequence[InstrumentKey], since_ns: int, now_ns: int
    ) -> Sequence[FillReport]:
        """Return the trades of `instruments` at or after `since_ns`, oldest first."""
        fills = []
        for instrument in instruments:
            symbol = self._by_key[instrument].symbol
            for trade in await self._raw_trades_since(symbol, since_ns // NANOS_A_MILLI, now_ns // NANOS_A_MILLI):
                name = await self._name(symbol, trade.orderId)
                fill = read(partial(self._interpreter.fill_of_trade, client_order_id=name), trade)
                if fill.venue_time_ns >= since_ns:
                    fills.append(fill)
        return tuple(sorted(fills, key=lambda fill: fill.venue_time_ns))

    async def funding_since(self, since_ns: int, now_ns: int) -> Sequence[FundingReport]:
        """Return the account's funding payments, oldest first; none of pairs."""
        del since_ns, now_ns
        return ()

    async def trades_since(self, instrument: InstrumentKey, since_ns: int, now_ns: int) -> Sequence[FillReport]:
        """Return the trades of one instrument at or after a time, without their client order ids."""
        symbol = self._by_key[instrument].symbol
        trades = await self._raw_trades_since(symbol, since_ns // NANOS_A_MILLI, now_ns // NANOS_A_MILLI)
        return tuple(read(partial(self._interpreter.fill_of_trade, client_order_id=None), one) for one in trades)

    async def _raw_trades_since(self, symbol: str, since_ms: int, now_ms: int) -> Sequence[BinanceUserTrade]:
        """Return the trades of one symbol at or after `since_ms`; of what the venue has forgotten it says nothing."""
        trades: list[BinanceUserTrade] = []
        begin_ms = max(since_ms, now_ms - self.kept_ms)
        if self.newest_are_whole and now_ms - begin_ms > self.span_ms:
            page = await answer(self._http.query_user_trades(symbol, limit=PAGE))  # the newest
            if len(page) < PAGE or (page[0].time or 0) < begin_ms:
                return [one for one in page if (one.time or 0) >= begin_ms]
        while begin_ms <= now_ms:
            end_ms = min(begin_ms + self.span_ms, now_ms + self.span_ms // 2)  # the venue's clock may be ahead
            page = await answer(self._http.query_user_trades(symbol, start_time=begin_ms, end_time=end_ms, limit=PAGE))
            trades += page
            if len(page) == PAGE:
                last = page[-1]
                trades += [one for one in await self._pages_after(symbol, last.id) if (one.time or 0) <= end_ms]
            begin_ms = end_ms + 1
        return trades

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
        except TurnedAwayError as turned_away:
            raise RestingError(str(turned_away)) from turned_away
        except FAILURES as failure:
            raise VenueUnavailableError(words(failure)) from failure
        if client_order_id is not None and order.clientOrderId != client_order_id:
            raise VenueUnavailableError(f"asked about {client_order_id}, the venue told of {order.clientOrderId}")
        self._names.note(symbol, order.orderId, order.clientOrderId)
        return order

    async def _trades_of(self, symbol: str, order_id: int) -> Sequence[BinanceUserTrade]:
        page: list[BinanceUserTrade] = await answer(self._http.query_user_trades(symbol, order_id=order_id, limit=PAGE))
        if len(page) == PAGE:
            page += [one for one in await self._pages_after(symbol, page[-1].id) if one.orderId == order_id]
        return page

    async def _pages_after(self, symbol: str, trade_id: int | None) -> Sequence[BinanceUserTrade]:
        trades: list[BinanceUserTrade] = []
        for _ in range(_MOST_PAGES):
            if trade_id is None:
                raise VenueUnavailableError(f"the venue lists a trade of {symbol} without its id")
            page = await answer(self._http.query_user_trades(symbol, from_id=trade_id + 1, limit=PAGE))
            trades += page
            if len(page) < PAGE:
                return trades
            trade_id = page[-1].id
        raise VenueUnavailableError(f"the venue has more than {_MOST_PAGES * PAGE} trades of {symbol} to list")


async def answer[T](question: Awaitable[T]) -> T:
    """Return what the venue answered.

    Raises:
        VenueUnavailableError: it did not, or not so that it counts.
    """
    try:
        return await question
    except TurnedAwayError as turned_away:
        raise RestingError(str(turned_away)) from turned_away
    except FAILURES as failure:
        raise VenueUnavailableError(words(failure)) from failure
