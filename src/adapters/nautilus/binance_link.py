"""One connection to one account of Binance USDT-M Futures: opened once, closed once, never mended."""

from __future__ import annotations

import asyncio
import logging
from collections import OrderedDict
from collections.abc import Callable, Coroutine, Mapping, Sequence
from decimal import Decimal
from functools import partial
from typing import Any, Final, Protocol

from nautilus_trader.adapters.binance.http.error import BinanceClientError
from nautilus_trader.core.nautilus_pyo3 import WebSocketClientError
from nautilus_trader.core.uuid import UUID4
from nautilus_trader.data.messages import SubscribeQuoteTicks
from nautilus_trader.model.data import QuoteTick
from nautilus_trader.model.identifiers import ClientOrderId as NautilusClientOrderId
from nautilus_trader.model.identifiers import InstrumentId, StrategyId
from nautilus_trader.model.orders import Order
from nautilus_trader.system.kernel import NautilusKernel

from adapters.nautilus.binance_clients import VENUE, Clients, make_clients
from adapters.nautilus.binance_probe import Probe
from adapters.nautilus.binance_questions import OrderNames, Questions
from adapters.nautilus.binance_settings import BinanceFuturesSettings
from adapters.nautilus.binance_watch import StreamWatch
from adapters.nautilus.binance_wire import CANCEL_REFUSED, FAILURES, Accepted, InDoubt, Refused, code_of, words
from adapters.nautilus.binance_words import (
    NANOS_A_MILLI,
    Interpreter,
    Listed,
    Update,
    list_instruments,
    quote_of,
    read_update,
)
from adapters.nautilus.orders import submit_command
from ports.errors import VenueUnavailableError
from ports.instruments import Instrument, InstrumentKey
from ports.market_data import QuoteSource
from ports.reports import (
    CancelRefused,
    OrderNotSent,
    OrderOutcomeUnknown,
    OrderStatusReport,
    Report,
    VenueOrderStatus,
)
from ports.requests import SendCancel
from ports.values import ClientOrderId, VenueOrderId

_log = logging.getLogger(__name__)
STRATEGY: Final = StrategyId("LIVEXEC-LIVE")
_CONNECT_FAILURES: Final = (*FAILURES, WebSocketClientError, KeyError, RuntimeError)
_CANCEL_WAITS_S: Final = 2.0  # for the answer to its own order, which it must not overtake
_CLOSE_S: Final = 5.0
_REMEMBERED: Final = 100_000
_SUBSCRIBED_AT_ONCE: Final = 5
_SUBSCRIBE_PAUSE_S: Final = 0.25  # the venue takes 10 messages a second on a connection


class Owner(Protocol):
    """Who hears of what happens on a connection."""

    def put(self, report: Report) -> None: ...

    def put_quote(self, instrument: InstrumentKey, source: QuoteSource) -> None: ...

    def fall(self, reason: str) -> None:
        """Give this connection up; whatever it was told from now on is unknown."""


class Link:
    """What a connected session works with. `open` makes one; after `close` it tells nothing and sends nothing."""

    def __init__(
        self, settings: BinanceFuturesSettings, kernel: NautilusKernel, owner: Owner, clock: Callable[[], int]
    ) -> None:
        self._settings = settings
        self._kernel = kernel
        self._owner = owner
        self._clock = clock
        self._is_open = False
        self._clients: Clients = make_clients(settings, kernel, self._hear, self._interrupted)
        self._listed: Mapping[str, Listed] = {}
        self._wanted: Mapping[InstrumentKey, Listed] = {}
        self._keys: Mapping[InstrumentId, InstrumentKey] = {}
        self._interpreter = Interpreter(settings.account, {})
        self._names = OrderNames()
        self._watch = StreamWatch(0)
        self.questions = Questions(self._clients.questions, self._interpreter, self._names)
        self._tasks: set[asyncio.Task[None]] = set()
        self._submitting: dict[ClientOrderId, asyncio.Task[None]] = {}
        self._cancels: set[asyncio.Task[None]] = set()
        self._in_cache: set[ClientOrderId] = set()  # Nautilus's
        self._said: OrderedDict[ClientOrderId, tuple[VenueOrderStatus, Decimal]] = OrderedDict()

    @property
    def sending(self) -> int:
        """How many orders wait for the venue's answer."""
        return len(self._submitting)

    @property
    def canceling(self) -> int:
        """How many cancels wait for the venue's answer."""
        return len(self._cancels)

    # -- its life

    async def open(self) -> Sequence[Instrument]:
        """Log in, hear the user stream and the quotes; return the instruments that were asked for.

        Raises:
            VenueUnavailableError: in the venue's own words.
        """
        try:
            return await self._open()
        except _CONNECT_FAILURES as failure:
            raise VenueUnavailableError(f"{self._settings.account}: {words(failure)}") from failure

    async def _open(self) -> Sequence[Instrument]:
        clients, kernel = self._clients, self._kernel
        await clients.provider.initialize()
        self._listed = list_instruments(clients.provider.list_all())
        self._interpreter = Interpreter(self._settings.account, self._listed)
        self.questions = Questions(clients.questions, self._interpreter, self._names)
        self._wanted = self._find_wanted()
        self._keys = {one.id: key for key, one in self._wanted.items()}
        self._watch = StreamWatch(await clients.market.request_server_time() + 1)
        self._watch.begin(await self.questions.raw_open_orders())
        kernel.exec_engine.register_client(clients.execution)
        kernel.data_engine.register_client(clients.data)
        self._is_open = True
        await clients.execution._connect()  # `connect` makes a task of it, and keeps the error to itself
        clients.execution._set_connected(True)
        await clients.data._connect()
        clients.data._set_connected(True)
        kernel.msgbus.subscribe(self._quote_topic, self._quoted)
        for one in list(self._wanted.values())[:_SUBSCRIBED_AT_ONCE]:
            await self._subscribe(one)
        self.start(self._subscribe_rest(), "quotes")
        probe = Probe(self._settings.probe_s, self._watch, self.questions, self._clock, clients.execution)
        self.start(probe.run([one.symbol for one in self._wanted.values()], self._owner.fall), "probe")
        return tuple(one.instrument for one in self._wanted.values())

    def _find_wanted(self) -> Mapping[InstrumentKey, Listed]:
        by_key = {one.instrument.key: one for one in self._listed.values()}
        missing = [key for key in self._settings.instruments if key not in by_key]
        if missing:
            raise VenueUnavailableError(f"{self._settings.account}: the venue does not list {', '.join(missing)}")
        return {key: by_key[key] for key in self._settings.instruments}

    async def close(self) -> None:
        """Let cancels that are under way arrive, hear nothing more, log out. Harmless to repeat."""
        kernel, clients = self._kernel, self._clients
        if self._cancels:
            await asyncio.wait(self._cancels, timeout=_CANCEL_WAITS_S)
        self._is_open = False
        for task in (*self._tasks, *self._submitting.values()):
            task.cancel()
        kernel.msgbus.unsubscribe(self._quote_topic, self._quoted)
        try:
            async with asyncio.timeout(_CLOSE_S):
                if clients.execution.is_connected or clients.execution.hears:
                    await clients.execution._disconnect()
                await clients.data._disconnect()
        except (TimeoutError, *_CONNECT_FAILURES) as failure:
            _log.warning("%s: the connection was not closed in order: %s", self._settings.account, words(failure))
        for engine, client in ((kernel.exec_engine, clients.execution), (kernel.data_engine, clients.data)):
            if client.id in engine.registered_clients:
                engine.deregister_client(client)
        for client_order_id in list(self._in_cache):
            self._close_in_cache(client_order_id)
            self._forget(client_order_id)

    def listed(self, instrument: InstrumentKey) -> Listed | None:
        """Return what is known of an instrument; None where it is none of those asked for."""
        return self._wanted.get(instrument)

    @property
    def symbols(self) -> Sequence[str]:
        """The venue's names of the instruments that were asked for."""
        return tuple(one.symbol for one in self._wanted.values())

    # -- orders

    def submit(self, order: Order) -> None:
        """Begin to hand an order to the venue; what becomes of it is reported."""
        client_order_id = ClientOrderId(order.client_order_id.value)
        self._kernel.cache.add_order(order, None)
        self._in_cache.add(client_order_id)
        task = asyncio.get_running_loop().create_task(self._submit(order), name=f"submit {client_order_id}")
        self._submitting[client_order_id] = task
        task.add_done_callback(partial(self._submitted, order))

    async def _submit(self, order: Order) -> None:
        try:
            await self._clients.execution._submit_order(submit_command(order, self._clock()))
        except FAILURES:  # judged where the request was made
            _log.debug("%s: no answer to %s", self._settings.account, order.client_order_id)

    def _submitted(self, order: Order, task: asyncio.Task[None]) -> None:
        client_order_id = ClientOrderId(order.client_order_id.value)
        self._submitting.pop(client_order_id, None)
        outcome = self._clients.orders.take_outcome(client_order_id)
        account = self._settings.account
        if not task.cancelled() and (defect := task.exception()) is not None:
            _log.error("%s: the adapter failed with %s", account, client_order_id, exc_info=defect)
        if not self._is_open:
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
            case None:
                reason = "Nautilus's adapter would not send it"
                self._owner.put(OrderNotSent(account=account, client_order_id=client_order_id, reason=reason))
                self._forget(client_order_id)

    def _accepted(self, order: Order, accepted: Accepted) -> None:
        client_order_id, key = ClientOrderId(order.client_order_id.value), self._keys[order.instrument_id]
        symbol = self._wanted[key].symbol
        self._watch.accepted(symbol, int(accepted.venue_order_id))
        self._names.note(symbol, int(accepted.venue_order_id), client_order_id)
        if client_order_id in self._said:
            return  # the stream was faster, and may have said more since
        self._put_status(
            OrderStatusReport(
                account=self._settings.account,
                instrument=key,
                client_order_id=client_order_id,
                status=VenueOrderStatus.ACCEPTED,
                venue_order_id=VenueOrderId(accepted.venue_order_id),
                venue_time_ns=accepted.update_time_ms * NANOS_A_MILLI,
            )
        )

    def _rejected(self, order: Order, reason: str) -> OrderStatusReport:
        return OrderStatusReport(
            account=self._settings.account,
            instrument=self._keys[order.instrument_id],
            client_order_id=ClientOrderId(order.client_order_id.value),
            status=VenueOrderStatus.REJECTED,
            reason=reason,
            venue_time_ns=self._clock(),
        )

    def cancel(self, cancel: SendCancel, symbol: str) -> None:
        """Begin to ask for a cancel, after the order's own answer; a refusal and a success are reported."""
        task = self.start(self._cancel(cancel, symbol), f"cancel {cancel.client_order_id}")
        self._cancels.add(task)
        task.add_done_callback(self._cancels.discard)

    async def _cancel(self, cancel: SendCancel, symbol: str) -> None:
        client_order_id, account = cancel.client_order_id, self._settings.account
        pending = self._submitting.get(client_order_id)
        if pending is not None:
            await asyncio.wait([pending], timeout=_CANCEL_WAITS_S)
        try:
            # Not by Nautilus's own command: it sends nothing for an order that it takes for closed or does not know.
            order = await self._clients.cancels.cancel_order(symbol, orig_client_order_id=client_order_id)
            report = self._interpreter.status_of_order(order)
        except BinanceClientError as refusal:
            if code_of(refusal) != CANCEL_REFUSED:
                _log.warning("%s: cancel of %s: %s", account, client_order_id, words(refusal))
                return
            self._owner.put(CancelRefused(account=account, client_order_id=client_order_id, reason=words(refusal)))
        except FAILURES as failure:  # whoever watches the order asks about it, and cancels again
            _log.warning("%s: cancel of %s: %s", account, client_order_id, words(failure))
        else:
            self._put_status(report)

    # -- what the venue says by itself

    def _hear(self, raw: bytes) -> None:
        if not self._is_open:
            return
        try:
            update = read_update(raw)
            if update is not None:
                self._take(update)
        except ValueError as unreadable:  # what it would have told is unknown
            self._owner.fall(str(unreadable))

    def _take(self, update: Update) -> None:
        self._names.note(update.symbol, update.order_id, update.client_order_id)
        has_hole = self._watch.hear(update)
        if not self._interpreter.names(update.symbol):
            return
        if update.is_trade:
            self._owner.put(self._interpreter.fill_of_update(update))
        if update.client_order_id:
            self._put_status(self._interpreter.status_of_update(update))
        client_order_id = ClientOrderId(update.client_order_id)
        if has_hole and update.client_order_id:
            self.start(self._fill_hole(update.symbol, client_order_id), f"hole in {client_order_id}")
        if update.is_last and client_order_id in self._in_cache:
            asyncio.get_running_loop().call_soon(self._forget, client_order_id)  # Nautilus reads the message next

    def _put_status(self, report: OrderStatusReport) -> None:
        """Report a state unless it is the last one of that order: answers and stream both tell it, in either order."""
        said = (report.status, report.filled_quantity or Decimal(0))
        if self._said.get(report.client_order_id) == said:
            return
        self._said[report.client_order_id] = said
        self._said.move_to_end(report.client_order_id)
        if len(self._said) > _REMEMBERED:
            self._said.popitem(last=False)
        self._owner.put(report)

    async def _fill_hole(self, symbol: str, client_order_id: ClientOrderId) -> None:
        try:
            evidence = await self.questions.evidence(symbol, client_order_id)
        except VenueUnavailableError as silent:
            self._owner.fall(f"trades of {client_order_id} are missing, and the venue does not tell them: {silent}")
            return
        if evidence is not None:
            self._owner.put(evidence)

    def _interrupted(self) -> None:
        if self._is_open:
            self._owner.fall("the user stream was interrupted; what it would have told is unknown")

    # -- quotes

    @property
    def _quote_topic(self) -> str:
        return f"data.quotes.{VENUE.value}.*"

    def _quoted(self, tick: QuoteTick) -> None:
        key = self._keys.get(tick.instrument_id)
        if self._is_open and key is not None and tick.bid_price > 0 and tick.ask_price > 0:
            self._owner.put_quote(key, partial(quote_of, tick, key, self._clock()))

    async def _subscribe(self, one: Listed) -> None:
        command = SubscribeQuoteTicks(one.id, self._clients.data.id, VENUE, UUID4(), self._clock())
        await self._clients.data._subscribe_quote_ticks(command)

    async def _subscribe_rest(self) -> None:
        for one in list(self._wanted.values())[_SUBSCRIBED_AT_ONCE:]:
            await asyncio.sleep(_SUBSCRIBE_PAUSE_S)
            await self._subscribe(one)

    # -- tasks

    def start(self, work: Coroutine[Any, Any, None], name: str) -> asyncio.Task[None]:
        """Run something for as long as this connection is open; if it fails, the connection is given up."""
        task = asyncio.get_running_loop().create_task(work, name=name)
        self._tasks.add(task)
        task.add_done_callback(self._ended)
        return task

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (defect := task.exception()) is not None and self._is_open:
            _log.error("%s: %s failed", self._settings.account, task.get_name(), exc_info=defect)
            self._owner.fall(f"{task.get_name()} failed: {type(defect).__name__}: {defect}")

    def _close_in_cache(self, client_order_id: ClientOrderId) -> None:
        """Let Nautilus take an order for canceled: it keeps open ones for ever. The venue is told nothing."""
        order = self._kernel.cache.order(NautilusClientOrderId(client_order_id))
        if order is not None and order.is_open:
            self._clients.execution.generate_order_canceled(
                order.strategy_id, order.instrument_id, order.client_order_id, order.venue_order_id, self._clock()
            )

    def _forget(self, client_order_id: ClientOrderId) -> None:
        self._in_cache.discard(client_order_id)
        self._kernel.cache.purge_order(NautilusClientOrderId(client_order_id))
