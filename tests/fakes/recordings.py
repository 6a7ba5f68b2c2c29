"""Recordings to read: written by the tests, in the bucket layout."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from ports.market_data import Tick, TickSource

SPOT = "BINANCE-SPOT:SPOT_PAIR:BTC-USDT"
PERPETUAL = "BINANCE-FUTURES:PERPETUAL:BTC-USDT@LIN"
START_US = 1_723_161_255_000_000

type Columns = Mapping[str, Sequence[object]]


def quotes(*rows: tuple[int, float, float], **changed: Sequence[object]) -> Columns:
    """Columns of best quotes from (microseconds after the start, bid, ask)."""
    return {
        **_common([after for after, _, _ in rows]),
        "ask_amount": [1.5] * len(rows),
        "ask_price": [ask for _, _, ask in rows],
        "bid_price": [bid for _, bid, _ in rows],
        "bid_amount": [2.5] * len(rows),
        **changed,
    }


def trades(*rows: tuple[int, float, float, str], **changed: Sequence[object]) -> Columns:
    """Columns of trades from (microseconds after the start, price, amount, side)."""
    return {
        **_common([after for after, _, _, _ in rows]),
        "id": [str(number) for number in range(len(rows))],
        "side": [side for _, _, _, side in rows],
        "price": [price for _, price, _, _ in rows],
        "amount": [amount for _, _, amount, _ in rows],
        **changed,
    }


def books(*rows: tuple[int, float, float]) -> Columns:
    """Columns of depth from (microseconds after the start, best bid, best ask): two levels a side, the rest empty."""
    columns: dict[str, Any] = dict(_common([after for after, _, _ in rows]))
    for level in range(5):
        away = level * 0.01
        for side, at, sign in (("asks", 2, 1), ("bids", 1, -1)):
            shown = level < 2
            prices = [round(row[at] + sign * away, 2) if shown else None for row in rows]
            columns[f"{side}[{level}].price"] = pa.array(prices, pa.float64())
            columns[f"{side}[{level}].amount"] = pa.array(
                [float(level + 1) if shown else None for _ in rows], pa.float64()
            )
    return columns


def _common(after_us: Sequence[int]) -> Columns:
    stamps = [START_US + after for after in after_us]
    names: Sequence[object] = ["binance"] * len(stamps)
    symbols: Sequence[object] = ["BTCUSDT"] * len(stamps)
    return {"exchange": names, "symbol": symbols, "timestamp": stamps, "local_timestamp": stamps}


def file_of(root: Path, *, kind: str = "quotes", key: str = SPOT, day: str = "2024-08-08") -> Path:
    """Return where the layout keeps one file; its folder is made."""
    path = root / "raw_tick_data" / "by_date" / f"day-{day}" / f"data_type-{kind}" / f"{key}.parquet"
    path.parent.mkdir(parents=True, exist_ok=True)
    return path


def record(root: Path, columns: Columns, *, kind: str = "quotes", key: str = SPOT, day: str = "2024-08-08") -> Path:
    """Write one file of a recording under `root`, in row groups of 1,000, and return its path."""
    path = file_of(root, kind=kind, key=key, day=day)
    pq.write_table(pa.table(dict(columns)), path, row_group_size=1_000)
    return path


async def everything(source: TickSource, limit: int = 1_000_000) -> list[Tick]:
    """Read a source to its end, or to about `limit` ticks."""
    ticks: list[Tick] = []
    async for batch in source.ticks():
        ticks.extend(batch)
        if len(ticks) >= limit:
            break
    return ticks
