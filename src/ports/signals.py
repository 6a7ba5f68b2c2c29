"""What a strategy wants to hold, five minutes at a time, and how it is traded."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from decimal import Decimal
from typing import Final

from ports.commands import NORMAL
from ports.instruments import InstrumentKey
from ports.records import record
from ports.values import StrategyId

INTERVAL_NS: Final = 300_000_000_000  # what one signal is about


@record
class Signal:
    """The direction that a strategy wants in the interval that begins at `start_ns` (UTC): -1 short, 0 flat, 1 long."""

    strategy_id: StrategyId
    instrument: InstrumentKey
    start_ns: int
    direction: int
    target_position: Decimal | None  # signed, in the instrument's unit; None: not said
    exec_algorithm: str  # empty: not said
    exec_algorithm_params: Mapping[str, str]


@record
class SignalStrategy:
    """How a strategy's signals become orders; what a signal says itself goes before what stands here."""

    strategy_id: StrategyId
    size: Decimal | None  # what it holds when its direction is 1, in the instrument's unit; None: its signals say
    instruments: tuple[InstrumentKey, ...] = ()  # the only ones that are traded; empty: all that its signals name
    exec_algorithm: str = NORMAL
    exec_algorithm_params: Mapping[str, str] = field(default_factory=dict)
    max_age_ns: int = INTERVAL_NS  # a signal that began longer ago is not traded any more
