"""What a session leaves behind: its orders, trades, positions and equity, as the result files want them."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterable
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Final

from adapters.storage import run_id
from app.equity import EquityCurve, MarkSample
from app.result_rows import figures, fill_row, position_rows
from app.settings import Mode, Settings
from app.settings_limits import dollars, risk_limits
from app.tca.market_tape import MarketTape, TradeTallies
from app.tca.session import analyse
from core.book import Book
from core.tca.worked import quotes_used
from ports.facts import OrderFilled, PositionChanged
from ports.instruments import InstrumentKey
from ports.journal import Entry, JournalReader
from ports.market_data import QuoteReader
from ports.projections import OrderFilter, Queries
from ports.results import RunResults
from ports.values import ZERO, OperationId
from ports.views import OrderView

_SAMPLE_S: Final = 1.0
_MOST_SAMPLES: Final = 50_000  # then every second one goes, and samples are taken half as often
_PAGE: Final = 1_000
_LOG_TAIL_BYTES: Final = 16 * 1024 * 1024


class SessionRecorder:
    """Remembers where the session began and samples marks; everything else is read from the journal at the end."""

    def __init__(
        self,
        settings: Settings,
        quotes: QuoteReader,
        tallies: TradeTallies,
        book: Book,
        begin_after: int,
    ) -> None:
        self._settings = settings
        self._quotes = quotes
        self._begin_after = begin_after
        self._started_ns = time.time_ns()
        self._opening = _opening_positions(book, self._started_ns)
        self._watched = {position.instrument for position in self._opening}
        self._samples: list[MarkSample] = []
        self._every_s = _SAMPLE_S
        self.market = MarketTape(quotes, tallies, self._started_ns)
        self.run_id = ""

    def watch(self, instruments: Iterable[InstrumentKey]) -> None:
        """Sample these instruments' marks and quotes from now on."""
        listed = list(instruments)
        self._watched.update(listed)
        self.market.watch(listed)

    async def sample(self) -> None:
        """Take samples until cancelled."""
        while True:
            await asyncio.sleep(self._every_s)
            quotes = {key: self._quotes.latest(key) for key in self._watched}
            marks = {key: quote.mid for key, quote in quotes.items() if quote is not None}
            if marks:
                self._samples.append(MarkSample(time.time_ns(), marks))
            if len(self._samples) > _MOST_SAMPLES:
                del self._samples[::2]
                self._every_s *= 2

    async def results(self, journal: JournalReader, queries: Queries, log_file: Path | None) -> RunResults:
        """Return the session's results; the read tables must have everything."""
        entries = await read_entries(journal, self._begin_after)
        orders = await _orders_since(queries, self._started_ns)
        limits = risk_limits(self._settings)
        curve = EquityCurve(self._start_value_usd(), limits.usd_per, self._opening, {})
        equity = list(curve.points(entries, self._samples))
        fills = [fill_row(entry.fact, orders) for entry in entries if isinstance(entry.fact, OrderFilled)]
        config = self._settings.redacted()
        traded = sorted({fill.instrument for fill in fills} or {order.instrument for order in orders.values()})
        self.run_id = run_id(traded, self._started_ns, config)
        value_before = self._start_value_usd()
        ended_ns = time.time_ns()
        tapes = self.market.tapes(quotes_used(entries), ended_ns)
        markouts = sorted(set(self._settings.results.markout_secs))
        tca = await asyncio.to_thread(analyse, entries, tapes, limits.usd_per, ended_ns, markouts)
        summary = {
            "run_id": self.run_id,
            "mode": "shadow" if self._settings.is_shadow else str(self._settings.mode),
            "instrument": traded[0] if len(traded) == 1 else "MULTI",
            "dataset": self._dataset(),
            "start": _iso(self._started_ns),
            "end": _iso(ended_ns),
            "execution_time": (ended_ns - self._started_ns) / 1e9,
            "summary": figures(orders.values(), fills, equity, value_before),
            "metadata": {
                "config_path": f"config/{self.run_id}/backtest_config.json",
                "snapshot_mode": "best_quotes",
                "instruments": traded,
                "reporting_currency": "USD",
                "first_sequence": self._begin_after + 1,
                "last_sequence": entries[-1].seq if entries else self._begin_after,
            },
        }
        return RunResults(
            run_id=self.run_id,
            summary=summary,
            config=config,
            log=_tail(log_file),
            orders=list(orders.values()),
            fills=fills,
            positions=position_rows(entries),
            equity=equity,
            tca=tca,
        )

    def _dataset(self) -> str:
        if self._settings.mode is Mode.LIVE:
            return "live"
        return str(self._settings.paper.ticks or "generated")

    def _start_value_usd(self) -> Decimal:
        """Return what paper accounts began with; 0 for live ones, whose curve is the session's profit alone."""
        if self._settings.mode is Mode.LIVE:
            return ZERO
        paper = self._settings.paper
        return dollars(paper.starting_balances) * len(paper.venues)


def _opening_positions(book: Book, now_ns: int) -> list[PositionChanged]:
    return [book.positions.as_fact(key, now_ns) for key, _ in book.positions]


async def read_entries(journal: JournalReader, after_seq: int) -> list[Entry]:
    """Return every entry after `after_seq`."""
    entries: list[Entry] = []
    while batch := await journal.read(entries[-1].seq if entries else after_seq, 10 * _PAGE):
        entries += batch
    return entries


async def _orders_since(queries: Queries, from_ns: int) -> dict[OperationId, OrderView]:
    orders: dict[OperationId, OrderView] = {}
    cursor = ""
    while True:
        page = await queries.orders(OrderFilter(from_ns=from_ns), _PAGE, cursor)
        orders |= {order.operation_id: order for order in page.orders}
        cursor = page.cursor
        if not cursor:
            return dict(reversed(orders.items()))


def _tail(log_file: Path | None) -> str:
    if log_file is None or not log_file.exists():
        return ""
    with log_file.open("rb") as file:
        file.seek(max(log_file.stat().st_size - _LOG_TAIL_BYTES, 0))
        return file.read().decode("utf-8", "replace")


def _iso(at_ns: int) -> str:
    return datetime.fromtimestamp(at_ns / 1e9, UTC).isoformat()
