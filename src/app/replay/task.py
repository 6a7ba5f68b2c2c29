"""One task: a day of one strategy in one instrument, worked by the unchanged core in Nautilus's backtest runtime."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from functools import partial
from typing import Final

from adapters.nautilus.backtest import Timed, TimedCommand, TimedDecision
from adapters.ticks import paper_instruments, read_instruments
from app.backtest import BacktestRun
from app.digests import digest_of, folded
from app.equity import EquityCurve, MarkSample
from app.recording import ALL_IN_MEMORY
from app.replay.costs import TaskCosts
from app.replay.market import Stretch, Windows, first_quote_at
from app.replay.parts import Judged, Part, path_of, write_part
from app.replay.places import store_at
from app.replay.spec import Failed, ReplaySpec, ReplayTask
from app.result_rows import fill_row, position_rows
from core.invariants import RecordedRun, Release, check
from core.orchestrator import Orchestrator
from core.signals.deciding import NoOrder, decide
from ports.actor import Command, Message, Outcome
from ports.commands import CancelAll, SetLimits
from ports.errors import InvalidInputError, LivexecError, ObjectMissingError
from ports.facts import OrderFilled
from ports.instruments import Instrument
from ports.market_data import Quote, Trade
from ports.object_store import ObjectStore
from ports.requests import SendOrder
from ports.signals import Signal
from ports.values import ZERO, ClientOrderId, Principal

REPLAY: Final = Principal("replay")
UNQUOTED: Final = "NO_MARKET"  # why a signal is no order: nothing was quoted in its window
_SAMPLE_NS: Final = 10_000_000_000


class _Watched(Orchestrator):
    """The orchestrator, and what left it, for its judges; the quotes that things happened at, for their costs."""

    def __init__(self, costs: TaskCosts) -> None:
        super().__init__(keep=ALL_IN_MEMORY)
        self._costs = costs
        self.sends: list[ClientOrderId] = []
        self.releases: list[Release] = []

    def receive(self, message: Message, now_ns: int) -> Outcome:
        outcome = super().receive(message, now_ns)
        if outcome.facts and (quote := self.book.market.quote(self._costs.instrument)) is not None:
            self._costs.stood(quote)
        for request in outcome.requests:
            self.releases.append(Release(request, self.sequence, self.sequence))
            if isinstance(request, SendOrder):
                self.sends.append(request.client_order_id)
        return outcome


class TaskRun:
    """The work of one task over the windows that it is given."""

    def __init__(self, spec: ReplaySpec, task: ReplayTask, instrument: Instrument) -> None:
        self._spec = spec
        self._task = task
        self._costs = TaskCosts(instrument.key, spec.limits.usd_per, spec.markout_secs)
        self._actor = _Watched(self._costs)
        self._run = BacktestRun([instrument], actor=self._actor)
        self._strategy = spec.strategy(task.strategy_id)
        self._not_traded: Counter[str] = Counter()
        self._samples: list[MarkSample] = []
        self._quotes = self._trades = 0

    def work(self, windows: Windows) -> Part:
        """Work the task to its end, and return what it leaves.

        Raises:
            ObjectMissingError, InvalidInputError and the others: as the windows.
        """
        began_s = time.process_time()
        limits = SetLimits(limits=self._spec.limits, principal=REPLAY, reason="replay")
        with windows.ahead() as stretches:
            curves = [one for one in self._spec.volume_curves if one.instrument == self._task.instrument]
            self._run.run(self._ticks(stretches), [TimedCommand(0, limits)], curves)
        return self._part(windows, began_s)

    def _ticks(self, stretches: Iterator[tuple[Stretch, Sequence[Quote | Trade]]]) -> Iterator[Quote | Trade | Timed]:
        """Yield the ticks of every window, and in front of them what is to be done among them."""
        for stretch, ticks in stretches:
            if not ticks:
                self._not_traded[UNQUOTED] += len(stretch.signals)
                continue
            self._costs.begin(stretch)
            for signal in stretch.signals:
                quote = first_quote_at(ticks, signal.start_ns)
                if quote is None:
                    self._not_traded[UNQUOTED] += 1
                else:
                    yield TimedDecision(quote.received_ns, partial(self._decided, signal))
            # What is not done when its window ends is taken back: nothing is known of the market after it.
            yield TimedCommand(ticks[-1].received_ns, _take_back(stretch))
            yield from self._seen(ticks)

    def _seen(self, ticks: Sequence[Quote | Trade]) -> Iterator[Quote | Trade]:
        next_ns = 0
        for tick in ticks:
            self._costs.saw(tick)
            if isinstance(tick, Quote):
                self._quotes += 1
                if tick.received_ns >= next_ns:
                    next_ns = tick.received_ns + _SAMPLE_NS
                    self._samples.append(MarkSample(tick.received_ns, {tick.instrument: tick.mid}))
            else:
                self._trades += 1
            yield tick

    def _decided(self, signal: Signal, now_ns: int) -> Command | None:
        """Return the order of a signal, as the book is at its time."""
        found = decide(self._actor.book, self._strategy, signal, REPLAY, now_ns, self._spec.seed)
        if isinstance(found, NoOrder):
            self._not_traded[found.why] += 1
            return None
        return found

    def _part(self, windows: Windows, began_s: float) -> Part:
        entries = self._run.entries
        orders = {order.terms.operation_id: order.view() for order in self._actor.book.oms.all_orders()}
        curve = EquityCurve(ZERO, self._spec.limits.usd_per, (), {})
        findings = check(
            RecordedRun(
                entries=entries,
                sends=self._actor.sends,
                releases=self._actor.releases,
                fold=folded,
                live_digest=digest_of(self._actor),
            )
        )
        return Part(
            name=self._task.name,
            day=self._task.day,
            orders=tuple(orders.values()),
            fills=tuple([fill_row(each.fact, orders) for each in entries if isinstance(each.fact, OrderFilled)]),
            positions=tuple(position_rows(entries)),
            equity=tuple(curve.points(entries, self._samples)),
            tca=self._costs.analysed(entries),
            signals=len(self._task.signals),
            not_traded=dict(sorted(self._not_traded.items())),
            quotes=self._quotes,
            trades=self._trades,
            left_out=self._run.left_out,
            made_of=windows.made_of,
            invariants={name: Judged(ok=each.ok, examined=each.examined) for name, each in findings.items()},
            busy_us=int((time.process_time() - began_s) * 1e6),
        )


def run_task(spec: ReplaySpec, folder: str, task: ReplayTask) -> Failed | int:
    """Work a task, and write its part under `folder`; return its processor time in microseconds, or why it failed.

    Meant for a process of its own: it opens its stores itself.
    """
    try:
        ticks, out = store_at("--ticks", spec.ticks, spec.endpoint), store_at("--out", spec.out, spec.endpoint)
        instrument = asyncio.run(_instrument(spec, task, ticks))
        part = TaskRun(spec, task, instrument).work(Windows(ticks, task, instrument))
        asyncio.run(write_part(out, path_of(folder, task), part))
    except (LivexecError, OSError) as failure:
        return Failed(name=task.name, error=str(failure))
    return part.busy_us


async def _instrument(spec: ReplaySpec, task: ReplayTask, ticks: ObjectStore) -> Instrument:
    """Return a task's instrument: the built-in one, with its fees; else as the files of instruments have it."""
    built_in = {each.key: each for each in paper_instruments()}
    if task.instrument in built_in:
        return built_in[task.instrument]
    where = store_at("--definitions", spec.definitions, spec.endpoint) if spec.definitions else ticks
    try:
        listed = {each.key: each for each in (await read_instruments(where, task.day)).instruments}
    except ObjectMissingError:
        listed = {}
    if task.instrument not in listed:
        remedy = f"no file of instruments of {task.day} has it: say in --definitions where they are"
        raise InvalidInputError("instrument", task.instrument, remedy)
    return listed[task.instrument]


def _take_back(stretch: Stretch) -> CancelAll:
    return CancelAll(principal=REPLAY, strategy_id=stretch.signals[0].strategy_id, reason="its window has ended")
