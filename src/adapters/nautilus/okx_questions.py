"""Direct questions to OKX over HTTP: orders, open orders, trades, positions and balances, never Nautilus's cache."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from typing import Final

from adapters.nautilus.live_words import NANOS_A_MILLI, Listed, decimal, read
from adapters.nautilus.okx_funding import BillWords, funding_of
from adapters.nautilus.okx_wire import FAILURES, NO_SUCH_ORDER, OkxError, OkxHttp, words
from adapters.nautilus.okx_words import AccountWords, Interpreter, OrderWords, PositionWords, TradeWords
from ports.errors import VenueUnavailableError
from ports.instruments import InstrumentKey
from ports.reports import FillReport, FundingReport, OrderEvidence, OrderStatusReport, VenueBalance, VenuePosition
from ports.values import ZERO, ClientOrderId, exact

_PAGE: Final = 100  # the most that the venue gives at once
_MOST_PAGES: Final = 500
_LOOKS: Final = 3  # at an order and its trades, until both tell the same
_RECENT_MS: Final = 3 * 24 * 3_600_000 - 600_000  # what the quick list of trades covers, less a margin
_KEPT_MS: Final = 89 * 24 * 3_600_000  # what the other one covers, less a margin
_BILLS_KEPT_MS: Final = 7 * 24 * 3_600_000 - 600_000
_BILLS, _OLDER_BILLS = "/api/v5/account/bills", "/api/v5/account/bills-archive"
_FUNDING: Final = "8"  # the type of such a bill
_RECENT, _ALL = "/api/v5/trade/fills", "/api/v5/trade/fills-history"


class OkxQuestions:
    """Asks the venue. Every method raises VenueUnavailableError where it did not answer; then nothing was learnt."""

    def __init__(
        self,
        http: OkxHttp,
        interpreter: Interpreter,
        by_key: Callable[[InstrumentKey], Listed | None],
        kinds: tuple[str, ...],
    ) -> None:
        self._http = http
        self._interpreter = interpreter
        self._by_key = by_key
        self._kinds = kinds

    async def evidence(self, instrument: InstrumentKey, client_order_id: ClientOrderId) -> OrderEvidence | None:
        """Return an order's state and all its trades; None where the venue knows no such order."""
        symbol = self._symbol(instrument)
        for _ in range(_LOOKS):
            order = await self._order(symbol, client_order_id)
            if order is None:
                return None
            status = read(self._interpreter.status, order)
            fills = await self._fills_of(symbol, order) if decimal(order.acc_fill_sz or "0") else ()
            with exact():
                told = sum((fill.quantity for fill in fills), ZERO)
            if told == status.filled_quantity:
                return OrderEvidence(status=status, fills=fills)
        raise VenueUnavailableError(f"what the venue lists as trades of {client_order_id} does not add up to its fill")

    async def open_orders(self) -> Sequence[OrderStatusReport]:
        """Return every open order of the account."""
        orders: list[OrderWords] = []
        for _ in range(_MOST_PAGES):
            after = {"after": orders[-1].ord_id} if orders else {}
            page = await _answer(self._http.ask("/api/v5/trade/orders-pending", OrderWords, limit=str(_PAGE), **after))
            orders += page
            if len(page) < _PAGE:
                known = {one.ord_id: one for one in orders if self._interpreter.names(one.inst_id)}
                return tuple(read(self._interpreter.status, one) for one in known.values())
        raise VenueUnavailableError(f"the venue has more than {_MOST_PAGES * _PAGE} open orders to list")

    async def trades_since(self, instrument: InstrumentKey, since_ns: int, now_ns: int) -> Sequence[FillReport]:
        """Return the trades of one instrument at or after a time."""
        since_ms = since_ns // NANOS_A_MILLI
        return await self._fills(since_ms, now_ns // NANOS_A_MILLI, since_ns, instId=self._symbol(instrument))

    async def fills_since(
        self, instruments: Sequence[InstrumentKey], since_ns: int, now_ns: int
    ) -> Sequence[FillReport]:
        """Return the account's trades at or after `since_ns`, oldest first; the venue keeps them for three months."""
        del instruments  # the venue lists them of all
        fills: list[FillReport] = []
        for kind in self._kinds:
            fills += await self._fills(since_ns // NANOS_A_MILLI, now_ns // NANOS_A_MILLI, since_ns, instType=kind)
        return tuple(sorted(fills, key=lambda fill: fill.venue_time_ns))

    async def funding_since(self, since_ns: int, now_ns: int) -> Sequence[FundingReport]:
        """Return the account's funding payments at or after `since_ns`, oldest first; none without swaps."""
        if "SWAP" not in self._kinds:
            return ()
        since_ms, now_ms = since_ns // NANOS_A_MILLI, now_ns // NANOS_A_MILLI
        begin_ms = max(since_ms, now_ms - _KEPT_MS)
        path = _BILLS if begin_ms > now_ms - _BILLS_KEPT_MS else _OLDER_BILLS
        asked = {"instType": "SWAP", "type": _FUNDING, "begin": str(begin_ms - 1)}
        bills = await self._pages(path, BillWords, **asked)
        known = {one.bill_id: one for one in bills if self._interpreter.names(one.inst_id)}
        told = [read(partial(funding_of, interpreter=self._interpreter), one) for one in reversed(known.values())]
        return [one for one in told if one.venue_time_ns >= since_ns]

    async def positions(self) -> Sequence[VenuePosition] | None:
        """Return every position in swaps that is not flat; None where none are traded: coins are balances."""
        if "SWAP" not in self._kinds:
            return None
        said = await _answer(self._http.ask("/api/v5/account/positions", PositionWords, instType="SWAP"))
        return read(self._interpreter.positions, said)

    async def balances(self) -> Sequence[VenueBalance] | None:
        """Return every balance of the account that is not zero."""
        said = await _answer(self._http.ask("/api/v5/account/balance", AccountWords))
        if len(said) != 1:
            raise VenueUnavailableError(f"asked about one account, the venue told of {len(said)}")
        return read(self._interpreter.balances, said[0].details)

    def _symbol(self, instrument: InstrumentKey) -> str:
        listed = self._by_key(instrument)
        if listed is None:
            raise VenueUnavailableError(f"{instrument} is none of the instruments of this session")
        return listed.symbol

    async def _order(self, symbol: str, client_order_id: ClientOrderId) -> OrderWords | None:
        try:
            said = await self._http.ask("/api/v5/trade/order", OrderWords, instId=symbol, clOrdId=client_order_id)
        except OkxError as refusal:
            if refusal.status == 200 and refusal.code == NO_SUCH_ORDER:
                return None
            raise VenueUnavailableError(words(refusal)) from refusal
        except FAILURES as failure:
            raise VenueUnavailableError(words(failure)) from failure
        if len(said) != 1 or said[0].cl_ord_id != client_order_id:
            told = ", ".join(one.cl_ord_id for one in said) or "nothing"
            raise VenueUnavailableError(f"asked about {client_order_id}, the venue told of {told}")
        return said[0]

    async def _fills_of(self, symbol: str, order: OrderWords) -> Sequence[FillReport]:
        """Return the trades of one order, oldest first."""
        narrowed = {"instType": _kind(symbol), "instId": symbol, "ordId": order.ord_id}
        found = {one.trade_id: one for one in await self._pages(_RECENT, TradeWords, **narrowed)}
        with exact():
            told = sum((decimal(one.fill_sz) for one in found.values()), ZERO)
        if told != decimal(order.acc_fill_sz):  # the others may be older
            found |= {one.trade_id: one for one in await self._pages(_ALL, TradeWords, **narrowed)}
        ordered = sorted(found.values(), key=lambda one: (one.ts, one.bill_id))
        return tuple(read(self._interpreter.fill_of_trade, one) for one in ordered)

    async def _fills(self, since_ms: int, now_ms: int, since_ns: int, **narrowed: str) -> list[FillReport]:
        begin_ms = max(since_ms, now_ms - _KEPT_MS)
        path = _RECENT if begin_ms > now_ms - _RECENT_MS else _ALL
        if "instId" in narrowed:
            narrowed["instType"] = _kind(narrowed["instId"])
        trades = await self._pages(path, TradeWords, begin=str(begin_ms - 1), **narrowed)
        known = {(one.inst_id, one.trade_id): one for one in trades if self._interpreter.names(one.inst_id)}
        fills = [read(self._interpreter.fill_of_trade, one) for one in known.values()]
        return [fill for fill in reversed(fills) if fill.venue_time_ns >= since_ns]

    async def _pages[Billed: (TradeWords, BillWords)](
        self, path: str, kind: type[Billed], **narrowed: str
    ) -> list[Billed]:
        """Return all that the venue lists, newest first."""
        listed: list[Billed] = []
        for _ in range(_MOST_PAGES):
            after = {"after": listed[-1].bill_id} if listed else {}
            page = await _answer(self._http.ask(path, kind, limit=str(_PAGE), **narrowed, **after))
            listed += page
            if len(page) < _PAGE:
                return listed
        raise VenueUnavailableError(f"{path} has more than {_MOST_PAGES * _PAGE} elements to list")


def _kind(symbol: str) -> str:
    return "SWAP" if symbol.endswith("-SWAP") else "SPOT"


async def _answer[T](question: Awaitable[T]) -> T:
    try:
        return await question
    except FAILURES as failure:
        raise VenueUnavailableError(words(failure)) from failure
