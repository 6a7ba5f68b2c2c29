"""What there is to do: the signals are read, and cut into days of one strategy in one instrument."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from operator import attrgetter
from typing import Any, Final

import orjson

from adapters.storage import run_id
from adapters.ticks import day_window, read_signals
from app.program import fingerprint
from app.replay.spec import Failed, ReplaySpec, ReplayTask
from core.signals.changes import changes
from core.signals.deciding import completed, target_of
from ports.errors import InvalidInputError, ObjectMissingError
from ports.object_store import LISTED, ObjectStore
from ports.signals import Signal
from ports.values import StrategyId

_SIGNALS: Final = "signals/by_date/day-"
_SUFFIX: Final = ".parquet"
_PARTS: Final = "replay_parts"


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """A replay, ready to be worked: the same signals and the same terms have the same `run_id`, for ever.

    `parts` is where what was done of it is kept, whichever run it is done for. `signals` counts those that were read,
    `changes` those of them that are worked.
    """

    run_id: str
    parts: str
    spec: ReplaySpec  # with every day and strategy named
    config: Mapping[str, Any]
    tasks: tuple[ReplayTask, ...]
    failed: tuple[Failed, ...]  # days whose signals could not be read
    signals: int

    @property
    def changes(self) -> int:
        """How many windows are worked."""
        return sum(len(task.signals) for task in self.tasks)


async def plan_replay(spec: ReplaySpec, store: ObjectStore) -> Plan:
    """Read the signals in `store`, and return what there is to do; a day that cannot be read is among `failed`.

    Raises:
        ObjectMissingError: there are no signals.
        InvalidInputError: a signal says no target, and the replay no size.
        ObjectStoreRefusedError, ObjectStoreUnavailableError: as the store.
    """
    spec, wanted = await _named(spec, store)
    tasks: list[ReplayTask] = []
    failed: list[Failed] = []
    count = 0
    for day, strategy_id in wanted:
        try:
            signals = await read_signals(store, strategy_id, day)
        except (ObjectMissingError, InvalidInputError) as wrong:
            failed.append(Failed(name=f"{day}/{strategy_id}", error=str(wrong)))
            continue
        own = [each for each in signals if not spec.instruments or each.instrument in spec.instruments]
        count += len(own)
        tasks += _tasks_of(spec, day, strategy_id, own)
    if not tasks and not failed:
        raise ObjectMissingError(
            f"{spec.signals}: no signal of these days, strategies and instruments changes anything"
        )
    terms = spec.as_config() | {"program": fingerprint()}
    config = terms | {"signals_digest": [task.digest for task in tasks]}
    instruments = spec.instruments or sorted({task.instrument for task in tasks})
    name = run_id(
        instruments, day_window(spec.days[0])[0], config, unique=hashlib.sha256(_bytes(config)).hexdigest()[::-1]
    )
    return Plan(
        run_id=name,
        parts=f"{_PARTS}/{hashlib.sha256(_bytes(terms)).hexdigest()[:16]}",
        spec=spec,
        config=config,
        tasks=tuple(tasks),
        failed=tuple(failed),
        signals=count,
    )


def _tasks_of(spec: ReplaySpec, day: str, strategy_id: StrategyId, signals: Sequence[Signal]) -> list[ReplayTask]:
    begin_ns, end_ns = day_window(day)
    strategy = spec.strategy(strategy_id)
    for signal in signals:
        if not begin_ns <= signal.start_ns < end_ns:
            raise InvalidInputError(f"signals of {strategy_id}", signal.start_ns, f"it does not lie in {day}")
        if target_of(strategy, signal) is None:
            raise InvalidInputError("size", "", f"give --size: {strategy_id} signals no target_position on {day}")
    by_instrument = sorted(changes(signals), key=attrgetter("instrument", "start_ns"))
    return [
        ReplayTask(
            day=day,
            strategy_id=strategy_id,
            instrument=instrument,
            signals=tuple([completed(strategy, each) for each in own]),
        )
        for instrument, own in groupby(by_instrument, key=attrgetter("instrument"))
    ]


async def _named(spec: ReplaySpec, store: ObjectStore) -> tuple[ReplaySpec, Sequence[tuple[str, StrategyId]]]:
    """Return the replay with its days and strategies named, and which strategies are worked on which days.

    A day or strategy that was asked for is among them though nothing is there; of others, what there is.
    """
    found: list[tuple[str, StrategyId]] = []
    if not spec.days or not spec.strategies:
        found = [
            (day, strategy_id)
            async for day, strategy_id in _files(store)
            if (not spec.days or day in spec.days) and (not spec.strategies or strategy_id in spec.strategies)
        ]
        if not found:
            asked = f"{_SIGNALS}YYYY-MM-DD/STRATEGY{_SUFFIX}"
            raise ObjectMissingError(f"{spec.signals}: there are no files {asked} of what was asked for")
    days = spec.days or tuple(sorted({day for day, _ in found}))
    strategies = spec.strategies or tuple(sorted({strategy_id for _, strategy_id in found}))
    wanted = sorted(found) if not spec.days else [(day, one) for day in days for one in strategies]
    return replace(spec, days=days, strategies=strategies), wanted or [(day, one) for day in days for one in strategies]


async def _files(store: ObjectStore) -> AsyncIterator[tuple[str, StrategyId]]:
    after = ""
    while page := await store.list(_SIGNALS, after):
        for info in page:
            day, _, name = info.path.removeprefix(_SIGNALS).partition("/")
            if name.endswith(_SUFFIX) and "/" not in name:
                yield day, StrategyId(name.removesuffix(_SUFFIX))
        if len(page) < LISTED:
            return
        after = page[-1].path


def _bytes(config: Mapping[str, Any]) -> bytes:
    return orjson.dumps(config, option=orjson.OPT_SORT_KEYS)
