"""The venue worker: one a session; keeps it connected, carries out requests, and turns every failure into a report."""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict, deque
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass, replace
from typing import Any, Final

from adapters.runtime.admission import admitted, admitted_evidence, admitted_instruments
from adapters.runtime.flood import MOST_A_SECOND, FloodGate
from adapters.runtime.left_lately import LeftLately
from adapters.runtime.margins import short_of_margin
from adapters.runtime.refusals import refusal_of, refused_by_venue
from adapters.runtime.statements import ask_for_statement
from adapters.runtime.stepping import Stepped
from adapters.runtime.venue_health import VenueHealth
from ports.errors import InvalidInputError, MailboxFullError, NotSentError, VenueLoginError, VenueRefusedError
from ports.instruments import Instrument
from ports.lease import UNFENCED, SendLease
from ports.market_data import MarketSink
from ports.reports import (
    OrderNotFound,
    OrderNotSent,
    OrderOutcomeUnknown,
    QueryUnanswered,
    Report,
    SessionDown,
    SessionUp,
)
from ports.requests import AskStatement, QueryOrder, SendAmend, SendCancel, SendOrder, VenueRequest
from ports.telemetry import STEP_SECONDS, Telemetry
from ports.values import AccountId, ClientOrderId
from ports.venue import ReportSink, VenueSession

_FIRST_PAUSE_S: Final = 0.5
_LONGEST_PAUSE_S: Final = 30.0


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerLimits:
    """Bounds of one worker. A queue that is full refuses; a call that is late counts as unanswered.

    Orders, cancels and questions have a queue of `queue` each: no number of orders keeps a cancel out.
    """

    queue: int = 10_000
    queries_at_once: int = 8
    connect_s: float = 30.0
    call_s: float = 10.0


class VenueWorker:
    """Carries out what the orchestrator asks of one session. `put` never blocks and never raises.

    Orders leave one after the other; cancels do not wait for them, except for the sending of their own order.
    """

    def __init__(
        self,
        session: VenueSession,
        reports: ReportSink,
        quotes: MarketSink,
        clock: Callable[[], int],
        telemetry: Telemetry,
        limits: WorkerLimits | None = None,
        stopwatch: Callable[[], float] = time.perf_counter,
        lease: SendLease = UNFENCED,
    ) -> None:
        self._session = session
        self._reports, self._quotes = reports, quotes
        self._clock = clock
        self._telemetry = telemetry
        self._limits = limits or WorkerLimits()
        self._stopwatch, self._lease = stopwatch, lease
        self._orders: OrderedDict[ClientOrderId, SendOrder] = OrderedDict()
        self._cancels: deque[SendCancel] = deque()
        self._amends: deque[SendAmend] = deque()
        self._queries: deque[QueryOrder] = deque()
        self._sending: ClientOrderId | None = None
        self._held: list[SendCancel] = []  # cancels of the order that is being sent
        self._left = LeftLately(clock, lambda: session.capabilities.query_lag_ns)
        self._order_news, self._cancel_news, self._down = asyncio.Event(), asyncio.Event(), asyncio.Event()
        self._lost_because = ""
        self.health = VenueHealth(clock)
        self._is_left_alone = False  # what is wrong with it is not mended by trying again soon
        self._flood = FloodGate(clock)
        self._instruments: tuple[Instrument, ...] | None = None  # None: not connected
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def account(self) -> AccountId:
        """The account that this worker serves."""
        return self._session.account

    @property
    def session(self) -> VenueSession:
        """The session, for reading."""
        return self._session

    @property
    def is_connected(self) -> bool:
        """Whether the session is up."""
        return self._instruments is not None

    def put(self, request: VenueRequest) -> None:
        """Queue a request; one that cannot be carried out is reported at once."""
        if self._instruments is None:
            self._refuse(request, "the venue session is not connected")
            return
        match request:
            case SendOrder() if len(self._orders) < self._limits.queue:
                self._orders[request.client_order_id] = request
                self._order_news.set()
            case SendCancel() if len(self._cancels) + len(self._held) < self._limits.queue:
                self._cancels.append(request)
                self._cancel_news.set()
            case QueryOrder() if len(self._queries) < self._limits.queue:
                self._queries.append(request)
                self._start_queries()
            case SendAmend() if len(self._amends) < self._limits.queue:
                self._amends.append(request)
                self._order_news.set()
            case AskStatement():
                self._start(self._state(request))
            case _:
                self._refuse(request, f"the worker holds its limit of {self._limits.queue} such requests")

    def announce(self) -> None:
        """Say again that the session is up, so that the account is reconciled (after the book was made again)."""
        if self._instruments is not None:
            session = self._session
            up = SessionUp(
                account=session.account,
                venue=session.venue,
                instruments=self._instruments,
                abilities=session.capabilities.orders,
            )
            self._report(up)

    async def run(self) -> None:
        """Connect, serve, and connect again when the session is lost, until cancelled."""
        pause_s = _FIRST_PAUSE_S
        while True:
            if await self._connect():
                pause_s = _FIRST_PAUSE_S
                await self._serve()
            if self._is_left_alone:
                pause_s = _LONGEST_PAUSE_S
            await asyncio.sleep(pause_s)
            pause_s = min(2 * pause_s, _LONGEST_PAUSE_S)

    async def stop(self) -> None:
        """Disconnect, bounded; orders stay as they are."""
        self._instruments = None
        for task in self._tasks:
            task.cancel()
        try:
            async with asyncio.timeout(self._limits.call_s):
                await self._session.disconnect()
        except Exception as failure:  # a supervisor: the connection is given up either way
            error = f"{type(failure).__name__}: {failure}"
            self._telemetry.note("venue.disconnect_failed", venue=self._session.venue, error=error)

    def put_report(self, report: Report) -> None:
        """Pass on what the session says; the session itself never meets a full mailbox (`ReportSink`)."""
        self.health.heard()
        if isinstance(report, SessionDown):
            self._lose(report.reason)  # told to the orchestrator once its unsent orders have been
        elif self._flood.admits():
            self._report(report)
        else:  # what it said is lost; it is asked about everything, and others go on meanwhile
            self._is_left_alone = True
            self._lose(f"it put more than {MOST_A_SECOND} reports in a second")

    # -- the session's life

    async def _connect(self) -> bool:
        venue = self._session.venue
        self._down.clear()
        try:
            async with asyncio.timeout(self._limits.connect_s):
                listed = await self._stepped(self._session.connect(self, self._quotes))
            instruments = admitted_instruments(listed)
        except Exception as failure:  # a supervisor: one venue's defect never stops the others
            self._is_left_alone = isinstance(failure, VenueLoginError)  # a wrong key, tried often, locks the account
            error = f"{type(failure).__name__}: {failure}"
            self.health.trouble = error
            self._telemetry.note("venue.connect_failed", venue=venue, error=error)
            await self.stop()  # whatever half a connection there is
            return False
        self._is_left_alone = False
        self._instruments, self.health.trouble = instruments, ""
        self.health.heard()
        self._telemetry.note("venue.connected", venue=venue, instruments=len(instruments))
        self.announce()
        return True

    async def _serve(self) -> None:
        work = [self._down.wait(), self._send_orders(), self._cancel_orders()]
        tasks = [asyncio.ensure_future(one) for one in work]
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            self._instruments = None
            for task in tasks:
                task.cancel()
            ended = await asyncio.gather(*tasks, return_exceptions=True)
        for defect in [one for one in ended if isinstance(one, Exception)]:
            self._lose(f"the worker failed: {type(defect).__name__}: {defect}")
        session, reason = self._session, self._lost_because
        self.health.trouble = reason
        self._refuse_everything(f"the venue session was lost: {reason}")
        self._telemetry.note("venue.lost", venue=session.venue, reason=reason)
        down = SessionDown(account=session.account, venue=session.venue, reason=reason)
        while not self._report(down):  # noqa: ASYNC110 - a full mailbox tells nobody when it has room again
            await asyncio.sleep(_FIRST_PAUSE_S)
        await self.stop()

    async def _send_orders(self) -> None:
        while True:
            while self._orders or self._amends:
                if self._amends:
                    await self._amend(self._amends.popleft())
                    continue
                _, order = self._orders.popitem(last=False)
                self._sending = order.client_order_id
                try:
                    await self._send(order)
                finally:
                    self._sending = None
                    self._cancels.extendleft(self._held)
                    self._held.clear()
                    self._cancel_news.set()
                if self._cancels:
                    await asyncio.sleep(0)  # where a venue answers within the call, cancels get no turn otherwise
            self._order_news.clear()
            await self._order_news.wait()

    async def _cancel_orders(self) -> None:
        while True:
            while self._cancels:
                await self._cancel(self._cancels.popleft())
            self._cancel_news.clear()
            await self._cancel_news.wait()

    # -- requests

    def _stepped[Answer](self, call: Awaitable[Answer]) -> Awaitable[Answer]:
        return Stepped(call, self._stopwatch, self._blocked)

    def _blocked(self, seconds: float) -> None:
        self._telemetry.note("venue.blocked", venue=self._session.venue, seconds=round(seconds, 1))
        self._is_left_alone = True
        self._lose(f"its code kept everybody waiting for {seconds:.1f} s")

    def _within_lease(self, left_s: float) -> float:
        """Return how long a write to the venue may take: no longer than the lease lasts, and not at all without it."""
        if left_s <= 0:
            raise NotSentError("this process may not lead any more: its lease has not been renewed")
        return min(left_s, self._limits.call_s)

    async def _send(self, order: SendOrder) -> None:
        if order.asks_margin and not await self._may_leave(order):
            return
        began = self._stopwatch()
        try:
            async with asyncio.timeout(self._within_lease(self._lease.order_s())):
                await self._stepped(self._session.send(order))
            self._telemetry.observe(STEP_SECONDS, self._stopwatch() - began, step="send")
        except NotSentError as unsent:
            self._report(OrderNotSent(account=order.account, client_order_id=order.client_order_id, reason=str(unsent)))
            return
        except VenueRefusedError as refused:
            self._report(refused_by_venue(order, str(refused), self._clock()))
            return
        except asyncio.CancelledError:
            self._left.note(order.client_order_id)
            self._in_doubt(order, "the session ended while the order was being sent")
            raise
        except Exception as failure:  # a supervisor: whatever a venue's code raises, the order may have left
            self._in_doubt(order, f"{type(failure).__name__}: {failure}")
        self._left.note(order.client_order_id)

    async def _may_leave(self, order: SendOrder) -> bool:
        """Ask the venue whether the account's margin covers an order; one that may not leave is reported."""
        try:
            short = await self._stepped(short_of_margin(self._session, order, self._limits.call_s))
        except asyncio.CancelledError:
            self._refuse(order, "the session ended while its margin was asked for")
            raise
        if short is not None:
            self._report(short)
        elif self._held:  # a cancel came meanwhile
            self._refuse(order, "canceled before it was sent")
        return short is None and not self._held

    async def _cancel(self, cancel: SendCancel) -> None:
        waiting = self._orders.pop(cancel.client_order_id, None)
        if waiting is not None:  # the cancel overtook its order, which now never leaves
            self._refuse(waiting, "canceled before it was sent")
            return
        if self._sending == cancel.client_order_id:  # it must not overtake it on the way: the venue would not know it
            self._held.append(cancel)
            return
        try:
            async with asyncio.timeout(self._within_lease(self._lease.cancel_s())):
                await self._stepped(self._session.cancel(cancel))
        except VenueRefusedError as refused:
            self._report(refused_by_venue(cancel, str(refused), self._clock()))
        except Exception as failure:  # a supervisor: the order's watch asks what became of it, and cancels again
            error = f"{type(failure).__name__}: {failure}"
            self._telemetry.note("venue.cancel_failed", client_order_id=cancel.client_order_id, error=error)

    async def _amend(self, amend: SendAmend) -> None:
        try:
            async with asyncio.timeout(self._within_lease(self._lease.order_s())):
                await self._stepped(self._session.amend(amend))
        except VenueRefusedError as refused:
            self._report(refused_by_venue(amend, str(refused), self._clock()))
        except NotSentError as unsent:
            self._refuse(amend, str(unsent))
        except Exception as failure:  # a supervisor: it may have arrived; the order's watch asks what it works with
            error = f"{type(failure).__name__}: {failure}"
            self._telemetry.note("venue.amend_in_doubt", client_order_id=amend.client_order_id, error=error)

    def _start_queries(self) -> None:
        while self._queries and self.is_connected and len(self._tasks) < self._limits.queries_at_once:
            self._start(self._query(self._queries.popleft()))

    async def _query(self, query: QueryOrder) -> None:
        asked_ns = self._clock()
        account, client_order_id = query.account, query.client_order_id
        if client_order_id in self._orders:
            self._refuse(query, "the order has not left yet, so that its venue cannot know it")
            return
        is_being_sent = client_order_id == self._sending
        try:
            answer = await self.health.ask(self._stepped(self._session.query(query)), self._limits.call_s)
            evidence = admitted_evidence(answer)
        except Exception as failure:  # a supervisor: no answer is no answer, whatever was raised
            reason = f"{type(failure).__name__}: {failure}"
            self._report(QueryUnanswered(account=account, client_order_id=client_order_id, reason=reason))
            return
        if evidence is not None:
            self._report(replace(evidence, asked_ns=asked_ns))
        elif is_being_sent or self._left.may_miss(client_order_id, asked_ns):
            self._refuse(query, "the order left so shortly before that its venue may not show it yet")
        else:
            self._report(OrderNotFound(account=account, client_order_id=client_order_id, asked_ns=asked_ns))

    async def _state(self, request: AskStatement) -> None:
        self._report(await ask_for_statement(self._session, request, self._clock, self.health, self._limits.call_s))

    def _start(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._finished)

    def _finished(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        self._start_queries()

    # -- reports

    def _in_doubt(self, order: SendOrder, reason: str) -> None:
        self._report(OrderOutcomeUnknown(account=order.account, client_order_id=order.client_order_id, reason=reason))

    def _refuse_everything(self, reason: str) -> None:
        requests: list[VenueRequest] = [*self._orders.values(), *self._cancels, *self._amends, *self._queries]
        for request in requests:
            self._refuse(request, reason)
        self._orders.clear()
        self._cancels.clear()
        self._amends.clear()
        self._queries.clear()

    def _refuse(self, request: VenueRequest, reason: str) -> None:
        refusal = refusal_of(request, reason)
        if refusal is not None:
            self._report(refusal)
        elif isinstance(request, SendCancel):
            self._telemetry.note("venue.cancel_not_sent", client_order_id=request.client_order_id, reason=reason)

    def _report(self, report: Report) -> bool:
        try:
            admitted(report, self.account)
            self._reports.put_report(report)
        except (MailboxFullError, InvalidInputError) as lost:  # connect anew, which asks about every open order
            self._telemetry.note("venue.report_lost", venue=self._session.venue, kind=type(report).__name__)
            self._is_left_alone = isinstance(lost, InvalidInputError)  # it would say the same again
            self._lose(f"a report was lost: {lost}")
            return False
        return True

    def _lose(self, reason: str) -> None:
        self._lost_because = reason
        self._down.set()
