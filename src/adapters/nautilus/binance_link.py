"""One connection to one account of Binance, at whichever of its products."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

from nautilus_trader.adapters.binance.http.account import BinanceAccountHttpAPI
from nautilus_trader.adapters.binance.http.error import BinanceClientError
from nautilus_trader.model.instruments import Instrument as NautilusInstrument
from nautilus_trader.model.orders import Order
from nautilus_trader.system.kernel import NautilusKernel

from adapters.nautilus.binance_clients import Clients
from adapters.nautilus.binance_questions import BinanceQuestions, OrderNames
from adapters.nautilus.binance_settings import BinanceSettings
from adapters.nautilus.binance_wire import CANCEL_REFUSED, FAILURES, code_of, words
from adapters.nautilus.binance_words import Interpreter, Update, list_instruments
from adapters.nautilus.dead_man import DeadMan
from adapters.nautilus.live_link import LiveLink
from adapters.nautilus.live_roles import Owner
from adapters.nautilus.live_words import NANOS_A_MILLI, Accepted, Listed, Outcome, Refused
from adapters.nautilus.order_terms import OrderTerms
from adapters.nautilus.stream_probe import Probe
from adapters.nautilus.venue_rest import VenueRest
from ports.errors import VenueUnavailableError
from ports.instruments import InstrumentKey
from ports.reports import OrderStatusReport
from ports.requests import SendAmend, SendCancel
from ports.values import ClientOrderId, Price, Quantity

type Hear = Callable[[bytes], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Product[Settings: BinanceSettings]:
    """What one of Binance's products calls things, and how it is connected to."""

    make_clients: Callable[[Settings, NautilusKernel, VenueRest, Hear, Callable[[], None]], Clients]
    key_of: Callable[[NautilusInstrument], InstrumentKey | None]
    read_update: Callable[[bytes], Update | None]
    questions: type[BinanceQuestions]
    dead_man: Callable[[Settings, BinanceAccountHttpAPI, Sequence[str]], DeadMan | None] = lambda *_: None


class BinanceLink[Settings: BinanceSettings](LiveLink):
    """A connected session's means (`LiveLink`)."""

    def __init__(
        self,
        product: Product[Settings],
        settings: Settings,
        rest: VenueRest,
        kernel: NautilusKernel,
        owner: Owner,
        clock: Callable[[], int],
    ) -> None:
        super().__init__(settings.account, settings.instruments, kernel, owner, clock, FAILURES, words)
        self._product = product
        self._settings = settings
        self._clients = product.make_clients(settings, kernel, rest, self._heard, self._interrupted)
        self.execution, self.data = self._clients.execution, self._clients.data
        self._interpreter = Interpreter(settings.account, {})
        self._names = OrderNames()
        self._terms = OrderTerms()
        self.questions = self._questions()
        cancels = self._clients.cancels
        self.mass_cancel = lambda listed: cancels.cancel_all_open_orders(listed.symbol)

    async def log_in(self) -> None:
        clients = self._clients
        await clients.account.query_open_orders()  # the provider below would keep a refused login to itself
        await clients.provider.initialize()
        listed = list_instruments(clients.provider.list_all(), self._product.key_of)
        if not listed:  # it keeps a refusal to itself
            raise VenueUnavailableError(f"{self._settings.account}: the venue listed no instruments, or no fees")
        self._interpreter = Interpreter(self._settings.account, listed)
        self.questions = self._questions()
        self.want(listed.values())
        began_ns = (await clients.market.request_server_time() + 1) * NANOS_A_MILLI
        begun = await self.questions.open_orders()
        self.watch.begin(begun)
        for order in begun:
            self._terms.note_report(order)
        await self.hear()
        probe = Probe(self._settings.probe_s, began_ns, self.watch, self.questions, self._clock, clients.execution)
        self.start(probe.run(self.instruments, self.fall), "probe")
        symbols = [one.symbol for one in listed.values() if one.instrument.key in self.instruments]
        self.dead_man = self._product.dead_man(self._settings, self._clients.cancels, symbols)
        if self.dead_man is not None:
            self.start(self.dead_man.run(), "dead man")

    def _questions(self) -> BinanceQuestions:
        by_key = {one.instrument.key: one for one in self._interpreter.listed.values()}
        return self._product.questions(self._clients.account, self._interpreter, self._names, by_key)

    async def log_out(self) -> None:
        execution = self._clients.execution
        execution.catch_up_now()
        if self.dead_man is not None:
            await self.dead_man.disarm()
        if execution.is_connected or execution.hears:
            await execution._disconnect()
        await self._clients.data._disconnect()

    def submit(self, order: Order) -> None:
        if order.has_price:
            name, quantity = ClientOrderId(order.client_order_id.value), Quantity(order.quantity.as_decimal())
            self._terms.note(name, quantity, Price(order.price.as_decimal()), 0)
        super().submit(order)

    def forget_soon(self, client_order_id: ClientOrderId) -> None:
        self._clients.execution.afterwards(partial(self._forget, client_order_id))

    def take_outcome(self, client_order_id: ClientOrderId) -> Outcome | None:
        return self._clients.orders.take_outcome(client_order_id)

    def accepted(self, listed: Listed, client_order_id: ClientOrderId, accepted: Accepted) -> None:
        self._names.note(listed.symbol, int(accepted.venue_order_id), client_order_id)

    async def ask_to_cancel(self, cancel: SendCancel, listed: Listed) -> OrderStatusReport | Refused | None:
        name = cancel.client_order_id
        try:
            order = await self._clients.cancels.cancel_order(listed.symbol, orig_client_order_id=name)
        except BinanceClientError as refusal:
            if code_of(refusal) != CANCEL_REFUSED:
                raise
            return Refused(words(refusal))
        return self._interpreter.status_of_order(order, name)

    def check_amend(self, amend: SendAmend, listed: Listed) -> None:
        self._clients.amends.check(amend, self._terms.get(amend.client_order_id))

    async def ask_to_amend(self, amend: SendAmend, listed: Listed) -> None:
        await self._clients.amends.ask(amend, listed.symbol)

    def refuses_amend(self, failure: Exception) -> bool:
        return self._clients.amends.refuses(failure)

    def _heard(self, raw: bytes) -> None:
        if not self.is_open:
            return
        try:
            update = self._product.read_update(raw)
            if update is not None:
                self._take(update)
        except ValueError as unreadable:  # what it would have told is unknown
            self.fall(str(unreadable))

    def _take(self, update: Update) -> None:
        self._names.note(update.symbol, update.order_id, update.client_order_id)
        if self._interpreter.names(update.symbol):
            fill = self._interpreter.fill_of_update(update) if update.is_trade else None
            status = self._interpreter.status_of_update(update)
            self._tell_amended(status)
            self.take(status, fill)

    def _tell_amended(self, status: OrderStatusReport) -> None:
        if status.quantity is None or status.price is None:
            return
        amended = self._terms.amended(status, status.quantity, status.price)
        if amended is not None:
            self._owner.put(amended)

    def _interrupted(self) -> None:
        self.fall("the user stream was interrupted; what it would have told is unknown")
