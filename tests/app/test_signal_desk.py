"""Signals of a running service: each trades once, whoever repeats it and whatever dies in between."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from io import BytesIO
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from adapters.ticks import day_of, signals_path
from app.signals import SignalDesk, SignalFollower
from app.signals.kept import FILE, StrategyFile
from ports.actor import Command
from ports.errors import InvalidInputError, MailboxFullError
from ports.execution import Answer
from ports.signals import INTERVAL_NS, Signal, SignalAnswer, SignalStrategy
from ports.values import OperationId, Principal, StrategyId

from fakes.desk import START_NS, Desk
from fakes.object_store import MemoryObjectStore
from fakes.sayings import PERP
from fakes.sayings import traded as trade
from fakes.signals import MemoryFile
from fakes.telemetry import RecordingTelemetry

MOMENTUM = StrategyId("momentum")
OPERATOR = Principal("operator")
STRATEGY = SignalStrategy(strategy_id=MOMENTUM, size=Decimal("0.5"))


class Running:
    """A service in small: a book, its gateway, and a desk that dies and is made again."""

    def __init__(self, file: StrategyFile | None = None) -> None:
        self.file = file or MemoryFile()
        self.book = Desk()
        self.is_full = False
        self.desk = self._made()

    def _made(self) -> SignalDesk:
        return SignalDesk(
            self.file, lambda: self.book.actor.book, self, lambda: self.book.now_ns, RecordingTelemetry()
        )  # fmt: skip

    async def ask(self, command: Command) -> Answer:
        if self.is_full:
            raise MailboxFullError("full")
        (reply,) = self.book.receive(command).replies
        return Answer(reply, len(self.book.entries))

    def die(self) -> None:
        """Lose the process, and come back with what was durable."""
        self.book.restart()
        self.book.connect(next(iter(self.book.accounts)))
        self.desk = self._made()

    async def started(self) -> Running:
        await self.desk.configure(STRATEGY, OPERATOR)
        await self.desk.start(MOMENTUM, OPERATOR)
        return self

    async def push(self, direction: int, number: int = 0) -> SignalAnswer:
        start_ns = START_NS + number * INTERVAL_NS
        self.book.now_ns = max(self.book.now_ns, start_ns + 1_000)
        answer = await self.desk.push(signal(direction, start_ns))
        assert answer is not None
        return answer

    def fill(self, answer: SignalAnswer) -> None:
        """The venue trades the whole of a signal's order."""
        terms = self.book.order(answer.operation_id).terms
        self.book.receive(trade(terms.operation_id, f"t-{terms.operation_id}", str(terms.quantity), side=terms.side))

    @property
    def orders(self) -> list[OperationId]:
        return [each.terms.operation_id for each in self.book.actor.book.oms.all_orders()]


def signal(direction: int, start_ns: int) -> Signal:
    return Signal(
        strategy_id=MOMENTUM,
        instrument=PERP,
        start_ns=start_ns,
        direction=direction,
        target_position=None,
        exec_algorithm="",
        exec_algorithm_params={},
    )


async def test_a_pushed_signal_trades_once_however_often_it_comes() -> None:
    service = await Running().started()
    first = await service.push(1)
    assert (first.why, service.orders) == ("", [first.operation_id])
    assert service.book.order(first.operation_id).principal == "signals"
    assert [await service.push(1) for _ in range(3)] == [first] * 3
    service.die()
    again = await service.push(1)
    assert (again.operation_id, again.why) == (first.operation_id, "TRADED")
    assert service.orders == [first.operation_id]


async def test_only_a_new_direction_is_an_order_after_a_restart_too() -> None:
    service = await Running().started()
    service.fill(await service.push(1))
    service.die()
    assert (await service.push(1, 1)).why == "UNCHANGED"
    turned = await service.push(-1, 2)
    assert service.book.order(turned.operation_id).quantity == 1
    service.fill(turned)
    service.die()
    assert (await service.push(1, 1)).why == "OVERTAKEN"
    assert service.book.position() == Decimal("-0.5")


async def test_a_strategy_that_is_stopped_or_not_there_trades_nothing() -> None:
    service = await Running().started()
    await service.desk.stop(MOMENTUM, OPERATOR)
    assert (await service.push(1)).why == "STOPPED"
    assert await service.desk.push(replace(signal(1, START_NS), strategy_id=StrategyId("other"))) is None
    assert service.orders == []


async def test_what_was_started_runs_after_a_restart_and_what_was_stopped_does_not(tmp_path: Path) -> None:
    service = await Running(StrategyFile(tmp_path)).started()
    service.die()
    assert [each.running for each in service.desk.listed()] == [True]
    await service.desk.stop(MOMENTUM, OPERATOR)
    service.die()
    assert [(each.strategy, each.running) for each in service.desk.listed()] == [(STRATEGY, False)]
    (tmp_path / FILE).write_text("[{")
    with pytest.raises(InvalidInputError, match=FILE):
        service.die()


async def test_a_running_strategy_is_not_changed_under_way() -> None:
    service = await Running().started()
    changed = replace(STRATEGY, size=Decimal(7))
    assert await service.desk.configure(changed, OPERATOR) is None
    same = await service.desk.configure(STRATEGY, OPERATOR)
    assert same is not None
    assert same.running
    await service.desk.stop(MOMENTUM, OPERATOR)
    assert await service.desk.configure(changed, OPERATOR) is not None


async def test_a_disk_that_is_full_starts_nothing_and_stops_at_once() -> None:
    file = MemoryFile()
    service = Running(file)
    await service.desk.configure(STRATEGY, OPERATOR)
    file.fails = True
    with pytest.raises(OSError, match="full"):
        await service.desk.start(MOMENTUM, OPERATOR)
    assert [each.running for each in service.desk.listed()] == [False]
    file.fails = False
    await service.desk.start(MOMENTUM, OPERATOR)
    file.fails = True
    with pytest.raises(OSError, match="full"):
        await service.desk.stop(MOMENTUM, OPERATOR)
    assert [each.running for each in service.desk.listed()] == [False]


async def store_with(rows: list[tuple[int, int]], store: MemoryObjectStore | None = None) -> MemoryObjectStore:
    """Keep a file of signals: intervals after the start, and directions."""
    sink = BytesIO()
    columns = {
        "timestamp": [(START_NS + number * INTERVAL_NS) // 1_000 for number, _ in rows],
        "instrument_key": [str(PERP)] * len(rows),
        "direction": [direction for _, direction in rows],
    }
    pq.write_table(pa.table(columns), sink)
    kept = store or MemoryObjectStore()
    await kept.write(signals_path(MOMENTUM, day_of(START_NS)), sink.getvalue())
    return kept


async def test_a_followed_file_trades_the_signal_in_force_once_and_later_ones_at_their_time() -> None:
    service = await Running().started()
    store = await store_with([(0, 1), (1, 1), (2, -1)])
    follower = SignalFollower(service.desk, store, lambda: service.book.now_ns)
    for _ in range(3):
        await follower.look()
    assert len(service.orders) == 1
    service.book.now_ns = START_NS + INTERVAL_NS
    await follower.look()
    assert len(service.orders) == 1
    service.book.now_ns = START_NS + 2 * INTERVAL_NS
    await follower.look()
    await follower.look()
    assert len(service.orders) == 2
    service.die()
    again = SignalFollower(service.desk, store, lambda: service.book.now_ns)
    await again.look()
    (shown,) = service.desk.listed()
    assert shown.answer is not None
    assert (shown.answer.why, len(service.orders)) == ("TRADED", 2)


async def test_a_signal_that_was_slept_through_is_not_traded_late() -> None:
    service = await Running().started()
    service.book.now_ns = START_NS + 2 * INTERVAL_NS
    await SignalFollower(service.desk, await store_with([(0, 1)]), lambda: service.book.now_ns).look()
    (shown,) = service.desk.listed()
    assert shown.answer is not None
    assert (shown.answer.why, service.orders) == ("STALE", [])


async def test_a_service_that_is_full_is_asked_again() -> None:
    service = await Running().started()
    follower = SignalFollower(service.desk, await store_with([(0, 1)]), lambda: service.book.now_ns)
    service.is_full = True
    await follower.look()
    assert service.desk.listed()[0].error == "full"
    service.is_full = False
    await follower.look()
    assert (service.desk.listed()[0].error, len(service.orders)) == ("", 1)


async def test_a_file_that_cannot_be_read_is_told_and_read_when_it_is_mended() -> None:
    service = await Running().started()
    store = MemoryObjectStore()
    follower = SignalFollower(service.desk, store, lambda: service.book.now_ns)
    await follower.look()
    assert service.desk.listed()[0].error == ""
    torn = await store.write(signals_path(MOMENTUM, day_of(START_NS)), b"PAR1 torn")
    await follower.look()
    assert "no whole parquet file" in service.desk.listed()[0].error
    await store.delete(torn.path, torn.generation)
    await store_with([(0, 1)], store)
    await follower.look()
    assert (service.desk.listed()[0].error, len(service.orders)) == ("", 1)
