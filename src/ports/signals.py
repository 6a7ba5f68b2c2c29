"""What a strategy wants to hold, five minutes at a time, and how it is traded."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import field
from decimal import Decimal
from typing import Final, Protocol

from ports.commands import NORMAL
from ports.instruments import InstrumentKey
from ports.records import record
from ports.values import OperationId, Principal, StrategyId

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


@record
class SignalAnswer:
    """What became of a signal: an order (`why` is empty), or none, in one word and in many.

    `operation_id` is that of its order, whether there is one or not; `again`: it may become one when it is repeated.
    """

    operation_id: OperationId
    why: str = ""
    detail: str = ""
    again: bool = False


@record
class StrategyView:
    """A configured strategy, whether its signals are followed, and the newest of them that was looked at."""

    strategy: SignalStrategy
    running: bool
    principal: Principal  # who configured, started or stopped it last
    signal: Signal | None
    answer: SignalAnswer | None
    error: str  # why its signals cannot be read; empty: they can, or nobody tried


class SignalStrategies(Protocol):
    """The strategies whose signals the service trades. What is told is kept over restarts."""

    def listed(self) -> Sequence[StrategyView]:
        """Return every configured strategy, by name."""

    async def configure(self, strategy: SignalStrategy, principal: Principal) -> StrategyView | None:
        """Add a stopped strategy, or change one; None: it runs with other terms, and is to be stopped before.

        Raises:
            OSError: it cannot be kept.
        """

    async def start(self, strategy_id: StrategyId, principal: Principal) -> StrategyView | None:
        """Follow its signals from now on; harmless to repeat. None: no such strategy.

        Raises:
            OSError: it cannot be kept, and nothing is followed.
        """

    async def stop(self, strategy_id: StrategyId, principal: Principal) -> StrategyView | None:
        """Follow its signals no more; its orders and positions stay. Harmless to repeat. None: no such strategy.

        Raises:
            OSError: it cannot be kept: it is stopped until the next start of the service.
        """

    async def push(self, signal: Signal) -> SignalAnswer | None:
        """Trade a signal; the same one never trades twice. None: no such strategy.

        Raises:
            MailboxFullError, JournalUnavailableError, ShuttingDownError: as the book; harmless to repeat.
        """
