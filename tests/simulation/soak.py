"""Many seeds, one after the other or side by side, and what each of them showed."""

from __future__ import annotations

import gc
import signal
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, redirect_stderr
from dataclasses import dataclass, field
from io import StringIO
from multiprocessing import get_context
from types import FrameType

from core.invariants import INVARIANTS

from fakes.virtual_loop import run_virtually
from simulation.judgement import every_order, faults_of, findings_of, unsettled
from simulation.world import World

MOST_CPU_S = 120  # a life takes a tenth of a second; one that takes this long turns in a circle


@dataclass(frozen=True, kw_only=True)
class Life:
    """What one seed showed: every fault in words, the invariants that were broken, and how many cases each had."""

    seed: int
    faults: Sequence[str]
    broken: frozenset[str] = frozenset()
    examined: dict[str, int] = field(default_factory=dict)
    crashes: int = 0
    orders: int = 0


class TurnsInACircleError(AssertionError):
    """A life that does not end."""


def lived(seed: int) -> World:
    """Live one seed's life to its end."""

    async def live() -> World:
        world = World(seed, look=unsettled)
        await world.run()
        return world

    return run_virtually(live())


def judged(seed: int) -> Life:
    """Live one seed's life and judge it; what it raises is a fault as well."""
    try:
        with _bounded(), redirect_stderr(StringIO()):
            world = lived(seed)
            findings = findings_of(world)
            faults = faults_of(world, findings)
    except Exception as raised:
        return Life(seed=seed, faults=[f"raised {type(raised).__name__}: {raised}"])
    return Life(
        seed=seed,
        faults=faults,
        broken=frozenset(name for name, finding in findings.items() if not finding.ok),
        examined={name: findings[name].examined for name in INVARIANTS},
        crashes=world.crashes,
        orders=len(list(every_order(world).all_orders())),
    )


def lives(seeds: Sequence[int], workers: int) -> Iterator[Life]:
    """Yield every seed's life as it ends, in any order."""
    if workers == 1:
        yield from map(judged, seeds)
        return
    with get_context("spawn").Pool(workers, initializer=gc.freeze, maxtasksperchild=500) as pool:
        yield from pool.imap_unordered(judged, seeds)


@contextmanager
def _bounded() -> Iterator[None]:
    """Let nothing take more than `MOST_CPU_S` of the processor's time."""

    def stop(signum: int, frame: FrameType | None) -> None:
        raise TurnsInACircleError(f"a life took {MOST_CPU_S} s of the processor's time")

    before = signal.signal(signal.SIGPROF, stop)
    signal.setitimer(signal.ITIMER_PROF, MOST_CPU_S)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)
