"""The shapes of the backtest service: replays, how far they are, and what they leave."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from adapters.http.models import NANOS, Exact

_PLACE = "A folder or gs://BUCKET; empty: as configured"
_KEY = "BINANCE-FUTURES:PERPETUAL:BTC-USDT@LIN"


class ReplayBody(Exact):
    """Days of signals to work again. The same body again is the same replay."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"days": "2023-05-23..2023-05-25", "strategies": ["momentum"], "size": "0.5"}]},
    )

    signals: str = Field("", description=_PLACE)
    ticks: str = Field("", description=_PLACE)
    out: str = Field("", description=_PLACE)
    definitions: str = Field("", description=f"Where instruments are defined. {_PLACE}")
    days: str = Field("", description="A day, days by commas, or FIRST..LAST; empty: every day that has signals")
    strategies: list[str] = Field([], description="Empty: every one that has signals")
    instruments: list[str] = Field([], description="Empty: all that signals name", examples=[[_KEY]])
    size: str | float = Field("", description="What direction 1 holds; empty: signals say a target_position")
    exec_algorithm: str = Field("", description="Where a signal names none", examples=["TWAP"])
    exec_algorithm_params: dict[str, str | float] = Field({})
    seed: int = Field(0, description="Of the random in algorithms")
    workers: int = Field(1, description="Processes: 1 to 64")


class ReplayAnswer(Exact):
    """One replay as it is now."""

    run_id: str
    state: Literal["QUEUED", "RUNNING", "DONE", "FAILED"]
    tasks: int
    done: int = Field(description="Of its tasks, of this beginning and of those before")
    created_at_ns: int = Field(description=NANOS)
    ended_at_ns: int = Field(description=f"{NANOS}; 0: not yet")
    error: str
    out: str = Field(description="Where its results are")
    outcome: dict[str, Any] | None = Field(description="What `livexec replay --json` prints; null: not yet")


class ReplaysAnswer(Exact):
    """Every replay, the newest first."""

    replays: list[ReplayAnswer]


class ReplayFigures(BaseModel):
    """The figures of a run in USD, as text, and its counts."""

    orders: int
    fills: int
    trades: int
    pnl: str
    fees: str
    max_drawdown: str
    by_status: dict[str, int]


class ReplaySummaryAnswer(BaseModel):
    """`summary.json` of a run."""

    run_id: str
    mode: str
    instrument: str
    dataset: str
    start: str
    end: str
    execution_time: float
    summary: ReplayFigures
    metadata: dict[str, Any]


class ReplayRowsAnswer(Exact):
    """Rows of one result table: the columns of its file; exact numbers as text, times in UTC nanoseconds."""

    run_id: str
    rows: list[dict[str, Any]]
    after: int = Field(description="How many rows were passed over")
    all: int = Field(description="How many there are to be had")


class ReplayRowsQuery(BaseModel):
    """Which rows."""

    instrument_key: str = Field("", description="Empty: any")
    from_: str = Field("", alias="from", description="At or after: ISO 8601 or UTC nanoseconds")
    to: str = Field("", description="Before this moment")
    limit: int = Field(1_000, description="How many rows: 1 to 10000")
    after: int = Field(0, description="How many rows to pass over")


class BacktestHealthAnswer(Exact):
    """Whether the backtest service works, and how many replays there are of every state."""

    status: Literal["healthy"]
    service: Literal["backtest"]
    version: str
    replays: dict[str, int]
