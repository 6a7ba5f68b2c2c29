"""Signals followed as files: each running strategy's file of the day is looked at once a second."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import Final

from adapters.ticks import day_of, read_signals, signals_path
from app.signals.desk import SignalDesk
from core.signals.changes import newest
from ports.errors import LivexecError, ObjectMissingError
from ports.object_store import ObjectStore
from ports.signals import Signal, SignalStrategy
from ports.values import StrategyId

LOOK_S: Final = 1.0
_MOST_READ: Final = 1_000  # files


class SignalFollower:
    """Hands every instrument's signal in force to the desk, until it was traded or said not to be.

    A file that is not there yet has no signals; one that cannot be read is told, and looked at again when it changes.
    A service that could not take an order is asked again at the next look.
    """

    def __init__(self, desk: SignalDesk, store: ObjectStore, clock: Callable[[], int]) -> None:
        self._desk = desk
        self._store = store
        self._clock = clock
        self._read: dict[tuple[StrategyId, str], tuple[int, Sequence[Signal]]] = {}  # generation and content, by day
        self._done: dict[StrategyId, set[tuple[str, int]]] = {}  # instrument and start of what needs no second look

    async def run(self) -> None:
        """Look until cancelled."""
        while True:
            await self.look()
            await asyncio.sleep(LOOK_S)

    async def look(self) -> None:
        """Look once at every running strategy."""
        running = self._desk.running()
        self._done = {each.strategy_id: self._done.get(each.strategy_id, set()) for each in running}
        for strategy in running:
            try:
                await self._follow(strategy)
            except LivexecError as failure:
                self._desk.told(strategy.strategy_id, str(failure))
            else:
                self._desk.told(strategy.strategy_id, "")

    async def _follow(self, strategy: SignalStrategy) -> None:
        now_ns = self._clock()
        days = sorted({day_of(now_ns - strategy.max_age_ns), day_of(now_ns)})
        signals = [each for day in days for each in await self._signals(strategy.strategy_id, day)]
        done = self._done[strategy.strategy_id]
        in_force = newest(signals, now_ns)
        done.intersection_update((signal.instrument, signal.start_ns) for _, signal in in_force.values())
        for before, signal in in_force.values():
            if (signal.instrument, signal.start_ns) not in done:
                answer = await self._desk.trade(signal, before)
                if answer is not None and not answer.again:
                    done.add((signal.instrument, signal.start_ns))

    async def _signals(self, strategy_id: StrategyId, day: str) -> Sequence[Signal]:
        known = self._read.get((strategy_id, day))
        try:
            generation = (await self._store.info(signals_path(strategy_id, day))).generation
            if known is None or known[0] != generation:
                known = (generation, await read_signals(self._store, strategy_id, day))
        except ObjectMissingError:
            return ()
        if len(self._read) > _MOST_READ:
            self._read.clear()
        self._read[strategy_id, day] = known
        return known[1]
