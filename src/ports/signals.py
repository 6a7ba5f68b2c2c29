"""What a strategy wants to hold, five minutes at a time."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from ports.instruments import InstrumentKey
from ports.records import record
from ports.values import StrategyId


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
