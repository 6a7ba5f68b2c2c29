"""One parity run: the parents planned, worked under three runtimes, and every child compared."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from adapters.nautilus.backtest import TimedCommand, shown
from adapters.nautilus.exec_config import PlannedExecAlgorithmConfig, VolumeCurveConfig
from adapters.nautilus.plain_backtest import Primary, Spawned, run_primaries
from adapters.ticks import RecordedTicks
from app.backtest import BacktestRun
from app.checks import Check
from app.checks import as_json as checks_as_json
from app.nautilus_algorithms import (
    IcebergExecAlgorithm,
    ISExecAlgorithm,
    POVExecAlgorithm,
    TWAPExecAlgorithm,
    VWAPExecAlgorithm,
)
from app.parity.children import ChildKey, Difference, PlacedChild, QuoteTimes, children_of, differences, ended_in
from app.parity.live_run import run_live
from app.parity.plan import PARENTS_EACH, STYLES, PlannedParent, plan_parents, volume_profiles
from core.reconciliation.patience import Patience
from ports.algorithms import NoticeCode
from ports.facts import ParentNoted
from ports.instruments import Instrument
from ports.journal import Entry
from ports.market_data import Book, Quote, Trade, VolumeProfile

LEAST_CHILDREN: Final = 400
_NO_CURVE: Final = str(NoticeCode.NO_VOLUME_CURVE)
_LISTED: Final = 50  # differences in the document; all of them are counted
_CLASSES: Final = (TWAPExecAlgorithm, VWAPExecAlgorithm, IcebergExecAlgorithm, ISExecAlgorithm, POVExecAlgorithm)


def run_parity(
    ticks: Path, *, each: int = PARENTS_EACH, progress: Callable[[str], None] = lambda line: None
) -> dict[str, Any]:
    """Work the same parents over a recording under three runtimes, and return what differs (`ok` at its head).

    `each` is how many parents of every algorithm. Nothing of what is found depends on the machine or its load.

    Raises:
        ObjectMissingError: there is no recording in `ticks`.
        InvalidInputError: it is too short.
    """
    instruments, recorded = asyncio.run(_recorded(ticks))
    return compare(instruments, recorded, each=each, progress=progress)


def compare(
    instruments: Sequence[Instrument],
    ticks: Sequence[Quote | Trade],
    *,
    each: int,
    progress: Callable[[str], None] = lambda line: None,
) -> dict[str, Any]:
    """Do what `run_parity` does over `ticks`, of which no two are of the same time.

    Raises:
        InvalidInputError: they are of too short a time.
    """
    quotes = [tick for tick in ticks if isinstance(tick, Quote)]
    planned = plan_parents(quotes, instruments, each)
    commands = [TimedCommand(parent.at_ns, parent.submit) for parent in planned]
    patience = Patience()
    profiles = volume_profiles(ticks)
    seconds: dict[str, float] = {}

    def timed[T](name: str, work: Callable[[], T]) -> T:
        progress(f"{len(planned)} parents over {len(quotes):,} quotes: {name}")
        began = time.perf_counter()
        done = work()
        seconds[name] = round(time.perf_counter() - began, 2)
        return done

    entries = timed("live", lambda: run_live(instruments, ticks, commands, patience, profiles))
    replay = BacktestRun(instruments, patience)
    timed("backtest", lambda: replay.run(ticks, commands, profiles))
    wrapped = timed("wrapped", lambda: _run_wrapped(instruments, ticks, planned, profiles))
    live, hosted, quoted = children_of(entries), children_of(replay.entries), QuoteTimes(quotes)
    found = {"backtest": differences(live, hosted, quoted), "wrapped": differences(live, wrapped, quoted)}
    ended = ended_in(entries)
    checks = [*_checks(planned, each, live, len(ended), found), _on_a_curve(entries)]
    return {
        "ok": all(check.ok for check in checks),
        "parents": len(planned),
        "children": {"live": len(live), "backtest": len(hosted), "wrapped": len(wrapped)},
        "by_algorithm": _table(planned, live),
        "parents_by_end": dict(sorted(Counter(str(end.status) for end in ended.values()).items())),
        "quotes": len(quotes),
        "seconds": seconds,
        "differences": {name: [one.as_json() for one in those[:_LISTED]] for name, those in found.items()},
        "checks": checks_as_json(checks),
    }


def _checks(
    planned: Sequence[PlannedParent],
    each: int,
    live: Mapping[ChildKey, PlacedChild],
    ended: int,
    found: Mapping[str, Sequence[Difference]],
) -> list[Check]:
    by_algorithm = Counter(parent.terms.exec_algorithm for parent in planned)
    return [
        Check.at_least("parents_of_every_algorithm", min(by_algorithm.values()), each, "parents"),
        Check.at_least("children", len(live), LEAST_CHILDREN * each // PARENTS_EACH, "children"),
        Check.equal("parents_ended", ended, len(planned), "parents"),
        *(Check.equal(f"differences_{name}", len(those), 0, "differences") for name, those in found.items()),
    ]


def _on_a_curve(entries: Sequence[Entry]) -> Check:
    """Want every VWAP to have followed a volume curve, or three times the same TWAP would be compared."""
    without = sum(isinstance(entry.fact, ParentNoted) and entry.fact.code == _NO_CURVE for entry in entries)
    return Check.equal("parents_without_a_volume_curve", without, 0, "parents")


def _table(planned: Sequence[PlannedParent], live: Mapping[ChildKey, PlacedChild]) -> dict[str, dict[str, int]]:
    algorithm = {str(parent.terms.operation_id): parent.terms.exec_algorithm for parent in planned}
    children = Counter(algorithm[parent] for parent, _ in live)
    parents = Counter(algorithm.values())
    return {name: {"parents": parents[name], "children": children[name]} for name in STYLES}


async def _recorded(ticks: Path) -> tuple[Sequence[Instrument], list[Quote | Trade]]:
    """Return the quotes and trades of a recording, each at a time of its own."""
    source = RecordedTicks(ticks)
    lots = {each.key: each.lot_size for each in source.instruments()}
    kept: list[Quote | Trade] = []
    last_ns = 0
    async for batch in source.ticks():
        for tick in batch:
            if isinstance(tick, Book) or (isinstance(tick, Trade) and tick.quantity < lots[tick.instrument]):
                continue
            last_ns = max(tick.received_ns, last_ns + 1)
            kept.append(replace(tick, received_ns=last_ns) if last_ns != tick.received_ns else tick)
    return source.instruments(), kept


def _run_wrapped(
    instruments: Sequence[Instrument],
    ticks: Sequence[Quote | Trade],
    planned: Sequence[PlannedParent],
    profiles: Sequence[VolumeProfile],
) -> dict[ChildKey, PlacedChild]:
    listings, data = shown(instruments, ticks)
    primaries = [_primary(parent) for parent in planned]
    config = PlannedExecAlgorithmConfig(
        volume_curves={listings[each.instrument].id.value: VolumeCurveConfig.of(each.curve) for each in profiles}
    )
    spawned = run_primaries(listings, data, primaries, [made(config) for made in _CLASSES]).spawned
    return {(each.primary, each.number): _placed(each) for each in spawned}


def _primary(parent: PlannedParent) -> Primary:
    terms = parent.terms
    return Primary(
        at_ns=parent.at_ns,
        name=terms.operation_id,
        instrument=terms.instrument,
        side=terms.side,
        quantity=terms.quantity,
        price=terms.price,
        algorithm=terms.exec_algorithm,
        params=terms.exec_algorithm_params,
    )


def _placed(spawned: Spawned) -> PlacedChild:
    return PlacedChild(
        instrument=spawned.instrument,
        side=spawned.side,
        quantity=spawned.quantity,
        order_type=spawned.order_type,
        price=spawned.price,
        time_in_force=spawned.time_in_force,
        post_only=spawned.post_only,
        placed_ns=spawned.placed_ns,
        filled=spawned.filled,
        paid=spawned.paid,
    )
