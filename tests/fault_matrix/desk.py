"""The real book on the real host and worker, with a journal in memory, at one session of a live venue."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from decimal import Decimal
from itertools import count
from typing import Any

from adapters.nautilus.live import LiveNode
from adapters.runtime import ActorHost, CommittedFeed, QuoteBoard, VenueWorker, WorkerLimits
from adapters.runtime.switchboard import Switchboard
from core.book import Book
from core.orchestrator import Orchestrator
from core.orders.identity import names_of
from core.reconciliation.patience import Patience
from fault_matrix.places import Place
from ports.actor import Command
from ports.commands import (
    AmendOrder,
    CancelOrder,
    HaltMode,
    HaltScope,
    Limits,
    OrderTerms,
    RaiseHalt,
    SetLimits,
    SubmitOrder,
)
from ports.facts import AccountLost, Fact, OrderFilled
from ports.journal import Entry
from ports.replies import Reply
from ports.snapshots import NoSnapshots
from ports.values import (
    AmendId,
    ClientOrderId,
    OperationId,
    OrderStatus,
    OrderType,
    Price,
    Principal,
    Quantity,
    Side,
    StrategyId,
)

from fakes.journal import MemoryJournal
from fakes.records import MemoryRecords
from fakes.spool import MemorySpool
from fakes.telemetry import RecordingTelemetry
from simulators.process import SimulatedVenue

SOON_S = 60.0  # a bound, not a measurement: this machine may be crowded
_LOOK_S = 0.1  # at the venue's own record, where nothing tells us of it
_WHO = Principal("fault-matrix")
_STRATEGY = StrategyId("fault-matrix")
_SECOND_NS = 1_000_000_000
_numbers = count(1)


class UnmetError(AssertionError):
    """Something that had to become true did not."""


class Desk:
    """One book and one connected session; `venue` is its simulator.

    Start it with `async with`; it ends with the session logged out and the journal whole.
    """

    def __init__(self, name: str, place: Place, venue: SimulatedVenue, node: LiveNode) -> None:
        self.name = name
        self.place = place
        self.venue = venue
        self.journal = MemoryJournal()
        self.telemetry = RecordingTelemetry()
        self.before: Mapping[str, Any] = {}  # the venue's own record when this began
        self.session = place.speak(venue, node)
        lag_ns = self.session.capabilities.query_lag_ns
        self.patience = Patience(
            answer_ns=_SECOND_NS, not_found_lag_ns=lag_ns + _SECOND_NS, statement_ns=2 * _SECOND_NS
        )
        self._feed = CommittedFeed(self.journal)
        quotes = QuoteBoard()
        self.host = ActorHost(
            lambda: Orchestrator(self.patience),
            self.journal,
            MemorySpool(),
            self._feed,
            quotes,
            time.time_ns,
            self.telemetry,
            MemoryRecords(),
            NoSnapshots(),
        )
        self._worker = VenueWorker(
            self.session, self.host, quotes, time.time_ns, self.telemetry, WorkerLimits(call_s=5.0)
        )
        self.host.venue_request = Switchboard([self._worker], self.host, self.telemetry).put
        self.host.on_new_epoch = self._worker.announce
        self._news = asyncio.Event()
        self._seen: list[Fact] = []
        self._tasks: list[asyncio.Task[None]] = []

    async def __aenter__(self) -> Desk:
        await self._clear()
        self.before = await self.venue.look("orders")
        await self.host.start("fault matrix")
        self._tasks = [asyncio.create_task(self._worker.run()), asyncio.create_task(self._listen())]
        try:
            await self._open()
        except BaseException:
            await self.__aexit__()
            raise
        return self

    async def _open(self) -> None:
        most = {"*": self.place.amount("1")}
        limits = Limits(max_position_per_instrument=most, max_order_quantity=most)
        await self.limit(limits, "the script trades little")
        await self.until("the account is ready", self.is_ready)
        began = time.time_ns() // self.place.times_ns  # what trades in it would seem to be of before the session
        await self.until("the venue's clock has moved on", lambda: time.time_ns() // self.place.times_ns > began)

    async def __aexit__(self, *_: object) -> None:
        await self.venue.command("calm")
        self._tasks[0].cancel()
        await asyncio.wait([self._tasks[0]])
        await self._worker.stop()
        await self.host.drained()
        self._feed.close()
        await asyncio.wait(self._tasks)
        await self.host.stop()

    # -- what it knows

    @property
    def actor(self) -> Orchestrator:
        """The actor as it is now."""
        assert isinstance(self.host.actor, Orchestrator)
        return self.host.actor

    @property
    def book(self) -> Book:
        """The book of record as it is now."""
        return self.actor.book

    def is_ready(self) -> bool:
        """Say whether orders may go to the account."""
        return self.book.accounts.is_ready(self.session.account)

    async def entries(self) -> Sequence[Entry]:
        """Return the whole journal, as the store holds it."""
        return await self.journal.read(0, 1_000_000)

    def facts[F: Fact](self, kind: type[F]) -> list[F]:
        """Return the facts of a kind that were recorded so far."""
        return [one for one in self._seen if isinstance(one, kind)]

    def trades(self, order: str | None = None) -> list[OrderFilled]:
        """Return the trades that were booked, of one order or all."""
        wanted = None if order is None else self.operation(order)
        return [one for one in self.facts(OrderFilled) if wanted in (None, one.operation_id)]

    def status(self, order: str) -> OrderStatus:
        """Return how far an order is."""
        return self.book.oms.recorded(self.operation(order)).status

    async def lost(self) -> None:
        """Wait until the session was given up."""
        await self.until("the session is given up", lambda: bool(self.facts(AccountLost)))

    def name_of(self, order: str) -> ClientOrderId:
        """Return what the venue calls an order of ours."""
        found = self.book.oms.recorded(self.operation(order)).client_order_id
        assert found is not None, f"{order} was never released"
        return found

    def future_name_of(self, order: str) -> ClientOrderId:
        """Return what the venue will call an order of ours."""
        return names_of(self.operation(order)).client_order_id

    def operation(self, order: str) -> OperationId:
        """Return the operation id of an order."""
        return OperationId(f"{self.place.venue}.{self.name}.{order}")

    # -- what it is asked

    async def ask(self, command: Command) -> Reply:
        """Hand in a command, and return its reply."""
        async with asyncio.timeout(SOON_S):
            return (await self.host.ask(command)).reply

    async def limit(self, limits: Limits, reason: str) -> None:
        """Put limits in force."""
        await self.ask(SetLimits(limits=limits, principal=_WHO, reason=reason))

    async def submit(self, order: str, price: str | None = None, quantity: str = "0.010") -> None:
        """Buy; without a price at the market."""
        terms = OrderTerms(
            operation_id=self.operation(order),
            strategy_id=_STRATEGY,
            instrument=self.place.btc,
            side=Side.BUY,
            quantity=Quantity(self.place.amount(quantity)),
            order_type=OrderType.MARKET if price is None else OrderType.LIMIT,
            price=None if price is None else Price(Decimal(price)),
        )
        await self.ask(SubmitOrder(terms=terms, principal=_WHO, received_ns=time.time_ns()))

    async def cancel(self, order: str) -> None:
        """Take an order back."""
        await self.ask(CancelOrder(operation_id=self.operation(order), principal=_WHO))

    async def amend(self, order: str, price: str) -> None:
        """Change an order's price."""
        await self.ask(
            AmendOrder(
                operation_id=self.operation(order),
                amend_id=AmendId(f"{order}-to-{price}"),
                quantity=None,
                price=Price(Decimal(price)),
                principal=_WHO,
            )
        )

    async def halt(self) -> None:
        """Stop all new risk, for good."""
        await self.ask(
            RaiseHalt(scope=HaltScope.GLOBAL, value="", mode=HaltMode.HALT, principal=_WHO, reason="the script is over")
        )

    # -- waiting

    async def until(self, what: str, found: Callable[[], bool] | Callable[[], Awaitable[bool]]) -> None:
        """Wait until something is true: looked at after every commit, and now and then.

        Raises:
            UnmetError: it did not become true in time.
        """
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(SOON_S):
                while True:
                    self._news.clear()
                    said = found()
                    if said if isinstance(said, bool) else await said:
                        return
                    with contextlib.suppress(TimeoutError):
                        await asyncio.wait_for(self._news.wait(), _LOOK_S)
        raise UnmetError(f"not in {SOON_S:g} s: {what}")

    async def at_venue(self, order: str) -> ClientOrderId:
        """Wait until the venue holds an order, and return what it calls it."""
        await self.until(f"{order} is released", lambda: self._is_released(order))
        name = self.name_of(order)

        async def held() -> bool:
            if await self.venue.orders(name):
                return True
            recorded = self.book.oms.recorded(self.operation(order))
            if recorded.status.is_terminal:
                why = f"{recorded.reason_code}: {recorded.reason}"
                raise UnmetError(f"{order} never reached the venue: {recorded.status}, {why}")
            return False

        await self.until(f"the venue holds {order}", held)
        return name

    def _is_released(self, order: str) -> bool:
        return self.book.oms.recorded(self.operation(order)).release is not None

    async def fill(self, order: str, quantity: str, times: int = 1) -> None:
        """Let an order trade at the venue."""
        name, amount = await self.at_venue(order), str(self.place.amount(quantity))
        await self.venue.command("fill_often", client_order_id=name, quantity=amount, times=times)

    async def hand(self, side: str, quantity: str, **fields: str) -> str:
        """Let somebody place an order at the venue's own pages, and return what it is called there."""
        return await self._hand(side, self.place.amount(quantity), **fields)

    async def _hand(self, side: str, amount: Decimal, **fields: str) -> str:
        name = f"byhand{next(_numbers)}"
        given = {"symbol": self.place.symbol, "side": side, "quantity": str(amount), "client_order_id": name}
        await self.venue.command("hand", **given, **fields)
        return name

    # -- its life

    async def _listen(self) -> None:
        async for entries in self._feed.follow(0):
            self._seen += [entry.fact for entry in entries]
            self._news.set()

    async def _clear(self) -> None:
        """Leave nothing of earlier runs at the venue: no faults, no open orders, no position."""
        await self.venue.command("calm")
        symbol = self.place.symbol
        ask = Decimal(60_000) + Decimal(self.place.tick)
        await self.venue.command("quote", symbol=symbol, bid="60000", ask=str(ask))
        held = await self.venue.look("orders")
        for order in held["orders"]:
            if order["status"] in ("NEW", "PARTIALLY_FILLED"):
                await self.venue.command("hand_cancel", client_order_id=order["clientOrderId"])
        for positions in held["positions"].values():
            quantity = Decimal(positions.get(symbol, "0"))
            if quantity and self.place.has_positions:
                await self._hand("SELL" if quantity > 0 else "BUY", abs(quantity))
