"""One running node per module (a process supports one), and traders at its venues."""

from collections.abc import AsyncIterator

import pytest_asyncio

from adapters.nautilus.node import PaperNode
from ports.instruments import InstrumentKey

from fakes.paper_trader import INSTRUMENTS, PERPETUAL, Trader


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def node() -> AsyncIterator[PaperNode]:
    """A running node with one instrument at each of the four paper venues."""
    running = PaperNode(INSTRUMENTS)
    await running.start()
    yield running
    await running.stop()


async def trader_at(node: PaperNode, instrument: InstrumentKey) -> AsyncIterator[Trader]:
    desk = Trader(node, node.session(instrument.venue), instrument)
    await desk.session.connect(desk.reports, desk.quotes)
    desk.show("60000", "60001")
    yield desk
    for left in await desk.session.open_orders():
        desk.reports.is_full = False
        await desk.session.connect(desk.reports, desk.quotes)
        await desk.cancel(left.client_order_id)
    await desk.session.disconnect()


@pytest_asyncio.fixture(loop_scope="module")
async def trader(node: PaperNode) -> AsyncIterator[Trader]:
    """A connected trader of the linear perpetual, bid 60000, ask 60001, one coin on each side."""
    async for desk in trader_at(node, PERPETUAL):
        yield desk
