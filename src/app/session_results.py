"""What a session leaves behind: its orders, trades, positions and equity, as the result files want them."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from itertools import pairwise
from pathlib import Path
from typing import Final

from adapters.storage import run_id
from app.equity import EquityCurve, MarkSample, max_drawdown
from app.settings import Mode, Settings
from app.settings_limits import DOLLARS, risk_limits
from core.book import Book
from core.positions.pnl import unrealized_pnl
from ports.facts import OrderFilled, PositionChanged
from ports.instruments import InstrumentKey
from ports.journal import Entry, JournalReader
from ports.market_data import QuoteReader
from ports.projections import OrderFilter, Queries
from ports.results import FillRow, PositionRow, RunResults
from ports.values import ZERO, OperationId, OrderId, exact, multiply_rounded, plain
from ports.views import OrderView

_SAMPLE_S: Final = 1.0
_MOST_SAMPLES: Final = 50_000  # then every second one goes, and samples are taken half as often
_PAGE: Final = 1_000
_LOG_TAIL_BYTES: Final = 16 * 1024 * 1024


class SessionRecorder:
    """Remembers where the session began and samples marks; everything else is read from the journal at the end."""

    def __init__(self, settings: Settings, quotes: QuoteReader, book: Book, begin_after: int) -> None:
        self._settings = settings
        self._quotes = quotes
        self._begin_after = begin_after
        self._started_ns = time.time_ns()
        self._opening = _opening_positions(book, self._started_ns)
        self._watched = {position.instrument for position in self._opening}
        self._samples: list[MarkSample] = []
        self._every_s = _SAMPLE_S
        self.run_id = ""

    def watch(self, instruments: Iterable[InstrumentKey]) -> None:
        """Sample these instruments' marks from now on."""
        self._watched.update(instruments)

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
        fills = [_fill_row(entry.fact, orders) for entry in entries if isinstance(entry.fact, OrderFilled)]
        config = self._settings.redacted()
        traded = sorted({fill.instrument for fill in fills} or {order.instrument for order in orders.values()})
        self.run_id = run_id(traded, self._started_ns, config)
        value_before = self._start_value_usd()
        with exact():
            pnl = equity[-1].portfolio_value - value_before if equity else ZERO
        ended_ns = time.time_ns()
        summary = {
            "run_id": self.run_id,
            "mode": "shadow" if self._settings.is_shadow else str(self._settings.mode),
            "instrument": traded[0] if len(traded) == 1 else "MULTI",
            "dataset": self._dataset(),
            "start": _iso(self._started_ns),
            "end": _iso(ended_ns),
            "execution_time": (ended_ns - self._started_ns) / 1e9,
            "summary": {
                "orders": len(orders),
                "fills": len(fills),
                "trades": len(fills),
                "pnl": plain(pnl),
                "fees": plain(equity[-1].fees if equity else ZERO),
                "max_drawdown": plain(max_drawdown(equity)),
                "by_status": dict(sorted(Counter(str(order.status) for order in orders.values()).items())),
            },
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
            positions=_position_rows(entries),
            equity=equity,
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
        dollars = sum((amount for coin, amount in paper.starting_balances.items() if coin in DOLLARS), ZERO)
        return dollars * len(paper.venues)


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


def _fill_row(fill: OrderFilled, orders: dict[OperationId, OrderView]) -> FillRow:
    order = None if fill.operation_id is None else orders.get(fill.operation_id)
    return FillRow(
        timestamp_ns=fill.learnt_ns,
        order_id=OrderId("") if order is None else order.order_id,
        operation_id=fill.operation_id or OperationId(""),
        trade_id=fill.trade_id,
        strategy_id=fill.strategy_id,
        instrument=fill.instrument,
        venue=fill.instrument.venue,
        side=fill.side,
        quantity=fill.quantity,
        price=fill.price,
        fee=fill.fee,
        liquidity=fill.liquidity,
    )


def _position_rows(entries: Sequence[Entry]) -> list[PositionRow]:
    """Return a row for every changed position, marked at its trade's price (whose fact comes just before it)."""
    return [
        _position_row(now.fact, before.fact)
        for before, now in pairwise(entries)
        if isinstance(now.fact, PositionChanged) and isinstance(before.fact, OrderFilled)
    ]


def _position_row(position: PositionChanged, trade: OrderFilled) -> PositionRow:
    instrument, price = position.instrument, trade.price
    with exact():
        return PositionRow(
            timestamp_ns=position.changed_ns,
            instrument=instrument,
            strategy_id=position.strategy_id,
            venue=instrument.venue,
            quantity=position.quantity,
            avg_entry_price=position.average_entry_price,
            current_price=price,
            unrealized_pnl=unrealized_pnl(instrument, position.quantity, position.open_cash, price),
            realized_pnl=position.realized_pnl,
            fees=position.fees.get(trade.fee.currency, ZERO),
            notional=position.quantity if instrument.is_inverse else multiply_rounded(position.quantity, price),
        )


def _tail(log_file: Path | None) -> str:
    if log_file is None or not log_file.exists():
        return ""
    with log_file.open("rb") as file:
        file.seek(max(log_file.stat().st_size - _LOG_TAIL_BYTES, 0))
        return file.read().decode("utf-8", "replace")


def _iso(at_ns: int) -> str:
    return datetime.fromtimestamp(at_ns / 1e9, UTC).isoformat()
