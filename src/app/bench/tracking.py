"""`livexec bench vwap`: how closely a VWAP follows the volume that really traded, beside a TWAP of the same order.

A planner is run by hand over the trades of a day: every child fills when it is placed, so that what is compared is the
schedule alone. The error is the root mean square of what was executed less what had traded, both as shares of their
whole, at the end of every part.
"""

from __future__ import annotations

import asyncio
import math
from bisect import bisect_right
from collections.abc import Callable, Sequence
from decimal import Decimal
from itertools import accumulate
from pathlib import Path
from random import Random
from typing import Any, Final, NamedTuple

from adapters.ticks import RecordedTicks
from app.checks import Check, as_json
from core.algos.registry import planner_of
from core.algos.volume_curve import DAY_NS, CurveBuilder
from ports.algorithms import (
    Child,
    Conditions,
    Market,
    OrderRules,
    ParentTerms,
    Planner,
    Progress,
    VolumeCurve,
)
from ports.instruments import InstrumentKey
from ports.market_data import Trade
from ports.replies import InvalidOrder
from ports.values import OrderStatus, Price, Quantity, Side

_LOT: Final = Quantity(Decimal("0.001"))
_RULES: Final = OrderRules(tick_size=Price(Decimal("0.1")), lot_size=_LOT, min_quantity=_LOT)
_AMOUNT: Final = Quantity(Decimal(100))
_MID: Final = Price(Decimal(50_000))
_KEY: Final = InstrumentKey("BINANCE-FUTURES:PERPETUAL:BTC-USDT@LIN")
_HISTORY_DAYS: Final = 5
_TRADE_S: Final = 5  # of the made days: one trade each
_BUCKET_NS: Final = 300_000_000_000
_SHORT_BUCKET_NS: Final = 15_000_000_000  # a recording of minutes

type Tell = Callable[[str], None]


class Tape(NamedTuple):
    """When something traded, and everything that had traded by then."""

    times_ns: Sequence[int]
    totals: Sequence[Decimal]

    def until(self, time_ns: int) -> Decimal:
        at = bisect_right(self.times_ns, time_ns)
        return self.totals[at - 1] if at else Decimal(0)


class Stretch(NamedTuple):
    """What an order is worked over: from when to when, in how many parts, and what traded then."""

    start_ns: int
    horizon_s: int
    parts: int
    tape: Tape


def bench_tracking(ticks: Path | None = None, seed: int = 7, progress: Tell = lambda line: None) -> dict[str, Any]:
    """Work one order by TWAP and by VWAP over a made day, and over a recording's minutes where one is given.

    The made day has the two humps of a day of trading and noise of its own; its curve is the average of five such days
    before it. Of a recording there is no history: `even` lets the VWAP follow the observed volume alone, `beside`
    gives it a curve made of the recording's other instrument in the same minutes, which nobody has in time.
    """
    progress(f"making {_HISTORY_DAYS + 1} days of trades")
    figures: dict[str, Any] = {"generated_day": _generated(seed)}
    if ticks is not None:
        progress("reading the recording")
        figures["recorded"] = asyncio.run(_recorded(ticks))
    day = figures["generated_day"]
    checks = [Check.at_most("vwap_over_twap", day["VWAP"]["rms_pct"] / day["TWAP"]["rms_pct"], 1.0, "times")]
    return {"ok": all(check.ok for check in checks), **figures, "checks": as_json(checks)}


def _generated(seed: int) -> dict[str, Any]:
    draw = Random(seed)
    builder = CurveBuilder(_BUCKET_NS)
    for day in range(_HISTORY_DAYS):
        builder.take(_day_of_trades(draw, day * DAY_NS))
    start_ns = _HISTORY_DAYS * DAY_NS
    stretch = Stretch(start_ns, DAY_NS // 10**9, 288, _tape(_day_of_trades(draw, start_ns)))
    curve = builder.curve()
    return {
        "TWAP": _error("TWAP", stretch, None),
        "VWAP": _error("VWAP", stretch, curve),
        "VWAP without observed volume": _error("VWAP", stretch, curve, band_pct="0"),
    }


def _day_of_trades(draw: Random, start_ns: int) -> Sequence[Trade]:
    """A day with two humps (European and American hours), and moods of a quarter of an hour."""
    trades = []
    mood = 1.0
    for second in range(0, DAY_NS // 10**9, _TRADE_S):
        if second % 900 == 0:
            mood = math.exp(draw.gauss(0, 0.4))
        hour = second / 3600
        level = 0.4 + math.exp(-((hour - 8) ** 2) / 4) + 1.6 * math.exp(-((hour - 14.5) ** 2) / 5)
        lots = max(int(1000 * level * mood * draw.expovariate(1)), 1)
        trades.append(_trade(start_ns + second * 10**9, lots * _LOT))
    return trades


def _trade(time_ns: int, quantity: Decimal) -> Trade:
    return Trade(
        instrument=_KEY,
        price=_MID,
        quantity=quantity,
        aggressor=None,
        trade_id="",
        event_time_ns=time_ns,
        received_ns=time_ns,
    )


async def _recorded(root: Path) -> dict[str, Any]:
    by_instrument: dict[InstrumentKey, list[Trade]] = {}
    async for batch in RecordedTicks(root).ticks():
        for tick in batch:
            if isinstance(tick, Trade):
                by_instrument.setdefault(tick.instrument, []).append(tick)
    return {
        key: _of_recording(trades, [other for name, other in by_instrument.items() if name != key])
        for key, trades in sorted(by_instrument.items())
    }


def _of_recording(trades: Sequence[Trade], others: Sequence[Sequence[Trade]]) -> dict[str, Any]:
    start_ns = trades[0].received_ns
    horizon_s = (trades[-1].received_ns - start_ns) // 10**9
    stretch = Stretch(start_ns, horizon_s, max(horizon_s // 15, 2), _tape(trades))
    even = VolumeCurve(bucket_ns=DAY_NS, volumes=(stretch.tape.totals[-1] * DAY_NS // (horizon_s * 10**9),))
    found = {"TWAP": _error("TWAP", stretch, None), "VWAP even": _error("VWAP", stretch, even, band_pct="50")}
    if others:
        builder = CurveBuilder(_SHORT_BUCKET_NS)
        builder.take([trade for other in others for trade in other])
        found["VWAP beside"] = _error("VWAP", stretch, builder.curve())
    return found


def _tape(trades: Sequence[Trade]) -> Tape:
    return Tape(
        [trade.received_ns for trade in trades], list(accumulate((trade.quantity for trade in trades), initial=None))
    )


def _error(name: str, stretch: Stretch, curve: VolumeCurve | None, **params: str) -> dict[str, float]:
    """Return the error in per cent of the order: root mean square over the parts' ends, and the worst of them."""
    executed = _executed(name, stretch, curve, params)
    whole = stretch.tape.until(stretch.start_ns + stretch.horizon_s * 10**9) - stretch.tape.until(stretch.start_ns - 1)
    part_ns = stretch.horizon_s * 10**9 // stretch.parts
    misses = []
    for part in range(1, stretch.parts + 1):
        at_ns = stretch.start_ns + part * part_ns
        traded = stretch.tape.until(at_ns) - stretch.tape.until(stretch.start_ns - 1)
        misses.append(float(executed.until(at_ns - 1) / _AMOUNT - traded / whole))
    rms = math.sqrt(sum(miss * miss for miss in misses) / len(misses))
    return {"rms_pct": round(100 * rms, 4), "worst_pct": round(100 * max(map(abs, misses)), 4)}


def _executed(name: str, stretch: Stretch, curve: VolumeCurve | None, params: dict[str, str]) -> Tape:
    """Run a planner from its start to its end; every child fills at once."""
    parent = ParentTerms(
        side=Side.BUY,
        quantity=_AMOUNT,
        price=None,
        rules=_RULES,
        start_ns=stretch.start_ns,
        seed=1,
        conditions=Conditions(mid=_MID, volume_curve=curve),
    )
    wanted = {"horizon_secs": str(stretch.horizon_s), "intervals": str(stretch.parts), **params}
    planner = planner_of(name, wanted, parent)
    if isinstance(planner, InvalidOrder):
        raise TypeError(f"{planner.field}: {planner.remedy}")
    return _run(planner, parent, stretch)


def _run(planner: Planner, parent: ParentTerms, stretch: Stretch) -> Tape:
    now_ns, filled = stretch.start_ns, Decimal(0)
    before = stretch.tape.until(stretch.start_ns - 1)
    children: list[Child] = []
    times: list[int] = []
    totals: list[Decimal] = []
    while filled < _AMOUNT:
        traded = stretch.tape.until(now_ns) - before if planner.counts_trades else None
        market = Market(bid=_MID, ask=_MID, bid_size=_AMOUNT, ask_size=_AMOUNT, quoted_ns=now_ns, traded=traded)
        step = planner.plan(parent, Progress(children=tuple(children), filled=filled), market, now_ns)
        for order in step.place:
            children.append(Child(order=order, status=OrderStatus.FILLED, filled=order.quantity, placed_ns=now_ns))
            filled += order.quantity
            times.append(now_ns)
            totals.append(filled)
        if step.ending is not None or step.wake_ns is None:
            break
        now_ns = max(step.wake_ns, now_ns + 1)
    return Tape(times, totals)
