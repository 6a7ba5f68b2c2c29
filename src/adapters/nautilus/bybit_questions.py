"""Direct questions to Bybit over HTTP: orders, open orders, trades, positions and balances, never Nautilus's cache."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import msgspec

from adapters.nautilus.bybit_wire import FAILURES, BybitHttp, words
from adapters.nautilus.bybit_words import CoinWord, FundingWord, Interpreter, OrderWord, PositionWord, TradeWord
from adapters.nautilus.live_words import NANOS_A_MILLI, decimal, read
from ports.errors import VenueUnavailableError
from ports.instruments import InstrumentKey
from ports.reports import FillReport, FundingReport, OrderEvidence, OrderStatusReport, VenueBalance, VenuePosition
from ports.values import ClientOrderId

_LOOKS: Final = 3  # at an order and its trades, until both tell the same
_MOST_PAGES: Final = 500
_SPAN_MS: Final = 7 * 24 * 3_600_000  # the longest that one question about trades may cover
_AHEAD_MS: Final = 3_600_000  # of the venue's clock, at the very most
_KEPT_MS: Final = 2 * 365 * 24 * 3_600_000


class _Page(msgspec.Struct):
    elements: msgspec.Raw = msgspec.field(name="list")
    cursor: str | None = msgspec.field(name="nextPageCursor", default=None)


class _Wallet(msgspec.Struct):
    coin: list[CoinWord]


class _Time(msgspec.Struct):
    nanos: str = msgspec.field(name="timeNano")


class _Key(msgspec.Struct):
    read_only: int = msgspec.field(name="readOnly")


class BybitQuestions:
    """Asks the venue. Every method raises VenueUnavailableError where it did not answer; then nothing was learnt."""

    def __init__(self, http: BybitHttp, interpreter: Interpreter, settles: Sequence[str]) -> None:
        self._http = http
        self._interpreter = interpreter
        self._settles = settles  # the currencies that contracts settle in; none for spot pairs

    async def may_trade(self) -> None:
        """Return where the key may send orders.

        Raises:
            VenueUnavailableError: it may not, in the venue's own words where there are some.
        """
        key = await self._ask("/v5/user/query-api", _Key)
        if key.read_only:
            raise VenueUnavailableError("the key may only read; make one that may trade")

    async def time_ns(self) -> int:
        """Return the venue's clock."""
        return int((await self._ask("/v5/market/time", _Time)).nanos)

    async def check_one_way(self, symbols: Sequence[str]) -> None:
        """Return where none of the contracts is in hedge mode: a position of two halves would be none of ours.

        Raises:
            VenueUnavailableError: names the first that is.
        """
        for symbol in symbols:
            listed = await self._all("/v5/position/list", PositionWord, 200, symbol=symbol)
            if any(one.position_idx for one in listed):
                raise VenueUnavailableError(f"{symbol} is in Hedge Mode; switch the account to One-Way Mode")

    async def evidence(self, instrument: InstrumentKey, client_order_id: ClientOrderId) -> OrderEvidence | None:
        """Return an order's state and all its trades; None where the venue knows no such order."""
        for _ in range(_LOOKS):
            order = await self._order(instrument, client_order_id)
            if order is None:
                return None
            status = read(self._interpreter.status, order)
            created_ms, updated_ms = read(_millis, order.created_time), read(_millis, order.updated_time)
            trades = await self._trades(created_ms, max(created_ms, updated_ms) + 1, orderId=order.order_id)
            fills = tuple(read(self._interpreter.fill, one) for one in reversed(trades))
            if sum(fill.quantity for fill in fills) == status.filled_quantity:
                return OrderEvidence(status=status, fills=fills)
        raise VenueUnavailableError(f"what the venue lists as trades of {client_order_id} does not add up to its fill")

    async def open_orders(self) -> Sequence[OrderStatusReport]:
        """Return every open order of the account, in the category that is traded."""
        orders: dict[str, OrderWord] = {}
        for settle in self._settles or (None,):
            listed = await self._all("/v5/order/realtime", OrderWord, 50, settleCoin=settle, openOnly=0)
            orders |= {one.order_id: one for one in listed}
        named = [one for one in orders.values() if self._interpreter.names("", one.symbol)]
        return tuple(read(self._interpreter.status, one) for one in named)

    async def trades_since(self, instrument: InstrumentKey, since_ns: int, now_ns: int) -> Sequence[FillReport]:
        """Return the trades of one instrument at or after `since_ns`, oldest first."""
        return await self._fills(since_ns, now_ns, symbol=self._symbol(instrument))

    async def fills_since(
        self, instruments: Sequence[InstrumentKey], since_ns: int, now_ns: int
    ) -> Sequence[FillReport]:
        """Return the trades at or after `since_ns`, oldest first, whatever the instrument; kept for two years."""
        del instruments
        return await self._fills(since_ns, now_ns)

    async def funding_since(self, since_ns: int, now_ns: int) -> Sequence[FundingReport]:
        """Return the account's funding payments at or after `since_ns`, oldest first; none of pairs."""
        if not self._settles:
            return ()
        now_ms = now_ns // NANOS_A_MILLI
        begin_ms = max(since_ns // NANOS_A_MILLI, now_ms - _KEPT_MS)
        paid: dict[str, FundingWord] = {}
        while begin_ms <= now_ms:
            end_ms = begin_ms + _SPAN_MS
            asked = {"accountType": "UNIFIED", "type": "SETTLEMENT", "startTime": begin_ms, "endTime": end_ms}
            for one in await self._all("/v5/account/transaction-log", FundingWord, 50, **asked):
                if read(_is_due, one) and self._interpreter.names("", one.symbol):
                    paid[one.id] = one
            begin_ms = end_ms
        told = [read(self._interpreter.funding, one) for one in paid.values()]
        return tuple(sorted((one for one in told if one.venue_time_ns >= since_ns), key=lambda one: one.venue_time_ns))

    async def positions(self) -> Sequence[VenuePosition] | None:
        """Return every position that is not flat; None where pairs are traded: coins are balances."""
        if not self._settles:
            return None
        listed: list[PositionWord] = []
        for settle in self._settles:
            listed += await self._all("/v5/position/list", PositionWord, 200, settleCoin=settle)
        return read(self._interpreter.positions, listed)

    async def balances(self) -> Sequence[VenueBalance]:
        """Return every balance that is not zero."""
        page = await self._ask("/v5/account/wallet-balance", _Page, accountType="UNIFIED")
        wallets = _decoded(page.elements, list[_Wallet])
        if len(wallets) != 1:
            raise VenueUnavailableError(f"the venue lists {len(wallets)} unified accounts")
        return read(self._interpreter.balances, wallets[0].coin)

    async def _fills(self, since_ns: int, now_ns: int, **of: object) -> Sequence[FillReport]:
        now_ms = now_ns // NANOS_A_MILLI
        begin_ms = max(since_ns // NANOS_A_MILLI, now_ms - _KEPT_MS)
        trades = await self._trades(begin_ms, now_ms, **of)
        named = [one for one in trades if self._interpreter.names("", one.symbol)]
        fills = [read(self._interpreter.fill, one) for one in reversed(named)]
        return tuple(sorted((one for one in fills if one.venue_time_ns >= since_ns), key=lambda one: one.venue_time_ns))

    async def _trades(self, begin_ms: int, end_ms: int, **of: object) -> Sequence[TradeWord]:
        """Return executions that are trades, newest first. The venue's clock may be ahead of `end_ms`."""
        trades: dict[str, TradeWord] = {}  # a page may repeat one where another was made meanwhile
        until_ms = end_ms + _AHEAD_MS
        while until_ms > begin_ms:
            from_ms = max(begin_ms, until_ms - _SPAN_MS)
            listed = await self._all("/v5/execution/list", TradeWord, 100, startTime=from_ms, endTime=until_ms, **of)
            for one in listed:
                if read(_is_trade, one):
                    trades.setdefault(one.exec_id, one)
            if from_ms == begin_ms:
                break
            until_ms = from_ms
        return tuple(trades.values())

    async def _order(self, instrument: InstrumentKey, client_order_id: ClientOrderId) -> OrderWord | None:
        symbol = self._symbol(instrument)
        for path in ("/v5/order/realtime", "/v5/order/history"):
            listed = await self._all(path, OrderWord, 50, symbol=symbol, orderLinkId=client_order_id)
            if len(listed) > 1:
                raise VenueUnavailableError(f"the venue lists {len(listed)} orders named {client_order_id}")
            if listed and (listed[0].order_link_id, listed[0].symbol) != (client_order_id, symbol):
                raise VenueUnavailableError(f"asked about {client_order_id}, the venue told of {listed[0]}")
            if listed:
                return listed[0]
        return None

    def _symbol(self, instrument: InstrumentKey) -> str:
        for symbol, listed in self._interpreter.listed.items():
            if listed.instrument.key == instrument:
                return symbol
        raise VenueUnavailableError(f"{instrument} is none of the instruments of {self._interpreter.account}")

    async def _all[Element](self, path: str, kind: type[Element], limit: int, **params: object) -> list[Element]:
        """Return all pages of a list."""
        elements: list[Element] = []
        cursor: str | None = None
        for _ in range(_MOST_PAGES):
            page = await self._ask(
                path, _Page, category=self._interpreter.category, limit=limit, cursor=cursor, **params
            )
            listed = _decoded(page.elements, list[kind])  # type: ignore[valid-type]  # a type, at run time
            elements += listed
            cursor = page.cursor
            if not cursor or not listed:
                return elements
        raise VenueUnavailableError(f"{path} has more than {_MOST_PAGES * limit} elements to list")

    async def _ask[Answer](self, path: str, kind: type[Answer], **params: object) -> Answer:
        try:
            said = await self._http.get(path, **params)
        except FAILURES as failure:
            raise VenueUnavailableError(words(failure)) from failure
        return _decoded(said, kind)


def _decoded[Answer](said: msgspec.Raw, kind: type[Answer]) -> Answer:
    try:
        return msgspec.json.decode(said, type=kind)
    except msgspec.MsgspecError as unreadable:
        raise VenueUnavailableError(f"the venue's answer cannot be read: {unreadable}") from unreadable


def _millis(text: str) -> int:
    return int(text)


def _is_trade(trade: TradeWord) -> bool:
    return trade.is_trade


def _is_due(paid: FundingWord) -> bool:
    return bool(paid.funding) and bool(decimal(paid.funding))
