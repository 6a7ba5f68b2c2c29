"""The one node of a process: starts and stops on the running loop."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence

from nautilus_trader.system.kernel import NautilusKernel

from adapters.nautilus.bridge import EventBridge
from adapters.nautilus.desk import MatchingDesk
from adapters.nautilus.listing import Listing
from adapters.nautilus.paper import PaperVenueSession
from adapters.nautilus.sandbox import (
    SandboxNode,
    answer_at_once,
    build,
    check_balances,
    keep_no_accounts,
    sandbox_config,
)
from adapters.nautilus.single import OneNode, end_node
from adapters.nautilus.translate import nautilus_venue
from ports.errors import InvalidInputError, VenueUnavailableError
from ports.instruments import Instrument
from ports.values import VenueId


class PaperNode:
    """Paper venues on NautilusTrader's sandbox, all in one TradingNode on the running loop.

    Accounts are of type MARGIN with fixed `balances` (such as `["1_000_000 USDT", "10 BTC"]`, by venue): a paper
    venue never refuses an order for want of money, so spot can be sold after a restart, which the sandbox begins
    empty-handed.

    Market orders larger than the size on display fill the rest one tick worse; so do limit orders that reach further
    than the touch. A resting order fills at its limit when a quote crosses it, or by a public trade at its price up
    to the trade's size. The size on display is never used up: each new quote shows all of it again. Fees are the
    instrument's maker and taker rates on the value, in the settlement currency, to 8 places. `matches_again` lets it
    match after every command as Nautilus's backtest does, for runs that are compared with one.
    """

    def __init__(
        self,
        instruments: Mapping[VenueId, Sequence[Instrument]],
        balances: Mapping[VenueId, Sequence[str]] | None = None,
        *,
        clock: Callable[[], int] = time.time_ns,
        timeout_s: float = 10.0,
        matches_again: bool = False,
    ) -> None:
        self._balances = dict(balances or {})
        check_balances(self._balances)
        self._timeout_s = timeout_s
        self._desk = MatchingDesk(clock, matches_again=matches_again)
        self._sessions: dict[VenueId, PaperVenueSession] = {}
        self._node: SandboxNode | None = None
        self._bridge: EventBridge | None = None
        for venue, listed in instruments.items():
            self._list(venue, listed)

    def _list(self, venue: VenueId, instruments: Sequence[Instrument]) -> None:
        for each in instruments:
            if each.key.venue != venue:
                raise InvalidInputError("instruments", each.key, f"list it under its own venue, not under {venue}")
        listings = {each.key: Listing(each) for each in instruments}
        self._desk.add(listings.values())
        self._sessions[venue] = PaperVenueSession(venue, listings, self._desk)

    @property
    def desk(self) -> MatchingDesk:
        """Where ticks go in."""
        return self._desk

    @property
    def sessions(self) -> Mapping[VenueId, PaperVenueSession]:
        return self._sessions

    @property
    def kernel(self) -> NautilusKernel:
        """The running node's kernel.

        Raises:
            VenueUnavailableError: the node is not running.
        """
        if self._node is None:
            raise VenueUnavailableError("the paper node is not running")
        return self._node.kernel

    def session(self, venue: VenueId) -> PaperVenueSession:
        """Return the one session of a paper venue.

        Raises:
            InvalidInputError: this node has no such venue.
        """
        if venue not in self._sessions:
            raise InvalidInputError("venue", venue, f"the paper venues are {', '.join(self._sessions)}")
        return self._sessions[venue]

    async def start(self) -> None:
        """Start the node on the running loop. Signals, the loop's executor and its debug flag stay as they are.

        Raises:
            VenueUnavailableError: it did not come up in time, or another node runs in this process.
        """
        OneNode.claim(self)
        try:
            self._open(await self._launched())
        except BaseException:
            OneNode.release(self)
            raise

    async def _launched(self) -> SandboxNode:
        node = SandboxNode(sandbox_config(self._sessions, self._balances, self._timeout_s))
        try:
            for listing in self._desk.listings.values():
                node.cache.add_instrument(listing.nautilus)  # a sandbox reads them when it connects, and only then
            build(node, self._sessions)
            await node.kernel.start_async()
            if not node.trader.is_running:  # it returns without an error where a client did not connect
                raise VenueUnavailableError("the paper node did not come up; one of its sandboxes did not connect")
        except BaseException:
            await self._end(node)
            raise
        return node

    def _open(self, node: SandboxNode) -> None:
        kernel = node.kernel
        answer_at_once(kernel)
        keep_no_accounts(kernel)
        self._desk.open(kernel)
        inboxes = {nautilus_venue(venue).value: session for venue, session in self._sessions.items()}
        self._bridge = EventBridge(kernel.msgbus, inboxes)
        self._bridge.open()
        self._node = node

    async def stop(self) -> None:
        """Stop the node and leave the loop running. The venues' orders die with it. Harmless to repeat."""
        node, self._node = self._node, None
        for session in self._sessions.values():
            await session.end_life()
        self._desk.close()
        if self._bridge is not None:
            self._bridge.close()
            self._bridge = None
        if node is not None:
            await self._end(node)

    async def _end(self, node: SandboxNode) -> None:
        try:
            await end_node(node, 2 * self._timeout_s)
        finally:
            OneNode.release(self)
