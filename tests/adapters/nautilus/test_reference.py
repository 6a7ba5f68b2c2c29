"""The reference for benchmarks: Nautilus by itself in a process of its own."""

from collections.abc import Iterator

import pytest

from adapters.nautilus.reference import NautilusReference, ReferenceUnavailableError


@pytest.fixture(scope="module")
def reference() -> Iterator[NautilusReference]:
    with NautilusReference() as running:
        yield running


@pytest.mark.parametrize(("orders", "outstanding"), [(20, 1), (100, 64), (5, 64), (21, 1)])
def test_a_round_times_every_order_whatever_rounds_came_before(
    reference: NautilusReference, orders: int, outstanding: int
) -> None:
    result = reference.round(orders, outstanding)
    assert len(result.latencies_ns) == orders
    assert all(latency > 0 for latency in result.latencies_ns)
    assert sum(result.latencies_ns) <= result.seconds * 1e9 * min(orders, outstanding)


def test_a_reference_that_has_ended_says_so() -> None:
    reference = NautilusReference()
    with reference:
        pass
    reference.close()
    with pytest.raises(ReferenceUnavailableError):
        reference.round(1, 1)
