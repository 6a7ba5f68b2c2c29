"""A firm's own execution algorithms, as the core asks them: guarded, measured, and governed as ours are."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Final

from core.algos.abandoned import Abandoned
from core.algos.conduct import govern
from core.algos.situation import Situation
from plugins.discovery import Discovery
from ports.algorithms import Market, ParentTerms, Planner, PlannerParser, PluginAlgorithm, Progress, Step
from ports.errors import InvalidInputError
from ports.replies import InvalidOrder
from ports.telemetry import Telemetry

TOO_SLOW_US: Final = 50_000  # a plan that takes longer ends its parent: everybody waited for it
MOST_AT_ONCE: Final = 100  # children of one step
MOST_CHILDREN: Final = 10_000  # of one parent
_SOONEST_NS: Final = 10_000_000  # until it is asked again, whatever it wants
_LONGEST: Final = 200  # characters of what it raised

type Clock = Callable[[], int]


def algorithms_of(
    found: Discovery, telemetry: Telemetry, clock: Clock = time.perf_counter_ns
) -> Mapping[str, PlannerParser]:
    """Return the algorithms that plugins bring, by name, in the order of their names."""
    brought = {one.name: one for plugin in found.plugins for one in plugin.algorithms}
    return {name: guarded(brought[name], telemetry, clock) for name in sorted(brought)}


def guarded(algorithm: PluginAlgorithm, telemetry: Telemetry, clock: Clock = time.perf_counter_ns) -> PlannerParser:
    """Return a plugin's algorithm as the core reads it; one that raises refuses the order before it is recorded."""
    name = algorithm.name

    def read(params: Mapping[str, str], parent: ParentTerms) -> Planner | InvalidOrder:
        try:
            planner = algorithm.planner(params, parent)
            counts_trades = planner.counts_trades is True
        except InvalidInputError as wrong:
            return InvalidOrder(field=wrong.field, value=wrong.value, remedy=wrong.remedy)
        except Exception as failure:
            how = _told(telemetry, name, f"raised {type(failure).__name__} over its parameters")
            return InvalidOrder(field="exec_algorithm", value=name, remedy=f"its plugin {how}: mend it")
        return GuardedPlanner(name, planner, counts_trades, telemetry, clock)

    return read


class GuardedPlanner:
    """A plugin's planner of one parent. Once it fails, it is asked no more: its parent takes back all and ends."""

    def __init__(self, name: str, planner: Planner, counts_trades: bool, telemetry: Telemetry, clock: Clock) -> None:
        self._name = name
        self._planner: Planner = planner
        self._telemetry = telemetry
        self._clock = clock
        self.counts_trades = counts_trades

    def plan(self, parent: ParentTerms, progress: Progress, market: Market, now_ns: int) -> Step:
        """Ask it where its parent is to be worked; what every parent goes through is seen to here."""
        governed = govern(Situation(parent, progress, market, now_ns, stale_ns=None))
        if governed is not None or isinstance(self._planner, Abandoned):
            return governed or self._planner.plan(parent, progress, market, now_ns)
        began_ns = self._clock()
        try:
            step = self._planner.plan(parent, progress, market, now_ns)
            fault = _fault_of(step, progress)
        except Exception as failure:
            step, fault = Step(), f"raised {type(failure).__name__}"
        took_us = (self._clock() - began_ns) // 1_000
        self._telemetry.observe("plugin_algorithm_us", took_us)
        if fault is None and took_us > TOO_SLOW_US:
            fault = f"took longer than {TOO_SLOW_US // 1_000} ms over a plan"
        if fault is None:
            return _no_sooner(step, now_ns)
        self._planner = Abandoned(f"{self._name} {_told(self._telemetry, self._name, fault)}")
        return self._planner.plan(parent, progress, market, now_ns)


def _fault_of(step: object, progress: Progress) -> str | None:
    """Return what is wrong with an answer; other people's code may answer with anything."""
    if not isinstance(step, Step):
        return "answered with something that is no Step"
    if len(step.place) > MOST_AT_ONCE or len(progress.children) + len(step.place) > MOST_CHILDREN:
        return f"places {len(step.place)} children after {len(progress.children)}"
    unknown = set(step.cancel) - {child.order.number for child in progress.children}
    return f"cancels children {sorted(unknown)}, which there are not" if unknown else None


def _no_sooner(step: Step, now_ns: int) -> Step:
    if step.wake_ns is None or step.wake_ns >= now_ns + _SOONEST_NS:
        return step
    return Step(
        place=step.place,
        cancel=step.cancel,
        wake_ns=now_ns + _SOONEST_NS,
        watch=step.watch,
        notices=step.notices,
        ending=step.ending,
    )


def _told(telemetry: Telemetry, name: str, how: str) -> str:
    telemetry.note("algorithm.failed", algorithm=name, error=how[:_LONGEST])
    return how
