"""One connection to one account of a live venue: opened once, closed once, never mended. What holds for every venue."""

from __future__ import annotations

import asyncio
import logging
from abc import ABC, abstractmethod
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Coroutine, Iterable, Mapping, Sequence
from decimal import Decimal
from functools import partial
from typing import Any, Final

from nautilus_trader.core.nautilus_pyo3 import WebSocketClientError
from nautilus_trader.live.data_client import LiveMarketDataClient
from nautilus_trader.live.execution_client import LiveExecutionClient
from nautilus_trader.model.identifiers import ClientOrderId as NautilusClientOrderId
from nautilus_trader.model.identifiers import InstrumentId, StrategyId
from nautilus_trader.model.orders import Order
from nautilus_trader.system.kernel import NautilusKernel

from adapters.nautilus.cancel_desk import WAITS_S, CancelDesk
from adapters.nautilus.dead_man import DeadMan
from adapters.nautilus.live_quotes import LiveQuotes
from adapters.nautilus.live_roles import Owner, Questions
from adapters.nautilus.live_words import Accepted, InDoubt, Listed, Outcome, Refused, Unsent
from adapters.nautilus.orders import submit_command
from adapters.nautilus.stream_watch import StreamWatch
from ports.errors import NotSentError, VenueUnavailableError
from ports.instruments import Instrument, InstrumentKey
from ports.reports import (
    AmendRefused,
    CancelRefused,
    FillReport,
    OrderNotSent,
    OrderOutcomeUnknown,
    OrderStatusReport,
    Report,
    VenueOrderStatus,
)
from ports.requests import SendAmend, SendCancel
from ports.values import AccountId, ClientOrderId, VenueOrderId

_log = logging.getLogger(__name__)
STRATEGY: Final = StrategyId("LIVEXEC-LIVE")
AT_ONCE: Final = 200  # orders, and as many amends, that wait for the venue's answer
_CLOSE_S: Final = 5.0
_STREAM_FIRST_S: Final = 0.005
_REMEMBERED: Final = 100_000


class LiveLink(ABC):
    """What a connected session works with. `open` makes one; after `close` it tells nothing and sends nothing.

    A venue's own link logs in and out, hands orders over, asks for cancels, and gives what it hears to `take`.
    `failures` are what a request there can end with besides an answer, `words` says them without secrets.
    """

    execution: LiveExecutionClient  # Nautilus's
    data: LiveMarketDataClient
    questions: Questions
    dead_man: DeadMan | None = None
    mass_cancel: Callable[[Listed], Awaitable[object]] | None = None  # of all that works in an instrument
    cancel_together: Callable[[Sequence[SendCancel], Listed], Awaitable[Sequence[CancelRefused]]] | None = (
        None  # by name
    )

    def __init__(
        self,
        account: AccountId,
        instruments: Sequence[InstrumentKey],
        kernel: NautilusKernel,
        owner: Owner,
        clock: Callable[[], int],
        failures: tuple[type[Exception], ...],
        words: Callable[[BaseException], str],
    ) -> None:
        self._account = account
        self._asked_for = instruments
        self._kernel = kernel
        self._owner = owner
        self._clock = clock
        self.failures = failures
        mine: tuple[type[Exception], ...] = (TimeoutError, WebSocketClientError, KeyError, RuntimeError)
        self._connect_failures = mine + failures
        self.say = words
        self.is_open = False
        self._wanted: Mapping[InstrumentKey, Listed] = {}
        self._keys: Mapping[InstrumentId, InstrumentKey] = {}
        self._quotes: LiveQuotes | None = None
        self.watch = StreamWatch()
        self._tasks: set[asyncio.Task[None]] = set()
        self._submitting: dict[ClientOrderId, asyncio.Task[None]] = {}
        self.cancels = CancelDesk(account, self)
        self._amends: set[asyncio.Task[None]] = set()
        self._in_cache: set[ClientOrderId] = set()  # Nautilus's
        self._said: OrderedDict[ClientOrderId, tuple[VenueOrderStatus, Decimal]] = OrderedDict()

    @abstractmethod
    async def log_in(self) -> None:
        """Connect, `want` what is listed, `hear` from here on, and start to watch the user stream."""

    @abstractmethod
    async def log_out(self) -> None:
        """Close whatever `log_in` opened, as far as it did."""

    @abstractmethod
    def take_outcome(self, client_order_id: ClientOrderId) -> Outcome | None:
        """Return what became of a new order; None means that nothing of it was transmitted."""

    @abstractmethod
    async def ask_to_cancel(self, cancel: SendCancel, listed: Listed) -> OrderStatusReport | Refused | None:
        """Ask for a cancel; None where the venue answered that it will be carried out, or nothing that counts."""

    @abstractmethod
    def accepted(self, listed: Listed, client_order_id: ClientOrderId, accepted: Accepted) -> None:
        """Note that the venue took an order, before that is reported."""

    @abstractmethod
    def check_amend(self, amend: SendAmend, listed: Listed) -> None:
        """Let an amend pass that the venue may be asked for.

        Raises:
            NotSentError: it may not; says why.
        """

    @abstractmethod
    async def ask_to_amend(self, amend: SendAmend, listed: Listed) -> None:
        """Ask for an amend, once; that it was made is told on the user stream. Ends with one of `failures` else."""

    @abstractmethod
    def refuses_amend(self, failure: Exception) -> bool:
        """Say whether a failure proves that the order is as it was, or is over."""

    async def open(self) -> Sequence[Instrument]:
        """Log in, hear the user stream and the quotes; return the instruments that were asked for.

        Raises:
            VenueUnavailableError: in the venue's own words.
        """
        try:
            await self.log_in()
        except self._connect_failures as failure:
            raise VenueUnavailableError(f"{self._account}: {self.say(failure)}") from failure
        return tuple(one.instrument for one in self._wanted.values())

    def want(self, listed: Iterable[Listed]) -> None:
        """Find the instruments that were asked for.

        Raises:
            VenueUnavailableError: the venue does not list one of them.
        """
        by_key = {one.instrument.key: one for one in listed}
        missing = [key for key in self._asked_for if key not in by_key]
        if missing:
            raise VenueUnavailableError(f"{self._account}: the venue does not list {', '.join(missing)}")
        self._wanted = {key: by_key[key] for key in self._asked_for}
        self._keys = {one.id: key for key, one in self._wanted.items()}

    async def hear(self) -> None:
        """Connect Nautilus's clients: from here on things are heard and reported."""
        kernel = self._kernel
        kernel.exec_engine.register_client(self.execution)
        kernel.data_engine.register_client(self.data)
        self.is_open = True
        await self.execution._connect()  # `connect` makes a task of it, and keeps the error to itself
        self.execution._set_connected(True)
        wanted = tuple(self._wanted.values())
        self._quotes = LiveQuotes(self.data, kernel, self._owner.put_quote, self._owner.put_trade, self._clock)
        await self._quotes.open(wanted)
        self.start(self._quotes.subscribe_rest(wanted), "quotes")

    async def close(self) -> None:
        """Let cancels that are under way arrive, hear nothing more, log out. Harmless to repeat."""
        kernel = self._kernel
        await self.cancels.close()
        self.is_open = False
        for client_order_id in self._submitting:
            self._owner.left(client_order_id)
        for task in (*self._tasks, *self._submitting.values()):
            task.cancel()
        if self._quotes is not None:
            self._quotes.close()
        try:
            async with asyncio.timeout(_CLOSE_S):
                await self.log_out()
        except self._connect_failures as failure:
            _log.warning("%s: the connection was not closed in order: %s", self._account, self.say(failure))
        for engine, client in ((kernel.exec_engine, self.execution), (kernel.data_engine, self.data)):
            if client.id in engine.registered_clients:
                engine.deregister_client(client)
        for client_order_id in list(self._in_cache):
            self._close_in_cache(client_order_id)
            self._forget(client_order_id)

    def listed(self, instrument: InstrumentKey) -> Listed | None:
        """Return what is known of an instrument; None where it is none of those asked for."""
        return self._wanted.get(instrument)

    @property
    def instruments(self) -> Sequence[InstrumentKey]:
        """The instruments that were asked for."""
        return tuple(self._wanted)

    @property
    def sending(self) -> int:
        """How many orders wait for the venue's answer."""
        return len(self._submitting)

    def is_submitting(self, client_order_id: ClientOrderId) -> bool:
        """Say whether an order waits to leave, or for the venue's answer."""
        return client_order_id in self._submitting

    def working(self, instrument: InstrumentKey) -> frozenset[VenueOrderId | None] | None:
        """Return the account's orders that work in an instrument; None where one may that is not known yet."""
        # Of every order that is under way, or whose answer was lost, the stream has told.
        is_known = all(name in self._said for name in self._in_cache)
        return self.watch.working(instrument) if is_known else None

    def put(self, report: Report) -> None:
        """Report something."""
        self._owner.put(report)

    def submit(self, order: Order) -> None:
        """Begin to hand an order to the venue; what becomes of it is reported."""
        client_order_id = ClientOrderId(order.client_order_id.value)
        self._kernel.cache.add_order(order, None)
        self._in_cache.add(client_order_id)
        loop = asyncio.get_running_loop()  # begun here and now: one turn of it less until the order leaves
        task = asyncio.Task(self._submit(order), loop=loop, name=f"submit {client_order_id}", eager_start=True)
        self._submitting[client_order_id] = task
        task.add_done_callback(partial(self._submitted, order))

    async def _submit(self, order: Order) -> None:
        key = self._keys[order.instrument_id]
        if self.cancels.is_sweeping(key):
            await self.cancels.swept(key)
        try:
            await self.execution._submit_order(submit_command(order, self._clock()))
        except self.failures:  # judged where the request was made
            _log.debug("%s: no answer to %s", self._account, order.client_order_id)

    def _submitted(self, order: Order, task: asyncio.Task[None]) -> None:
        client_order_id = ClientOrderId(order.client_order_id.value)
        self._submitting.pop(client_order_id, None)
        outcome = self.take_outcome(client_order_id)
        account = self._account
        if not task.cancelled() and (defect := task.exception()) is not None:
            _log.error("%s: the adapter failed with %s", account, client_order_id, exc_info=defect)
        if not self.is_open:
            return
        match outcome:
            case Accepted():
                self._accepted(order, outcome)
            case Refused(reason):
                self._owner.put(self._rejected(order, reason))
                self._forget(client_order_id)
            case InDoubt(reason):
                unknown = OrderOutcomeUnknown(account=account, client_order_id=client_order_id, reason=reason)
                self._owner.put(unknown)
            case Unsent() | None:
                reason = "Nautilus's adapter would not send it" if outcome is None else outcome.reason
                self._owner.put(OrderNotSent(account=account, client_order_id=client_order_id, reason=reason))
                self._forget(client_order_id)

    def _accepted(self, order: Order, accepted: Accepted) -> None:
        client_order_id, key = ClientOrderId(order.client_order_id.value), self._keys[order.instrument_id]
        self.watch.accepted(key, accepted.venue_order_id)
        self.accepted(self._wanted[key], client_order_id, accepted)
        report = OrderStatusReport(
            account=self._account,
            instrument=key,
            client_order_id=client_order_id,
            status=VenueOrderStatus.ACCEPTED,
            venue_order_id=accepted.venue_order_id,
            venue_time_ns=accepted.venue_time_ns,
        )
        # The stream tells the same, and often a trade with it: said twice, the trade waits for one commit more.
        asyncio.get_running_loop().call_later(_STREAM_FIRST_S, self._put_unless_said, report)

    def _put_unless_said(self, report: OrderStatusReport) -> None:
        if self.is_open and report.client_order_id not in self._said:  # it may have said more since
            self.put_status(report)

    def _rejected(self, order: Order, reason: str) -> OrderStatusReport:
        return OrderStatusReport(
            account=self._account,
            instrument=self._keys[order.instrument_id],
            client_order_id=ClientOrderId(order.client_order_id.value),
            status=VenueOrderStatus.REJECTED,
            reason=reason,
            venue_time_ns=self._clock(),
        )

    def amend(self, amend: SendAmend, listed: Listed) -> None:
        """Begin to ask for an amend, after the order's own answer; a refusal is reported.

        Raises:
            NotSentError: the venue was not asked.
        """
        self.check_amend(amend, listed)
        if len(self._amends) >= AT_ONCE:
            raise NotSentError(f"{len(self._amends)} amends wait for the answer of the venue already")
        task = self.start(self._amend(amend, listed), f"amend {amend.client_order_id}")
        self._amends.add(task)
        task.add_done_callback(self._amends.discard)

    async def _amend(self, amend: SendAmend, listed: Listed) -> None:
        client_order_id = amend.client_order_id
        await self.answered(client_order_id)
        try:
            await self.ask_to_amend(amend, listed)
        except self.failures as failure:
            account, said = self._account, self.say(failure)
            if self.refuses_amend(failure):
                self._owner.put(AmendRefused(account=account, client_order_id=client_order_id, reason=said))
            else:  # whoever watches the order asks about it
                _log.warning("%s: amend of %s: %s", account, client_order_id, said)

    async def answered(self, client_order_id: ClientOrderId) -> None:
        """Wait, not for long, until an order that is under way has its answer: nothing of it may overtake it."""
        pending = self._submitting.get(client_order_id)
        if pending is not None:
            await asyncio.wait([pending], timeout=WAITS_S)

    # -- what the venue says by itself

    def take(self, status: OrderStatusReport, fill: FillReport | None) -> None:
        """Report what the user stream said of one order. An order without a client order id has only trades to tell."""
        has_hole = self.watch.hear(status, fill)
        if fill is not None:
            self._owner.put(fill)
        client_order_id = status.client_order_id
        if not client_order_id:
            return
        self.put_status(status)
        if has_hole:
            self.start(self._fill_hole(status.instrument, client_order_id), f"hole in {client_order_id}")
        if status.status is not VenueOrderStatus.ACCEPTED and client_order_id in self._in_cache:
            self.forget_soon(client_order_id)

    def forget_soon(self, client_order_id: ClientOrderId) -> None:
        """Let an order that is over leave Nautilus, which reads the message next."""
        asyncio.get_running_loop().call_soon(self._forget, client_order_id)

    def put_status(self, report: OrderStatusReport) -> None:
        """Report a state unless it is the last one of that order: answers and stream both tell it, in either order."""
        said = (report.status, report.filled_quantity or Decimal(0))
        if self._said.get(report.client_order_id) == said:
            return
        self._said[report.client_order_id] = said
        self._said.move_to_end(report.client_order_id)
        if len(self._said) > _REMEMBERED:
            self._said.popitem(last=False)
        self._owner.put(report)

    async def _fill_hole(self, instrument: InstrumentKey, client_order_id: ClientOrderId) -> None:
        try:
            evidence = await self.questions.evidence(instrument, client_order_id)
        except VenueUnavailableError as silent:
            self.fall(f"trades of {client_order_id} are missing, and the venue does not tell them: {silent}")
            return
        if evidence is not None:
            self._owner.put(evidence)

    def fall(self, reason: str) -> None:
        """Give this connection up."""
        if self.is_open:
            self._owner.fall(reason)

    def start(self, work: Coroutine[Any, Any, None], name: str) -> asyncio.Task[None]:
        """Run something for as long as this connection is open; if it fails, the connection is given up."""
        task = asyncio.get_running_loop().create_task(work, name=name)
        self._tasks.add(task)
        task.add_done_callback(self._ended)
        return task

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (defect := task.exception()) is not None and self.is_open:
            _log.error("%s: %s failed", self._account, task.get_name(), exc_info=defect)
            self._owner.fall(f"{task.get_name()} failed: {type(defect).__name__}: {defect}")

    def _close_in_cache(self, client_order_id: ClientOrderId) -> None:
        """Let Nautilus take an order for canceled: it keeps open ones for ever. The venue is told nothing."""
        order = self._kernel.cache.order(NautilusClientOrderId(client_order_id))
        if order is not None and order.is_open:
            self.execution.generate_order_canceled(
                order.strategy_id, order.instrument_id, order.client_order_id, order.venue_order_id, self._clock()
            )

    def _forget(self, client_order_id: ClientOrderId) -> None:
        self._in_cache.discard(client_order_id)
        self._kernel.cache.purge_order(NautilusClientOrderId(client_order_id))
