"""Plays one script under one fault at one venue, and all cells of the matrix."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager

from adapters.nautilus.live import LiveNode
from fault_matrix.desk import Desk, UnmetError
from fault_matrix.faults import Fault
from fault_matrix.judgement import differences, findings
from fault_matrix.places import PLACES
from ports.errors import LivexecError
from ports.values import OrderStatus

from simulators.process import SimulatedVenue

_UNANSWERED = (OrderStatus.PENDING, OrderStatus.SUBMITTED)


class Grounds:
    """The simulators, and the one node of this process with sessions at any of them."""

    def __init__(self, venues: Mapping[str, SimulatedVenue], node: LiveNode) -> None:
        self._venues = venues
        self._node = node

    async def row(self, fault: Fault) -> Mapping[str, Sequence[str]]:
        """Play a fault at all venues, at once, and return what is wrong at each; empty: nothing."""
        found = await asyncio.gather(*(self._cell(fault, venue) for venue in self._venues))
        return dict(zip(self._venues, found, strict=True))

    def desk(self, name: str, venue: str) -> Desk:
        """Return a desk at a venue, not yet begun."""
        return Desk(name, PLACES[venue], self._venues[venue], self._node)

    async def _cell(self, fault: Fault, venue: str) -> Sequence[str]:
        try:
            async with self.desk(fault.name.replace(" ", "-"), venue) as desk:
                return await play(desk, fault)
        except (AssertionError, TimeoutError, LivexecError) as failure:  # of this cell; the others go on
            return [f"{type(failure).__name__}: {failure}"]


@asynccontextmanager
async def grounds() -> AsyncIterator[Grounds]:
    """Start the simulators of all venues, and the node; end both."""
    async with AsyncExitStack() as ending:
        running: dict[str, SimulatedVenue] = {}
        for venue, place in PLACES.items():
            running[venue] = await place.start()
            ending.push_async_callback(running[venue].stop)
        nautilus = [(place.node, running[venue]) for venue, place in PLACES.items() if place.node is not None]
        node = LiveNode([settings(simulator) for settings, simulator in nautilus])
        await node.start()
        ending.push_async_callback(node.stop)
        yield Grounds(running, node)


async def play(desk: Desk, fault: Fault) -> Sequence[str]:
    """Submit, fill, amend and cancel under a fault; calm; return what is wrong then.

    Raises:
        UnmetError: the fault did not happen, or the book did not settle.
    """
    await desk.submit("resting", "59000")
    await desk.at_venue("resting")
    before = len(await _happened(desk))
    wanted = await fault.strike(desk)
    await desk.submit("taking")
    await desk.submit("doomed", "58000")
    await desk.until("doomed is answered", lambda: desk.status("doomed") not in _UNANSWERED)
    await desk.amend("doomed", "58500")  # refused where the venue does not amend
    await desk.cancel("doomed")
    await desk.fill("resting", "0.004")
    await fault.then(desk)

    async def struck() -> bool:
        since = (await _happened(desk))[before:]
        return all(any(one.startswith(each) for one in since) for each in wanted)

    await desk.until(f"all of these met the fault: {', '.join(wanted)}", struck)
    await desk.venue.command("calm")
    await _settle(desk)
    await desk.halt()
    await desk.submit("halted", "57500")
    await desk.cancel("resting")
    await desk.until("nothing of ours is open", lambda: not list(desk.book.oms.open_orders()))
    await _settle(desk)
    return await findings(desk, fault.breaks, fault.passing)


async def _happened(desk: Desk) -> list[str]:
    return list((await desk.venue.look("state"))["faults"])


async def _settle(desk: Desk) -> None:
    """Wait until book and venue say the same, and orders may go there.

    That does not last for ever: a probe may find only now what a stream kept back while it was faulty.
    """
    left: list[str] = []

    async def settled() -> bool:
        left[:] = differences(desk, await desk.venue.look("orders"))
        if not desk.is_ready():
            left.append("the account is not ready")
        return not left

    try:
        await desk.until("book and venue say the same", settled)
    except UnmetError as unmet:
        raise UnmetError(f"{unmet}: {'; '.join(left)}") from None
