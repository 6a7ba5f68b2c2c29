"""The shapes of strategies whose signals are traded."""

from __future__ import annotations

from pydantic import Field

from adapters.http.models import Exact


class StrategyBody(Exact):
    """How a strategy's signals become orders; what a signal says itself goes before."""

    strategy_id: str = Field(examples=["momentum-btc-v1"])
    size: str | float = Field("", description="What direction 1 holds; empty: its signals say a target_position")
    instruments: list[str] = Field([], description="The only ones that are traded; empty: all that signals name")
    exec_algorithm: str = Field("", examples=["TWAP"])
    exec_algorithm_params: dict[str, str | float] = Field({})
    max_age_secs: int = Field(300, description="A signal that began longer ago is not traded")


class SignalShown(Exact):
    """The newest signal that was looked at."""

    instrument_key: str
    timestamp_ns: int = Field(description="When its interval begins")
    direction: int
    target_position: str


class SignalAnswered(Exact):
    """What became of a signal."""

    operation_id: str = Field(description="Of its order, whether there is one or not")
    ordered: bool
    why: str = Field(description="Why it is no order, in one word")
    detail: str
    again: bool = Field(description="It may become one when it is looked at again")


class StrategyAnswer(Exact):
    """A configured strategy."""

    strategy_id: str
    running: bool
    size: str
    instruments: list[str]
    exec_algorithm: str
    exec_algorithm_params: dict[str, str]
    max_age_secs: int
    principal: str = Field(description="Who configured, started or stopped it last")
    signal: SignalShown | None
    answer: SignalAnswered | None
    error: str = Field(description="Why its signals cannot be read")


class StrategiesAnswer(Exact):
    """Every configured strategy, by name."""

    strategies: list[StrategyAnswer]
