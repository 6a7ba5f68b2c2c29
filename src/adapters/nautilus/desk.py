"""Carries orders, cancels and ticks into the sandboxes' matching, one call each, and clears up after it."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping
from functools import partial

from nautilus_trader.adapters.sandbox.execution import SandboxExecutionClient
from nautilus_trader.data.engine import DataEngine
from nautilus_trader.execution.engine import ExecutionEngine
from nautilus_trader.execution.messages import CancelOrder, ModifyOrder
from nautilus_trader.model.identifiers import ClientOrderId as NautilusClientOrderId
from nautilus_trader.model.orders import Order
from nautilus_trader.system.kernel import NautilusKernel

from adapters.nautilus.listing import Listing
from adapters.nautilus.orders import submit_command
from adapters.nautilus.translate import UnholdableError
from ports.errors import VenueUnavailableError
from ports.instruments import InstrumentKey
from ports.market_data import Book, Quote, Tick, Trade
from ports.values import ClientOrderId

_log = logging.getLogger(__name__)


class MatchingDesk:
    """What a running node does for its sessions and its market. Everything happens before a call returns."""

    def __init__(self, clock: Callable[[], int], *, matches_again: bool = False) -> None:
        self._clock = clock
        self._matches_again = matches_again
        self._last_ns = 0
        self._listings: dict[InstrumentKey, Listing] = {}
        self._kernel: NautilusKernel | None = None
        self._clients: dict[str, SandboxExecutionClient] = {}
        self._closed: list[NautilusClientOrderId] = []
        self._moved: list[Listing] = []
        self._unfit: set[InstrumentKey] = set()

    def add(self, listings: Iterable[Listing]) -> None:
        self._listings.update({listing.instrument.key: listing for listing in listings})

    @property
    def listings(self) -> Mapping[InstrumentKey, Listing]:
        return self._listings

    @property
    def is_open(self) -> bool:
        return self._kernel is not None

    def open(self, kernel: NautilusKernel) -> None:
        """Begin to work for a running node."""
        self._kernel = kernel
        # The one way to a sandbox's own clock and matching engines.
        self._clients = {name.value: client for name, client in kernel.exec_engine._clients.items()}

    def close(self) -> None:
        self._kernel = None
        self._clients = {}
        self._closed.clear()
        self._moved.clear()
        for listing in self._listings.values():
            listing.is_moved = False
            listing.is_behind = listing.newest is not None  # the next life's matching has seen nothing yet

    def now_ns(self) -> int:
        """Return the time (UTC) as the paper venues see it; it never goes back."""
        self._last_ns = max(self._last_ns, self._clock())
        return self._last_ns

    def submit(self, order: Order, listing: Listing) -> None:
        """Let an order meet the newest quote. Its events have all been published when this returns."""
        kernel, now_ns = self._running(), self._set_clock(listing)
        if listing.is_behind:
            self._show(kernel, listing)
        command = submit_command(order, now_ns)
        ExecutionEngine.execute(kernel.exec_engine, command)
        self._settle()

    def cancel(self, command: CancelOrder, listing: Listing) -> None:
        """Take an open order off the matching engine."""
        kernel = self._running()
        self._set_clock(listing)
        ExecutionEngine.execute(kernel.exec_engine, command)
        self._settle()

    def amend(self, command: ModifyOrder, listing: Listing) -> None:
        """Let an open order work with another quantity or price from now on."""
        kernel = self._running()
        self._set_clock(listing)
        ExecutionEngine.execute(kernel.exec_engine, command)
        self._settle()

    def expire(self, listing: Listing) -> None:
        """Let orders whose time has come expire, although no tick comes."""
        if self._kernel is not None:
            self._iterate(listing)
            self._clear()

    def feed(self, tick: Tick) -> None:
        """Show a tick to the orders that work on its instrument; one of no instrument of ours shows nothing.

        Depth shows nothing either: the sandbox's matching knows the best prices alone.
        """
        listing = self._listings.get(tick.instrument)
        if listing is None or isinstance(tick, Book):
            return
        if isinstance(tick, Quote):
            listing.newest, listing.is_behind = tick, True
            if listing.working and self._kernel is not None:
                self._show(self._kernel, listing)
        elif listing.working and listing.newest is not None and self._kernel is not None and listing.is_tradable(tick):
            self._print(self._kernel, listing, tick)
        self._clear()

    def moved(self, listing: Listing) -> None:
        """An order of this instrument has traded."""
        if not listing.is_moved:
            listing.is_moved = True
            self._moved.append(listing)

    def forget(self, client_order_id: ClientOrderId) -> None:
        """Drop a closed order from the node's cache, as soon as the node is done with it."""
        self._closed.append(NautilusClientOrderId(client_order_id))

    def _running(self) -> NautilusKernel:
        if self._kernel is None:
            raise VenueUnavailableError("the paper node is not running")
        return self._kernel

    def _set_clock(self, listing: Listing) -> int:
        # A sandbox's clock stands still between ticks, and would date an order's events before the order.
        now_ns = self.now_ns()
        self._clients[listing.id.venue.value].test_clock.set_time(now_ns)
        return now_ns

    def _settle(self) -> None:
        """Clear up; first match again where something traded, if that is wanted, as Nautilus's backtest does.

        A fill moves the sandbox's market to its price: what else the quote crosses waits for the next tick, the rest
        of a limit order that went through the touch among it. Matching again fills that rest beyond what is on
        display, so paper trading does not; a run that is compared with a backtest does.
        """
        moved, self._moved = self._moved, []
        for listing in moved:
            listing.is_moved = False
        for listing in moved if self._matches_again else ():
            self._iterate(listing)
        self._clear()

    def _iterate(self, listing: Listing) -> None:
        client = self._clients[listing.id.venue.value]
        client.exchange.get_matching_engine(listing.id).iterate(self._set_clock(listing))

    def _show(self, kernel: NautilusKernel, listing: Listing) -> None:
        listing.is_behind = False
        if listing.newest is not None:
            self._process(kernel, listing, partial(listing.quote_tick, listing.newest))

    def _print(self, kernel: NautilusKernel, listing: Listing, trade: Trade) -> None:
        # A trade overwrites both sides of the sandbox's one-level book: the quote has to be put back after it.
        self._process(kernel, listing, partial(listing.trade_tick, trade))
        self._show(kernel, listing)

    def _process(self, kernel: NautilusKernel, listing: Listing, tick: Callable[[int], object]) -> None:
        try:
            data = tick(self.now_ns())
        except UnholdableError as unfit:
            if listing.instrument.key not in self._unfit:
                self._unfit.add(listing.instrument.key)
                _log.warning("ticks of %s that do not fit it are left out, such as: %s", listing.instrument.key, unfit)
            return
        DataEngine.process(kernel.data_engine, data)

    def _clear(self) -> None:
        if self._kernel is not None:
            for client_order_id in self._closed:
                self._kernel.cache.purge_order(client_order_id)
        self._closed.clear()
