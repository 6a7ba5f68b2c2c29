"""Small days to replay: quotes and trades around a few signals, and a pool that works in this process."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor, Future
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from adapters.ticks import day_window
from app.replay import ReplaySpec
from app.replay.spec import read_days
from ports.values import StrategyId

PERPETUAL = "BINANCE-FUTURES:PERPETUAL:BTC-USDT@LIN"
DAYS = ("2024-08-07", "2024-08-08")
MINUTE_US = 60_000_000
INTERVAL_US = 5 * MINUTE_US
# Of a day: the interval of each signal, and its direction. The third says nothing new.
SIGNALS = ((2, 1), (5, -1), (6, -1), (9, 0), (20, 1))
TWAP = '{"horizon_secs": 120, "intervals": 4}'


def day_us(day: str) -> int:
    """Return when a day begins."""
    return day_window(day)[0] // 1_000


def write_signals(
    root: Path,
    day: str,
    rows: Sequence[tuple[int, int]] = SIGNALS,
    strategy: str = "momentum",
    params: str = TWAP,
    algorithm: str = "TWAP",
) -> Path:
    """Write a strategy's signals of a day."""
    path = root / "signals" / "by_date" / f"day-{day}" / f"{strategy}.parquet"
    path.parent.mkdir(parents=True, exist_ok=True)
    columns = {
        "timestamp": [day_us(day) + number * INTERVAL_US for number, _ in rows],
        "instrument_key": [PERPETUAL] * len(rows),
        "direction": [direction for _, direction in rows],
        "exec_algorithm": [algorithm] * len(rows),
        "exec_algorithm_params": [params] * len(rows),
    }
    pq.write_table(pa.table(columns), path)
    return path


def write_ticks(root: Path, day: str, *, every_us: int = 2_000_000, kind: str = "quotes") -> Path:
    """Write two hours of quotes, a dollar up and down around a price that climbs."""
    path = root / "raw_tick_data" / "by_date" / f"day-{day}" / f"data_type-{kind}" / f"{PERPETUAL}.parquet"
    path.parent.mkdir(parents=True, exist_ok=True)
    stamps = list(range(day_us(day) + 100_000, day_us(day) + 120 * MINUTE_US, every_us))
    bids = [50_000.0 + number // 40 + (number % 7) / 10 for number in range(len(stamps))]
    columns: dict[str, Any] = {
        "exchange": ["binance-futures"] * len(stamps),
        "symbol": ["BTCUSDT"] * len(stamps),
        "timestamp": stamps,
        "local_timestamp": stamps,
    }
    if kind == "quotes":
        columns |= {
            "ask_amount": [3.0] * len(stamps),
            "ask_price": [bid + 0.1 for bid in bids],
            "bid_price": bids,
            "bid_amount": [2.0] * len(stamps),
        }
    else:
        for level in range(5):
            columns[f"asks[{level}].price"] = [bid + 0.1 + level / 10 for bid in bids]
            columns[f"asks[{level}].amount"] = [3.0] * len(stamps)
            columns[f"bids[{level}].price"] = [bid - level / 10 for bid in bids]
            columns[f"bids[{level}].amount"] = [2.0] * len(stamps)
    pq.write_table(pa.table(columns), path, row_group_size=500)
    return path


def spec_of(root: Path, out: Path, **more: Any) -> ReplaySpec:
    """Return a replay of all that is under `root`."""
    terms: dict[str, Any] = {
        "signals": str(root),
        "ticks": str(root),
        "out": str(out),
        "size": Decimal("0.5"),
        "days": read_days(",".join(DAYS)),
        "strategies": (StrategyId("momentum"),),
    }
    return ReplaySpec(**terms | more)


class Here(Executor):
    """Works in this process, at once; `until` says after how many tasks the process is killed."""

    def __init__(self, until: int | None = None) -> None:
        self.worked = 0
        self._until = until

    def submit(self, fn: Callable[..., Any], /, *args: Any, **more: Any) -> Future[Any]:
        """Do it now."""
        if self.worked == self._until:
            raise KeyboardInterrupt
        self.worked += 1
        future: Future[Any] = Future()
        future.set_result(fn(*args, **more))
        return future

    @contextmanager
    def __call__(self) -> Iterator[Executor]:
        """Give itself."""
        yield self
