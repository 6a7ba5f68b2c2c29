"""One connection to one account of Bybit."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping
from functools import partial
from typing import Final

import msgspec
from nautilus_trader.model.orders import Order
from nautilus_trader.system.kernel import NautilusKernel

from adapters.nautilus.bybit_clients import make_clients
from adapters.nautilus.bybit_dead_man import dead_man_of
from adapters.nautilus.bybit_lines import Line
from adapters.nautilus.bybit_orders import OrderDoor, was_not_made
from adapters.nautilus.bybit_questions import BybitQuestions
from adapters.nautilus.bybit_settings import BybitSettings
from adapters.nautilus.bybit_watch import PairedWatch
from adapters.nautilus.bybit_wire import FAILURES, OVER, BybitHttp, Lanes, VenueSaysNoError, judge, words
from adapters.nautilus.bybit_words import ORDERS, TRADES, Interpreter, OrderWord, TradeWord, list_instruments
from adapters.nautilus.live_link import LiveLink
from adapters.nautilus.live_roles import Owner
from adapters.nautilus.live_words import Accepted, Listed, NoAnswerError, Outcome, Refused, decimal
from adapters.nautilus.order_terms import OrderTerms
from adapters.nautilus.stream_probe import Probe
from ports.errors import VenueUnavailableError
from ports.reports import FillReport, OrderStatusReport, VenueOrderStatus
from ports.requests import SendAmend, SendCancel
from ports.values import ClientOrderId, Price, Quantity, VenueOrderId

_log = logging.getLogger(__name__)
_TOPICS: Final = ("order", "execution")
_GRACE_S: Final = 1.0  # by then the trades that an order tells of have come, or are kept back
_CONNECT_S: Final = 30.0


class BybitLink(LiveLink):
    """A connected session's means (`LiveLink`)."""

    watch: PairedWatch
    questions: BybitQuestions

    def __init__(
        self,
        settings: BybitSettings,
        lanes: Lanes,
        kernel: NautilusKernel,
        owner: Owner,
        clock: Callable[[], int],
    ) -> None:
        super().__init__(settings.account, settings.instruments, kernel, owner, clock, FAILURES, words)
        self._settings = settings
        clock_ms = kernel.clock.timestamp_ms
        self._http = BybitHttp(settings, lanes, clock_ms)
        self._private = Line(settings.ws_private, settings, clock_ms, self._heard, partial(self._lost, "private"))
        trade = Line(settings.ws_trade, settings, clock_ms, lambda _, __: None, partial(self._lost, "trade"))
        self._door = OrderDoor(settings, lanes, trade, clock_ms)
        self._clients = make_clients(settings, kernel, self._door)
        self.execution, self.data = self._clients.execution, self._clients.data
        self.watch = PairedWatch()
        self._interpreter = Interpreter(settings.account, settings.category, {})
        self.questions = BybitQuestions(self._http, self._interpreter, ())
        self.mass_cancel = lambda listed: self._http.cancel_all(settings.category, listed.symbol)
        self._terms = OrderTerms()
        self._short: dict[VenueOrderId, OrderStatusReport] = {}  # trades that they tell of have not come yet

    # -- its life

    async def log_in(self) -> None:
        try:
            async with asyncio.timeout(_CONNECT_S):
                await self._log_in()
        except NoAnswerError:
            raise
        except TimeoutError:
            raise NoAnswerError(f"not connected within {_CONNECT_S} s") from None

    async def _log_in(self) -> None:
        await self.questions.may_trade()  # the provider below would keep a refused login to itself
        await self._clients.provider.initialize()
        listed = list_instruments(self._clients.provider.list_all())
        self._interpreter = Interpreter(self._settings.account, self._settings.category, listed)
        self.want(listed.values())
        settles = () if self._settings.is_spot else sorted({one.instrument.key.quote for one in listed.values()})
        self.questions = BybitQuestions(self._http, self._interpreter, settles)
        if not self._settings.is_spot:
            await self.questions.check_one_way([one.symbol for one in self._wanted.values()])
        began_ns = await self.questions.time_ns()
        begun = await self.questions.open_orders()
        self.watch.begin(begun)
        for order in begun:
            self._terms.note_report(order)
        self.is_open = True
        await self._private.open(_TOPICS)
        await self.hear()
        probe = Probe(self._settings.probe_s, began_ns, self.watch, self.questions, self._clock, self)
        self.start(probe.run(self.instruments, self.fall), "probe")
        self.dead_man = dead_man_of(self._settings, self._http, self._private)
        if self.dead_man is not None:
            self.start(self.dead_man.run(), "dead man")

    async def log_out(self) -> None:
        try:
            if self.dead_man is not None:
                await self.dead_man.disarm()
        finally:
            await self._private.close()
            await self._door.close()
            await self._clients.execution._disconnect()
            await self._clients.data.hang_up()

    @property
    def hears(self) -> bool:
        """Whether the private stream's connection is open, as far as this end knows."""
        return self._private.is_open

    def _lost(self, what: str, reason: str) -> None:
        self.fall(f"the {what} stream's connection is lost: {reason}")

    # -- orders

    def submit(self, order: Order) -> None:
        if order.has_price:
            terms = (Quantity(order.quantity.as_decimal()), Price(order.price.as_decimal()))
            self._terms.note(ClientOrderId(order.client_order_id.value), *terms, 0)
        super().submit(order)

    def take_outcome(self, client_order_id: ClientOrderId) -> Outcome | None:
        return self._door.take_outcome(client_order_id)

    def accepted(self, listed: Listed, client_order_id: ClientOrderId, accepted: Accepted) -> None:
        """Know nothing more: lists and stream name orders by both ids."""

    def _accepted(self, order: Order, accepted: Accepted) -> None:
        """Report nothing: the venue says that it will try, and on its stream what came of it, within the probe."""
        self.watch.accepted(self._keys[order.instrument_id], accepted.venue_order_id)

    async def ask_to_cancel(self, cancel: SendCancel, listed: Listed) -> OrderStatusReport | Refused | None:
        params = {
            "category": self._settings.category,
            "symbol": listed.symbol,
            "orderLinkId": cancel.client_order_id,
        }
        try:
            await self._http.cancel(params)
        except VenueSaysNoError as refusal:
            if refusal.code in OVER:
                return Refused(words(refusal))
            await self._cancel_the_other_way(params, refusal)
        except FAILURES as failure:
            await self._cancel_the_other_way(params, failure)
        return None  # the stream says that it is over

    async def _cancel_the_other_way(self, params: Mapping[str, object], failure: Exception) -> None:
        """Ask once more, by the connection that orders take: a cancel may be repeated, and limits are counted apart."""
        _log.warning("%s: cancel of %s: %s", self._account, params["orderLinkId"], words(failure))
        try:
            await self._door.cancel(params)
        except VenueSaysNoError as refusal:
            if refusal.code not in OVER:  # else the first may have been heard after all
                raise

    def check_amend(self, amend: SendAmend, listed: Listed) -> None:
        """Let every amend pass: price and quantity can be changed there."""

    async def ask_to_amend(self, amend: SendAmend, listed: Listed) -> None:
        await self._door.amend(amend, listed.symbol)

    def refuses_amend(self, failure: Exception) -> bool:
        is_over = isinstance(failure, VenueSaysNoError) and failure.code in OVER
        return is_over or was_not_made(failure) or isinstance(judge(failure), Refused)

    # -- what the venue says by itself

    def _heard(self, topic: str, data: bytes) -> None:
        if not self.is_open:
            return
        try:
            if topic == "order":
                for order in ORDERS.decode(data):
                    self._take_order(order)
            elif topic == "execution":
                for trade in TRADES.decode(data):
                    self._take_trade(trade)
        except (ValueError, msgspec.MsgspecError) as unreadable:  # what it would have told is unknown
            self.fall(f"a message of the private stream cannot be read: {unreadable}")

    def _take_order(self, word: OrderWord) -> None:
        if not self._interpreter.names(word.category, word.symbol):
            return
        status = self._interpreter.status(word)
        self.watch.hear(status, None)
        if not status.client_order_id or status.venue_order_id is None:
            return
        if status.quantity is not None and status.price is not None:
            self._tell_amended(status, status.quantity, status.price)
        if not self.watch.is_short(status):
            self._short.pop(status.venue_order_id, None)
            self._put_and_forget(status)
            return
        if status.status is VenueOrderStatus.ACCEPTED:  # of one that ended, the trades are told first
            self.put_status(status)
        if status.venue_order_id not in self._short:
            self.start(self._wait_for_trades(status.venue_order_id), f"trades of {status.client_order_id}")
        self._short[status.venue_order_id] = status

    def _take_trade(self, word: TradeWord) -> None:
        if not self._interpreter.names(word.category, word.symbol) or not word.is_trade:
            return
        fill = self._interpreter.fill(word)
        if fill.client_order_id is not None and word.order_type == "Limit":
            self._tell_amended(fill, Quantity(decimal(word.order_qty)), Price(decimal(word.order_price)))
        self.watch.hear_trade(fill)
        self._owner.put(fill)
        order_id = VenueOrderId(word.order_id)
        status = self._short.get(order_id)
        if status is not None and not self.watch.is_short(status):
            del self._short[order_id]
            self._put_and_forget(status)

    def _put_and_forget(self, status: OrderStatusReport) -> None:
        self.put_status(status)
        if status.status is not VenueOrderStatus.ACCEPTED and status.client_order_id in self._in_cache:
            self._close_in_cache(status.client_order_id)  # Nautilus's own stream may tell it later
            self._forget(status.client_order_id)

    async def _wait_for_trades(self, order_id: VenueOrderId) -> None:
        await asyncio.sleep(_GRACE_S)
        status = self._short.pop(order_id, None)
        if status is None:
            return
        try:
            evidence = await self.questions.evidence(status.instrument, status.client_order_id)
        except VenueUnavailableError as silent:
            self.fall(f"trades of {status.client_order_id} are missing, and the venue does not tell them: {silent}")
            return
        if evidence is not None:
            for fill in evidence.fills:
                self.watch.hear_trade(fill)
            self._owner.put(evidence)
        self._put_and_forget(status)

    def _tell_amended(self, said: OrderStatusReport | FillReport, quantity: Quantity, price: Price) -> None:
        amended = self._terms.amended(said, quantity, price)
        if amended is not None:
            self._owner.put(amended)
