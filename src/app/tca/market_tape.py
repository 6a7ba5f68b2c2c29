"""What is kept of the market while a session runs, so that its orders can be measured beside it at the end."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from decimal import Decimal
from typing import Final

from adapters.runtime import QuoteBoard
from core.tca.tape import Tape
from ports.facts import QuoteUsed
from ports.instruments import InstrumentKey
from ports.market_data import QuoteReader, Trade
from ports.results import VolumeRow
from ports.values import divide, exact

_SAMPLE_S: Final = 0.1
_SECOND_NS: Final = 1_000_000_000
_MOST_QUOTES: Final = 300_000  # of all instruments; then every second one goes, and half as many are looked at
_MOST_STRETCHES: Final = 200_000  # of all instruments; then two become one

type _Sum = tuple[Decimal, Decimal, int]  # quantity, value, trades


class TradeTallies:
    """Sums of public trades by instrument and second, and by longer stretches once there are too many."""

    def __init__(self, most: int = _MOST_STRETCHES) -> None:
        self._most = most
        self._width_ns = _SECOND_NS
        self._kept = 0
        self._sums: dict[InstrumentKey, dict[int, _Sum]] = {}

    def add(self, trade: Trade) -> None:
        """Count one trade."""
        key = trade.instrument
        with exact():
            value = divide(trade.quantity, trade.price) if key.is_inverse else trade.quantity * trade.price
            self._add(key, trade.received_ns // self._width_ns, (trade.quantity, value, 1))
            if self._kept > self._most:
                self._widen()

    def of(self, instrument: InstrumentKey) -> list[VolumeRow] | None:
        """Return every stretch in which something traded, oldest first; None: no trade of it was ever seen."""
        if instrument not in self._sums:
            return None
        return [
            VolumeRow(
                timestamp_ns=number * self._width_ns,
                width_ns=self._width_ns,
                instrument=instrument,
                quantity=quantity,
                value=value,
                trades=trades,
            )
            for number, (quantity, value, trades) in sorted(self._sums[instrument].items())
        ]

    def _add(self, key: InstrumentKey, number: int, more: _Sum) -> None:
        sums = self._sums.setdefault(key, {})
        before = sums.get(number)
        if before is None:
            self._kept += 1
            sums[number] = more
        else:
            sums[number] = (before[0] + more[0], before[1] + more[1], before[2] + more[2])

    def _widen(self) -> None:
        narrow, self._sums, self._kept = self._sums, {}, 0
        self._width_ns *= 2
        for key, sums in narrow.items():
            for number, those in sums.items():
                self._add(key, number // 2, those)


class CountingBoard(QuoteBoard):
    """A quote board that keeps sums of the public trades for the session's cost analysis as well."""

    def __init__(self) -> None:
        super().__init__()
        self.tallies = TradeTallies()

    def put_trade(self, trade: Trade) -> None:
        """Count a public trade."""
        super().put_trade(trade)
        self.tallies.add(trade)


class MarketTape:
    """The market of a session: quotes looked at ten times a second, public trades summed by seconds."""

    def __init__(self, market: QuoteReader, tallies: TradeTallies, since_ns: int, most: int = _MOST_QUOTES) -> None:
        self._market = market
        self._tallies = tallies
        self._since_ns = since_ns
        self._most = most
        self._kept = 0
        self._every_s = _SAMPLE_S
        self._quotes: dict[InstrumentKey, list[QuoteUsed]] = {}

    def watch(self, instruments: Iterable[InstrumentKey]) -> None:
        """Keep the quotes of these instruments from now on."""
        for instrument in instruments:
            self._quotes.setdefault(instrument, [])

    async def run(self) -> None:
        """Look at the market until cancelled."""
        while True:
            self.look()
            await asyncio.sleep(self._every_s)

    def look(self) -> None:
        """Keep the newest quotes, each once."""
        for instrument, kept in self._quotes.items():
            quote = self._market.latest(instrument)
            if quote is not None and (not kept or kept[-1].received_ns < quote.received_ns):
                kept.append(
                    QuoteUsed(instrument=instrument, bid=quote.bid, ask=quote.ask, received_ns=quote.received_ns)
                )
                self._kept += 1
        if self._kept > self._most:
            for kept in self._quotes.values():
                del kept[::2]
            self._kept = sum(map(len, self._quotes.values()))
            self._every_s *= 2

    def tapes(self, used: Iterable[QuoteUsed], until_ns: int) -> dict[InstrumentKey, Tape]:
        """Return the market until `until_ns`, which is now, with the quotes that decisions `used`."""
        self.look()
        seen = {key: {quote.received_ns: quote for quote in kept} for key, kept in self._quotes.items()}
        for quote in used:
            if quote.received_ns >= self._since_ns:
                seen.setdefault(quote.instrument, {})[quote.received_ns] = quote
        return {
            key: Tape(self._since_ns, until_ns, quotes.values(), self._tallies.of(key)) for key, quotes in seen.items()
        }
