"""From the parts of a replay to one run: its rows in the order of time, its equity as the sum of all."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from hashlib import blake2b
from heapq import merge
from operator import attrgetter
from typing import Any

from adapters.ticks import day_window
from app.replay.costs import merged
from app.replay.parts import Part
from app.replay.planning import Plan
from app.replay.spec import PREFIX, Failed
from app.result_rows import figures
from ports.results import EquityRow, FillRow, RunResults
from ports.values import ZERO, TradeId, exact, plain


def results_of(plan: Plan, parts: Sequence[Part], failed: Sequence[Failed]) -> RunResults:
    """Return the results of a replay; what failed is in its summary and its log."""
    orders = sorted((order for part in parts for order in part.orders), key=attrgetter("created_ns"))
    fills = sorted((_named(part, fill) for part in parts for fill in part.fills), key=attrgetter("timestamp_ns"))
    positions = sorted((row for part in parts for row in part.positions), key=attrgetter("timestamp_ns"))
    equity = list(summed(parts, plan.spec.start_value_usd))
    traded = sorted({task.instrument for task in plan.tasks})
    summary = {
        "run_id": plan.run_id,
        "mode": "replay",
        "instrument": traded[0] if len(traded) == 1 else "MULTI",
        "dataset": plan.spec.ticks,
        "start": _iso(day_window(plan.spec.days[0])[0]),
        "end": _iso(day_window(plan.spec.days[-1])[1]),
        "execution_time": sum(part.busy_us for part in parts) / 1e6,
        "summary": figures(orders, fills, equity, plan.spec.start_value_usd),
        "metadata": {
            "config_path": f"config/{plan.run_id}/backtest_config.json",
            "snapshot_mode": "+".join(sorted({part.made_of for part in parts if part.made_of})),
            "instruments": traded,
            "reporting_currency": "USD",
            "days": list(plan.spec.days),
            "strategies": list(plan.spec.strategies),
            "seed": plan.spec.seed,
            "signals": plan.signals,
            "windows": plan.changes,
            "not_traded": dict(sorted(sum((Counter(part.not_traded) for part in parts), Counter()).items())),
            "quotes": sum(part.quotes for part in parts),
            "trades": sum(part.trades for part in parts),
            "failed": [{"name": each.name, "error": each.error} for each in failed],
        },
    }
    return RunResults(
        run_id=plan.run_id,
        summary=summary,
        config=plan.config,
        log="".join(f"{line}\n" for line in _log(parts, failed)),
        orders=orders,
        fills=fills,
        positions=positions,
        equity=equity,
        tca=merged(part.tca for part in parts),
    )


def summed(parts: Sequence[Part], start_value_usd: Decimal) -> Iterator[EquityRow]:
    """Yield the equity of all parts together, at every point of any of them.

    A part counts with its newest point. When its day is over its profit stays as it was last valued, and what it held
    is no position any more: every day begins flat.
    """
    newest: dict[int, EquityRow] = {}
    total = _nothing(start_value_usd)
    is_one = len({part.name.partition("/")[2] for part in parts}) <= 1
    day = ""
    with exact():
        points = merge(*[_points(place, part) for place, part in enumerate(parts)], key=lambda one: one[0])
        for (_, place), point in points:
            if parts[place].day != day:
                day = parts[place].day
                total = replace(total, position=ZERO, exposure_gross=ZERO, exposure_net=ZERO)
            before = newest.get(place, _nothing(ZERO))
            newest[place] = point
            total = EquityRow(
                timestamp_ns=point.timestamp_ns,
                portfolio_value=total.portfolio_value + point.portfolio_value - before.portfolio_value,
                realized_pnl=total.realized_pnl + point.realized_pnl - before.realized_pnl,
                unrealized_pnl=total.unrealized_pnl + point.unrealized_pnl - before.unrealized_pnl,
                position=total.position + point.position - before.position if is_one else ZERO,
                price=point.price if is_one else None,
                exposure_gross=total.exposure_gross + point.exposure_gross - before.exposure_gross,
                exposure_net=total.exposure_net + point.exposure_net - before.exposure_net,
                fees=total.fees + point.fees - before.fees,
            )
            yield total


def judged(parts: Iterable[Part]) -> dict[str, Any]:
    """Return every invariant over all parts; one that nothing was examined of in any did not fail."""
    found: dict[str, Any] = {}
    for part in parts:
        for name, each in part.invariants.items():
            known = found.setdefault(name, {"ok": True, "examined": 0})
            known["ok"] = known["ok"] and each.ok
            known["examined"] += each.examined
    return found


def path_of_summary(run_id: str) -> str:
    """Return where the summary of a run is."""
    return f"{PREFIX}/{run_id}/summary.json"


def _points(place: int, part: Part) -> Iterator[tuple[tuple[int, int], EquityRow]]:
    return (((row.timestamp_ns, place), row) for row in part.equity)


def _nothing(value_usd: Decimal) -> EquityRow:
    return EquityRow(
        timestamp_ns=0,
        portfolio_value=value_usd,
        realized_pnl=ZERO,
        unrealized_pnl=ZERO,
        position=ZERO,
        price=None,
        exposure_gross=ZERO,
        exposure_net=ZERO,
        fees=ZERO,
    )


def _named(part: Part, fill: FillRow) -> FillRow:
    """Return a fill whose id no other part has: each part's exchange counts from one."""
    return replace(fill, trade_id=TradeId(f"{blake2b(part.name.encode(), digest_size=4).hexdigest()}-{fill.trade_id}"))


def _log(parts: Iterable[Part], failed: Iterable[Failed]) -> Iterator[str]:
    for part in parts:
        untraded = ", ".join(f"{count} {why}" for why, count in part.not_traded.items())
        value = part.equity[-1].portfolio_value if part.equity else ZERO
        yield (
            f"{part.name}: {part.signals} signals, {len(part.orders)} orders, {len(part.fills)} fills, "
            f"profit {plain(value)} USD{', not traded: ' if untraded else ''}{untraded}"
        )
    for each in failed:
        yield f"{each.name}: FAILED: {each.error}"


def _iso(at_ns: int) -> str:
    return datetime.fromtimestamp(at_ns / 1e9, UTC).isoformat()
