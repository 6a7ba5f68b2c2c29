"""The lease: what leaves a process that leads, that sleeps, and whose journal is away."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from adapters.sql import Lease, LeaseKeeper
from adapters.sql.postgres.leadership import Pulse
from adapters.sql.postgres.succession import Watched
from ports.errors import JournalLostError, JournalUnavailableError
from ports.lease import Watchdog

from fakes.telemetry import RecordingTelemetry
from fakes.virtual_loop import pause, turns
from fakes.worker_bench import Bench, cancel_of, resting

S = 1_000_000_000


class Boot:
    """A clock that the test moves; the loop's own goes on beside it."""

    def __init__(self) -> None:
        self.slept_ns = 0

    def __call__(self) -> int:
        return S + self.slept_ns + round(asyncio.get_running_loop().time() * S)


class Dog(Watchdog):
    """Says whether this process would have been ended."""

    def __init__(self, clock: Boot) -> None:
        self._clock = clock
        self._at_ns: int | None = None
        self.was_armed_s: list[float] = []

    def arm(self, at_ns: int) -> None:
        self._at_ns = at_ns

    def disarm(self) -> None:
        self._at_ns = None

    @property
    def has_bitten(self) -> bool:
        return self._at_ns is not None and self._clock() >= self._at_ns


class Kept:
    """A lease of five seconds that is kept, at a journal which answers, is silent, or has another leader."""

    def __init__(self) -> None:
        self.clock = Boot()
        self.lease = Lease(5_000, 7 * S, self.clock)
        self.dog = Dog(self.clock)
        self.telemetry = RecordingTelemetry()
        self.failure: Exception | None = None
        self.asked = 0
        self.lease.led(self.clock(), 0, self.renew)
        self.lease.watch(self.dog)
        self.keeping = asyncio.create_task(LeaseKeeper(self.lease, self.telemetry).run())

    async def renew(self) -> None:
        self.asked += 1
        began_ns = self.clock()
        await pause(0.001)
        if self.failure is not None:
            raise self.failure
        self.lease.renewed(began_ns)

    def oversleep(self, seconds: float) -> None:
        """Stop the process, and let it go on: nothing of it has run meanwhile."""
        self.clock.slept_ns += round(seconds * S)


@pytest.fixture
async def kept() -> AsyncIterator[Kept]:
    made = Kept()
    await pause(1)
    yield made
    made.keeping.cancel()
    await asyncio.gather(made.keeping, return_exceptions=True)


async def test_an_idle_leader_keeps_its_lease_for_ever(kept: Kept) -> None:
    for _ in range(600):
        await pause(1)
        assert kept.lease.order_s() > 2
        assert not kept.dog.has_bitten
    assert 500 < kept.asked < 700  # about once a second: a fifth of the lease


async def test_commits_renew_it_and_nothing_is_asked_meanwhile(kept: Kept) -> None:
    before = kept.asked
    for _ in range(100):
        await pause(0.5)
        kept.lease.renewed(kept.clock())
    assert kept.asked == before


async def test_a_leader_that_slept_sends_nothing_before_the_journal_has_answered(kept: Kept) -> None:
    kept.failure = JournalUnavailableError("away")
    kept.oversleep(5)
    assert kept.lease.order_s() <= 0
    assert kept.lease.cancel_s() <= 0
    assert kept.dog.has_bitten
    kept.failure = None
    await pause(0.3)
    assert kept.lease.order_s() > 3
    assert kept.lease.cancel_s() > 3


async def test_a_leader_that_slept_and_was_succeeded_ends(kept: Kept) -> None:
    kept.failure = JournalLostError("another process leads since epoch 2")
    kept.oversleep(5)
    await pause(0.3)
    assert isinstance(kept.keeping.exception(), JournalLostError)
    assert (kept.lease.order_s(), kept.lease.cancel_s()) < (0, 0)
    assert "lease.lost" in [name for name, _ in kept.telemetry.notes]


async def test_awake_without_its_journal_it_sends_no_order_and_still_cancels(kept: Kept) -> None:
    kept.failure = JournalUnavailableError("away")
    for _ in range(20):
        await pause(0.25)
        assert not kept.dog.has_bitten
    assert kept.lease.order_s() <= 0
    await pause(60)
    assert kept.lease.order_s() <= 0
    assert kept.lease.cancel_s() > 0
    assert not kept.dog.has_bitten
    kept.failure = None
    await pause(0.5)
    assert kept.lease.order_s() > 3
    kept.oversleep(6)
    assert kept.dog.has_bitten  # and it is watched again


async def test_it_closes_a_fifth_before_it_ends_and_a_sleeper_between_is_ended(kept: Kept) -> None:
    kept.failure = JournalUnavailableError("away")
    while kept.lease.order_s() > 0:
        await pause(0.05)
    kept.oversleep(1.05)
    assert kept.dog.has_bitten


async def test_a_renewal_counts_from_when_it_was_begun() -> None:
    clock = Boot()
    lease = Lease(5_000, None, clock)

    async def never() -> None:
        raise AssertionError

    lease.led(clock(), 0, never)
    began_ns = clock()
    await pause(4.5)
    lease.renewed(began_ns)
    assert lease.order_s() <= 0


async def test_a_closed_journal_lets_nothing_leave(kept: Kept) -> None:
    kept.lease.gone()
    assert (kept.lease.order_s(), kept.lease.cancel_s()) < (0, 0)


def test_a_successor_waits_the_lease_and_what_the_venue_bears_with_longest() -> None:
    now_ns = 0
    watched = Watched(lambda: now_ns)
    lease = Lease(5_000, 7 * S)
    assert (lease.length_ms, lease.fence_ms, Lease(5_000, None).fence_ms) == (5_000, 12_000, 0)
    pulse = Pulse(epoch=1, renewals=4, seq=90, lease_ms=lease.length_ms, fence_ms=lease.fence_ms)
    watched.look(pulse)
    now_ns = 2 * S
    watched.look(pulse._replace(renewals=5))
    now_ns = 6 * S
    watched.look(pulse._replace(renewals=5))
    assert watched.overdue_ms == 0
    assert watched.barred_ns(pulse._replace(renewals=5)) == 14 * S  # since it was last seen to change
    assert watched.barred_ns(pulse._replace(renewals=5, seq=91)) == 18 * S  # it did since
    now_ns = 8 * S
    assert watched.overdue_ms == 6_000


def test_nobody_waits_for_one_who_gave_the_lease_back_or_trades_on_paper() -> None:
    watched = Watched(lambda: 60 * S)
    watched.look(Pulse(1, 0, None, lease_ms=0, fence_ms=0))
    assert (watched.overdue_ms, watched.barred_ns(Pulse(1, 0, 7, lease_ms=5_000, fence_ms=0))) == (0, 0)


# -- at the worker, where requests leave


@pytest.fixture
async def bench() -> AsyncIterator[Bench]:
    made = Bench()
    await turns()
    yield made
    made.running.cancel()
    await asyncio.gather(made.running, return_exceptions=True)


async def test_without_a_lease_nothing_reaches_the_venue_and_every_order_is_told_as_not_sent(bench: Bench) -> None:
    bench.worker.put(resting("before"))
    await turns()
    bench.lease.orders_s = bench.lease.cancels_s = 0
    bench.worker.put(resting("after"))
    bench.worker.put(cancel_of("before"))
    await turns()
    assert bench.venue.arrivals == ["before"]
    assert bench.session.calls == ["connect", "send before"]
    assert bench.inbox.kinds("after") == ["OrderNotSent"]


async def test_a_cancel_leaves_while_only_orders_may_not(bench: Bench) -> None:
    bench.worker.put(resting("o1"))
    await turns()
    bench.lease.orders_s = 0
    bench.worker.put(cancel_of("o1"))
    await turns()
    assert bench.session.calls[-1] == "cancel o1"


async def test_a_sending_is_cut_short_when_the_lease_ends(bench: Bench) -> None:
    bench.hang("send")
    bench.lease.orders_s = 2
    bench.worker.put(resting("o1"))
    await pause(1.9)
    assert bench.inbox.of("o1") == []
    await pause(0.2)
    assert bench.inbox.kinds("o1") == ["OrderOutcomeUnknown"]
