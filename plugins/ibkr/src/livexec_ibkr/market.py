"""Best prices as TWS shows them, and whether they are live, delayed or not there: said, never passed over."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import partial
from typing import Any, Final, Protocol

from livexec_ibkr.contracts import Listed
from livexec_ibkr.exact import stated
from livexec_ibkr.pacing import Pace
from livexec_ibkr.tws import Tws
from ports.instruments import InstrumentKey
from ports.market_data import Quote, QuoteSource
from ports.values import ZERO, Price, plain

TYPES: Final[Mapping[str, int]] = {"live": 1, "delayed": 3}
_BID, _ASK, _BID_SIZE, _ASK_SIZE = (
    frozenset({live, delayed}) for live, delayed in ((1, 66), (2, 67), (0, 69), (3, 70))
)
_DELAYED: Final = frozenset({3, 4})
_DELAY_NS: Final = 15 * 60 * 1_000_000_000  # what Interactive Brokers calls delayed is 10 to 20 minutes old
_WAIT_S: Final = 30.0


class MarketOwner(Protocol):
    """Who hears of the market."""

    def put_quote(self, instrument: InstrumentKey, source: QuoteSource) -> None: ...


@dataclass(slots=True)
class _Line:
    """One market data line: what its ticks have said so far."""

    listed: Listed
    bid: Decimal | None = None
    ask: Decimal | None = None
    bid_size: Decimal = ZERO
    ask_size: Decimal = ZERO
    is_delayed: bool = False
    refused: str = ""


class HeardMarket:
    """Tells the owner the newest quote of each instrument, once it has both sides.

    Delayed prices are told only where the configuration asks for them, and as old as they are.
    """

    def __init__(self, owner: MarketOwner, clock: Callable[[], int], wanted: str) -> None:
        self._owner = owner
        self._clock = clock
        self._wanted = wanted
        self._lines: dict[int, _Line] = {}

    async def follow(self, tws: Tws, pace: Pace, listed: Mapping[InstrumentKey, Listed]) -> None:
        """Ask for a line for each instrument; nothing where none is wanted.

        Raises:
            NoRoomError: the rate limit left no room.
        """
        if self._wanted not in TYPES:
            return
        await pace.take(within_s=_WAIT_S)
        tws.client.reqMarketDataType(TYPES[self._wanted])
        for one in listed.values():
            await pace.take(within_s=_WAIT_S)
            if not tws.is_open:
                return
            request = tws.client.getReqId()
            self._lines[request] = _Line(one)
            tws.client.reqMktData(request, one.contract, "", False, False, [])

    def tick(self, request: int, kind: int, price: Any, size: Any) -> None:
        """Take one number."""
        line = self._lines.get(request)
        if line is None:
            return
        if kind in _BID:
            line.bid = _positive(price)
            line.bid_size = _size(line, size, line.bid_size)
        elif kind in _ASK:
            line.ask = _positive(price)
            line.ask_size = _size(line, size, line.ask_size)
        elif kind in _BID_SIZE:
            line.bid_size = _size(line, size, line.bid_size)
        elif kind in _ASK_SIZE:
            line.ask_size = _size(line, size, line.ask_size)
        else:
            return
        self._show(line)

    def type_is(self, request: int, kind: int) -> None:
        """Take what kind of prices a line has from now on."""
        line = self._lines.get(request)
        if line is not None:
            line.is_delayed, line.refused = kind in _DELAYED, ""

    def complain(self, request: int, words: str) -> bool:
        """Take that a line has no live prices; False: it is none of ours."""
        line = self._lines.get(request)
        if line is None:
            return False
        line.refused = words
        return True

    def trouble(self) -> str:
        """Say which prices are delayed and which are not there; empty where all are live."""
        if self._wanted not in TYPES:
            return "no market data: none was asked for (market_data)"
        delayed = [str(one.listed.instrument.key) for one in self._lines.values() if one.is_delayed]
        missing = [f"{one.listed.instrument.key} ({one.refused})" for one in self._lines.values() if one.refused]
        said = [f"market data is delayed: {', '.join(delayed)}"] if delayed else []
        return "; ".join([*said, *([f"no live market data: {', '.join(missing)}"] if missing else [])])

    def _show(self, line: _Line) -> None:
        if line.bid is None or line.ask is None or (line.is_delayed and self._wanted != "delayed"):
            return  # a one-sided market is no quote, and an old price no live one
        now_ns, age_ns = self._clock(), _DELAY_NS if line.is_delayed else 0
        quote = Quote(
            instrument=line.listed.instrument.key,
            bid=Price(line.bid),
            ask=Price(line.ask),
            bid_size=line.bid_size,
            ask_size=line.ask_size,
            event_time_ns=now_ns - age_ns,
            received_ns=now_ns - age_ns,  # what is as old as this must pass no rule that wants a fresh price
        )
        self._owner.put_quote(quote.instrument, partial(_same, quote))


def _same(quote: Quote) -> Quote:
    return quote


def _positive(price: Any) -> Decimal | None:
    """Return a price; TWS writes -1, or nothing, where there is none."""
    value = stated(price)
    return Decimal(plain(value)) if value is not None and value > 0 else None


def _size(line: _Line, size: Any, before: Decimal) -> Decimal:
    value = stated(size)
    return before if value is None else Decimal(plain(value * line.listed.multiplier))
