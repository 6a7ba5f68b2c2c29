"""Days of ticks to read windows of: seeded, in the columns of the recordings."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

DAY = "2023-11-15"
DAY_NS = 1_700_006_400_000_000_000
SECONDS = 86_400


def trades_table(rows: int, *, seed: int, distinct_times: int | None = None, ns_per_unit: int = 1_000) -> pa.Table:
    """Trades over a whole day, in order of `local_timestamp`; with `distinct_times`, many at the same instant."""
    draw = np.random.default_rng(seed)
    span = SECONDS * 1_000_000_000 // ns_per_unit
    received = np.sort(draw.integers(0, distinct_times or span, rows)) * (span // (distinct_times or span))
    stamps = received + DAY_NS // ns_per_unit
    return pa.table(
        {
            "exchange": pa.array(["binance-futures"] * rows),
            "symbol": pa.array(["BTCUSDT"] * rows),
            "timestamp": pa.array(stamps - 2),
            "local_timestamp": pa.array(stamps),
            "id": pa.array([str(4_000_000_000 + number) for number in range(rows)]),
            "side": pa.array(np.where(draw.random(rows) < 0.5, "buy", "sell").tolist()),
            "price": pa.array(np.round(60_000 + np.cumsum(draw.normal(0, 1, rows)), 1)),
            "amount": pa.array(np.round(draw.lognormal(-4, 1.5, rows) + 0.001, 3)),
        }
    )
