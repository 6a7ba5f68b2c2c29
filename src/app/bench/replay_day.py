"""The day that replays are measured on: six million trades, seeded, laid out as `livexec ticks optimise` does."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Final

import numpy as np
import pyarrow as pa

from adapters.ticks import Kind, tick_paths, write_ticks
from ports.instruments import InstrumentKey

INSTRUMENT: Final = InstrumentKey("BINANCE-FUTURES:PERPETUAL:BTC-USDT@LIN")
DAY_NS: Final = 1_700_006_400_000_000_000
PATH: Final = tick_paths(Kind.TRADES, INSTRUMENT, "2023-11-15")[0]
INTERVALS: Final = 288
SIGNALS: Final = 29
_DAY_US: Final = 86_400_000_000
_INTERVAL_NS: Final = 300_000_000_000
_BLOCK: Final = 200_000
_SEED: Final = 20_231_115
_VERSION: Final = 1  # of what is made: another one makes the file again

type Progress = Callable[[str], None]


def signal_windows() -> Sequence[tuple[int, int]]:
    """Return the windows of the day's signals: 29 of its 288 intervals, drawn by lot."""
    drawn = np.random.default_rng(_SEED).choice(INTERVALS, SIGNALS, replace=False)
    return [(DAY_NS + at * _INTERVAL_NS, DAY_NS + (at + 1) * _INTERVAL_NS) for at in sorted(drawn.tolist())]


def day_file(folder: Path, trades: int, progress: Progress) -> Path:
    """Return the day's file, made where it is not there yet."""
    path = folder / f"replay-day-{_VERSION}-{trades}.parquet"
    if not path.exists():
        progress(f"making a day of {trades:,} trades")
        folder.mkdir(parents=True, exist_ok=True)
        partial = path.with_suffix(".partial")
        partial.unlink(missing_ok=True)
        blocks = _trades(trades)
        first = next(blocks)
        write_ticks(partial, _chained(first, blocks), first.schema)
        partial.replace(path)
    return path


def _chained(first: pa.Table, others: Iterator[pa.Table]) -> Iterator[pa.Table]:
    yield first
    yield from others


def _trades(count: int) -> Iterator[pa.Table]:
    """Yield blocks of trades: exponential gaps whose rate follows the day, fat-tailed steps, log-normal amounts."""
    draw = np.random.default_rng(_SEED)
    at = 0.0
    price = 60_000.0
    number = 4_000_000_000
    mean_us = _DAY_US / count
    received = DAY_NS // 1_000
    for start in range(0, count, _BLOCK):
        rows = min(_BLOCK, count - start)
        times = at + np.cumsum(draw.exponential(mean_us, rows))
        at = float(times[-1])
        happened = DAY_NS // 1_000 + np.minimum(times, _DAY_US - 1).astype(np.int64)
        heard = np.maximum.accumulate(happened + draw.integers(800, 5_000, rows))
        heard = np.clip(heard, received, DAY_NS // 1_000 + _DAY_US - 1)
        received = int(heard[-1])
        prices = np.round(price + np.cumsum(draw.standard_t(4, rows) * 0.05), 1)
        price = float(prices[-1])
        yield pa.table(
            {
                "exchange": pa.array(["binance-futures"] * rows),
                "symbol": pa.array(["BTCUSDT"] * rows),
                "timestamp": happened,
                "local_timestamp": heard,
                "id": pa.array(np.arange(number + start, number + start + rows).astype(str).tolist()),
                "side": pa.array(np.where(draw.random(rows) < 0.5, "buy", "sell").tolist()),
                "price": prices,
                "amount": np.round(draw.lognormal(-4, 1.5, rows) + 0.001, 3),
            }
        )
