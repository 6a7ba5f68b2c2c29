"""Every fault at every live venue: afterwards our book and the venue's own count say the same."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence

import pytest
import pytest_asyncio

from fault_matrix.faults import FAULTS, Fault
from fault_matrix.matrix import Grounds, grounds
from fault_matrix.places import PLACES

pytestmark = [pytest.mark.slow, pytest.mark.asyncio(loop_scope="module")]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def held() -> AsyncIterator[Grounds]:
    """Return the simulators and the one node."""
    async with grounds() as running:
        yield running


@pytest_asyncio.fixture(scope="module", loop_scope="module", params=FAULTS, ids=lambda fault: fault.name)
async def row(request: pytest.FixtureRequest, held: Grounds) -> Mapping[str, Sequence[str]]:
    """Return what a fault leaves wrong by venue; it strikes at all of them at once, because most of it is waiting."""
    fault: Fault = request.param
    return await held.row(fault)


@pytest.mark.parametrize("venue", PLACES)
async def test_the_book_says_what_the_venue_says_after(row: Mapping[str, Sequence[str]], venue: str) -> None:
    assert list(row[venue]) == []
