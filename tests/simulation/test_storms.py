"""The real book, host and workers among venues, disk and network that fail: whatever happens, the account is true."""

import os
from hashlib import blake2b

import pytest

from core.orders.departed import Departed
from ports.values import OrderStatus

from simulation.judgement import every_order, faults_of, findings_of
from simulation.soak import lived

FILLED, CANCELED = OrderStatus.FILLED, OrderStatus.CANCELED


def seeds() -> range:
    """Return the seeds to run: 100, or what LIVEXEC_SIMULATION_SEEDS says (`17`, or `1000-2000`)."""
    first, _, last = os.environ.get("LIVEXEC_SIMULATION_SEEDS", "0-99").partition("-")
    return range(int(first), int(last or first) + 1)


@pytest.mark.parametrize("seed", seeds())
def test_after_any_storm_ours_is_theirs(seed: int) -> None:
    world = lived(seed)
    faults = faults_of(world, findings_of(world))
    again = f"LIVEXEC_SIMULATION_SEEDS={seed} .venv/bin/pytest tests/simulation -k ours_is_theirs"
    assert not faults, "\n".join([*faults, f"play it again: {again}"])


def test_a_seed_is_the_same_life_every_time() -> None:
    first, second = (blake2b(repr(lived(7).store.rows).encode()).hexdigest() for _ in range(2))
    assert first == second


def test_the_storms_are_storms() -> None:
    worlds, nothing_left = [lived(seed) for seed in range(20)], Departed().canonical()
    assert sum(world.crashes for world in worlds) >= 10
    assert sum(world.lost_commits for world in worlds) >= 10
    assert sum(world.snapshots.begun_from for world in worlds) >= 5
    assert sum(world.spooled for world in worlds) >= 10
    assert sum(venue.counts["queries"] for world in worlds for venue in world.venues) >= 50
    assert sum(venue.counts["statements"] for world in worlds for venue in world.venues) >= 50
    assert sum(one.process.book.oms.departed.canonical() != nothing_left for one in worlds) >= 8
    assert sum(len(venue.trades) for world in worlds for venue in world.venues) >= 120
    parents = [order for world in worlds for order in every_order(world).all_orders() if order.is_parent]
    assert sum(len(parent.children) for parent in parents) >= 60
    assert {FILLED, CANCELED} <= {parent.status for parent in parents}
