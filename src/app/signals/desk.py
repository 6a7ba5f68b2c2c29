"""Where signals meet the book: one at a time, and each an order once at most, whatever restarts lie between."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Final

from app.signals.kept import Configured, StrategyFile
from core.book import Book
from core.signals.deciding import NoOrder, Why, decide, newest_traded, operation_id_of
from ports.execution import CommandGateway
from ports.instruments import InstrumentKey
from ports.replies import InvalidOrder, OperationConflict
from ports.signals import Signal, SignalAnswer, SignalStrategy, StrategyView
from ports.telemetry import Telemetry
from ports.values import OperationId, Principal, StrategyId

SIGNALS: Final = Principal("signals")  # who submits their orders
INVALID: Final = "INVALID"  # the order cannot be one of its instrument
STOPPED: Final = "STOPPED"  # the strategy does not run
OVERTAKEN: Final = "OVERTAKEN"  # a newer signal of the instrument was looked at before

type Of = tuple[StrategyId, InstrumentKey]


class SignalDesk:
    """Implements `ports.signals.SignalStrategies`; `book` and `gateway` are those of the one book of record.

    What trades twice is made impossible by the operation id, which is computed from the signal. What is kept here in
    memory, the newest signal of each instrument, is read back from its order after a restart.
    """

    def __init__(
        self,
        file: StrategyFile,
        book: Callable[[], Book],
        gateway: CommandGateway,
        clock: Callable[[], int],
        telemetry: Telemetry,
    ) -> None:
        self._file = file
        self._book = book
        self._gateway = gateway
        self._clock = clock
        self._telemetry = telemetry
        self._configured = file.read()
        self._newest: dict[Of, tuple[int, int] | None] = {}  # start and direction of the newest signal looked at
        self._answers: dict[Of, SignalAnswer] = {}  # what became of it
        self._views: dict[StrategyId, tuple[Signal, SignalAnswer]] = {}
        self._errors: dict[StrategyId, str] = {}
        self._turn = asyncio.Lock()

    # -- what is configured

    def listed(self) -> Sequence[StrategyView]:
        """Return every configured strategy, by name."""
        return [self._view(strategy_id) for strategy_id in sorted(self._configured)]

    async def configure(self, strategy: SignalStrategy, principal: Principal) -> StrategyView | None:
        """Add a strategy, or change one that is stopped (see the port)."""
        known = self._configured.get(strategy.strategy_id)
        if known is not None and known.strategy == strategy:
            return self._view(strategy.strategy_id)
        if known is not None and known.running:
            return None
        await self._keep(Configured(strategy=strategy, running=False, principal=principal))
        return self._view(strategy.strategy_id)

    async def start(self, strategy_id: StrategyId, principal: Principal) -> StrategyView | None:
        """Follow its signals from now on (see the port)."""
        return await self._set(strategy_id, principal, running=True)

    async def stop(self, strategy_id: StrategyId, principal: Principal) -> StrategyView | None:
        """Follow its signals no more (see the port)."""
        return await self._set(strategy_id, principal, running=False)

    async def _set(self, strategy_id: StrategyId, principal: Principal, *, running: bool) -> StrategyView | None:
        known = self._configured.get(strategy_id)
        if known is None:
            return None
        if known.running is not running:
            changed = replace(known, running=running, principal=principal)
            if not running:
                self._configured[strategy_id] = changed  # at once, whatever becomes of the file
            await self._keep(changed)
            if running:
                self._telemetry.note("strategy.started", strategy_id=strategy_id, principal=principal)
            else:
                self._telemetry.note("strategy.stopped", strategy_id=strategy_id, principal=principal)
        return self._view(strategy_id)

    async def _keep(self, changed: Configured) -> None:
        async with self._turn:
            after = {**self._configured, changed.strategy.strategy_id: changed}
            await asyncio.to_thread(self._file.write, after)
            self._configured = after

    def _view(self, strategy_id: StrategyId) -> StrategyView:
        known = self._configured[strategy_id]
        signal, answer = self._views.get(strategy_id, (None, None))
        return StrategyView(
            strategy=known.strategy,
            running=known.running,
            principal=known.principal,
            signal=signal,
            answer=answer,
            error=self._errors.get(strategy_id, ""),
        )

    # -- signals

    def running(self) -> Sequence[SignalStrategy]:
        """Return the strategies whose signals are followed."""
        return [each.strategy for each in self._configured.values() if each.running]

    def told(self, strategy_id: StrategyId, error: str) -> None:
        """Keep why a strategy's signals cannot be read; empty: they can."""
        if error and error != self._errors.get(strategy_id):
            self._telemetry.note("signals.unread", strategy_id=strategy_id, error=error)
        self._errors[strategy_id] = error

    async def push(self, signal: Signal) -> SignalAnswer | None:
        """Trade a signal (see the port)."""
        return await self.trade(signal, None)

    async def trade(self, signal: Signal, before: Signal | None) -> SignalAnswer | None:
        """Trade a signal that comes after `before` (None: not known, and what was looked at last counts).

        Raises:
            MailboxFullError, JournalUnavailableError, ShuttingDownError: as the book; harmless to repeat.
        """
        if signal.strategy_id not in self._configured:
            return None
        async with self._turn:
            answer = await self._trade(self._configured[signal.strategy_id], signal, before)
        self._views[signal.strategy_id] = (signal, answer)
        return answer

    async def _trade(self, known: Configured, signal: Signal, before: Signal | None) -> SignalAnswer:
        operation_id = operation_id_of(signal)
        if not known.running:
            return SignalAnswer(operation_id=operation_id, why=STOPPED, detail=f"start {signal.strategy_id} first")
        of = (signal.strategy_id, signal.instrument)
        if of not in self._newest:
            self._newest[of] = newest_traded(self._book(), *of)
        newest = self._newest[of]
        if newest is not None and signal.start_ns < newest[0]:
            return SignalAnswer(operation_id=operation_id, why=OVERTAKEN, detail="a newer signal came before it")
        if newest is not None and signal.start_ns == newest[0] and of in self._answers:
            return self._answers[of]
        direction = before.direction if before is not None else newest[1] if newest is not None else None
        is_new = newest is None or signal.start_ns > newest[0]
        if is_new and direction == signal.direction:
            answer = SignalAnswer(operation_id=operation_id, why=Why.UNCHANGED)
        else:
            answer = await self._order(known.strategy, signal, operation_id)
        if not answer.again:
            self._newest[of] = (signal.start_ns, signal.direction)
            self._answers[of] = answer
        return answer

    async def _order(self, strategy: SignalStrategy, signal: Signal, operation_id: OperationId) -> SignalAnswer:
        found = decide(self._book(), strategy, signal, SIGNALS, self._clock())
        if isinstance(found, NoOrder):
            again = found.why in (Why.IN_DOUBT, Why.NOT_LISTED)
            return SignalAnswer(operation_id=operation_id, why=found.why, detail=found.detail, again=again)
        reply = (await self._gateway.ask(found)).reply
        if isinstance(reply, OperationConflict):
            return SignalAnswer(operation_id=operation_id, why=Why.TRADED, detail=reply.reason)
        if isinstance(reply, InvalidOrder):
            detail = f"{reply.field}: {reply.value}: {reply.remedy}"
            return SignalAnswer(operation_id=operation_id, why=INVALID, detail=detail)
        self._telemetry.note("signal.ordered", strategy_id=strategy.strategy_id, operation_id=operation_id)
        return SignalAnswer(operation_id=operation_id)
