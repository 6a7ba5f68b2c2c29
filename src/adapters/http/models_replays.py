"""The shapes of the backtest service's requests and answers."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import ConfigDict, Field

from adapters.http.models import NANOS, Exact

type StateWord = Literal["QUEUED", "RUNNING", "DONE", "FAILED"]


class ReplayBody(Exact):
    """A replay, in the words of `livexec replay`. A place is a folder of this machine or gs://BUCKET."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "days": "2024-08-01..2024-08-16",
                    "strategies": ["momentum-btc-v1"],
                    "size": "0.5",
                    "exec_algorithm": "TWAP",
                    "exec_algorithm_params": {"horizon_secs": 240},
                    "workers": 2,
                }
            ]
        },
    )

    signals: str = Field("", description="Where signals/by_date is; empty: the configured bucket")
    ticks: str = Field("", description="Where raw_tick_data/by_date is; empty: the configured bucket")
    out: str = Field("", description="Where the results go; empty: the configured bucket")
    definitions: str = Field(
        "", description="Where instrument_availability/by_date is, for instruments that are not built in"
    )
    days: str = Field("", description="2024-08-08, 2024-08-08..2024-08-23, several joined by commas; empty: all")
    strategies: list[str] = Field([], description="Only these; empty: all that there are signals of")
    instruments: list[str] = Field([], description="Only these; empty: all that signals name")
    size: str | float = Field("", description="What direction 1 holds, where signals have no target_position")
    exec_algorithm: str = Field("", description="Of signals that name none; empty: NORMAL")
    exec_algorithm_params: dict[str, str | float] = Field({}, description="Of that algorithm")
    seed: int = Field(0, description="Of everything drawn by lot; the same seed has the same results")
    workers: int = Field(1, description="Processes that work at once: 1 to 64")


class ReplayAnswer(Exact):
    """A replay, and how far it is."""

    run_id: str
    state: StateWord = Field(description="FAILED: some task of it, or all; the same request begins it again")
    tasks: int = Field(description="Days of a strategy in an instrument")
    done: int = Field(description="How many of them are done")
    created_at_ns: int = Field(description=NANOS)
    ended_at_ns: int = Field(description=f"{NANOS}; 0: not yet")
    error: str = Field(description="What failed; empty: nothing")
    out: str = Field(description="Where its results go")
    outcome: dict[str, Any] | None = Field(description="What `livexec replay --json` prints, once it has ended")


class ReplaysAnswer(Exact):
    """Every replay, the newest first."""

    replays: list[ReplayAnswer]


class ReplayRowsAnswer(Exact):
    """Rows of one result file. The summary has the fields of summary.json instead."""

    run_id: str
    rows: list[dict[str, Any]] = Field(description="By column name, as in the file; times in UTC nanoseconds")
    after: int = Field(description="How many rows were passed over")
    all: int = Field(description="How many rows the file has")


class ReplayHealthAnswer(Exact):
    """Whether the service serves, and how many replays there are of every state."""

    status: Literal["healthy"]
    service: Literal["backtest"]
    version: str
    replays: dict[StateWord, int]
