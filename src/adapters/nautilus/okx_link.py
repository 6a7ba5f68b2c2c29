"""One connection to one account of OKX."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping, Sequence
from typing import Final

import msgspec
from nautilus_trader.model.identifiers import ClientOrderId as NautilusClientOrderId
from nautilus_trader.model.identifiers import InstrumentId, Symbol
from nautilus_trader.model.orders import Order
from nautilus_trader.system.kernel import NautilusKernel

from adapters.nautilus.dead_man import DeadMan
from adapters.nautilus.live_link import LiveLink
from adapters.nautilus.live_roles import Owner
from adapters.nautilus.live_words import NANOS_A_MILLI, Accepted, Listed, Outcome, Refused
from adapters.nautilus.okx_clients import VENUE, close_clients, make_clients
from adapters.nautilus.okx_desk import PRIVATE, OrderDesk
from adapters.nautilus.okx_gate import Gate
from adapters.nautilus.okx_questions import OkxQuestions
from adapters.nautilus.okx_settings import OkxSettings
from adapters.nautilus.okx_wire import (
    CANCEL_REFUSED,
    FAILURES,
    OkxError,
    OkxHttp,
    OkxLanes,
    refuses_amend,
    refuses_cancel,
    words,
)
from adapters.nautilus.okx_words import InstrumentWords, Interpreter, Update, fee_rates, list_instruments
from adapters.nautilus.orders import submit_command
from adapters.nautilus.stream_probe import Probe
from adapters.nautilus.venue_sizes import venue_size
from ports.errors import NotSentError, VenueUnavailableError
from ports.reports import AmendRefused, CancelRefused, OrderStatusReport
from ports.requests import SendAmend, SendCancel
from ports.values import ClientOrderId, is_multiple, plain

_log = logging.getLogger(__name__)
_CHANNELS: Final = (PRIVATE, "business")
_NAUTILUS_READS_S: Final = 1.0  # the same frames, in a thread of its own
_AMEND_FAILED: Final = "-1"
_SPOT_ONLY: Final = "1"  # the account level that trades no swaps


class _Config(msgspec.Struct, rename="camel"):
    pos_mode: str
    acct_lv: str


class _Fees(msgspec.Struct, rename="camel"):
    maker: str = ""
    taker: str = ""
    maker_u: str = ""
    taker_u: str = ""


class OkxLink(LiveLink):
    """A connected session's means (`LiveLink`)."""

    def __init__(
        self,
        settings: OkxSettings,
        lanes: OkxLanes,
        kernel: NautilusKernel,
        owner: Owner,
        clock: Callable[[], int],
    ) -> None:
        super().__init__(settings.account, settings.instruments, kernel, owner, clock, FAILURES, words)
        self._settings = settings
        self._lanes = lanes
        self._http = OkxHttp(settings, lanes)
        self._desk = OrderDesk(self, self._http.deadline_ms, settings.kinds, lanes.orders)
        self._gate = Gate(settings.ws, _CHANNELS, self._desk, settings.answer_s)
        self._clients = make_clients(settings, kernel, self._gate.address)
        self.execution, self.data = self._clients.execution, self._clients.data
        self._interpreter = Interpreter(settings.account, {})
        self.questions = self._questions()
        self.cancel_together = self._cancel_together

    async def log_in(self) -> None:
        http, clients, settings = self._http, self._clients, self._settings
        began_ms = await http.learn_time() + 1
        await self._check_account()
        await clients.provider.initialize()
        self._interpreter = Interpreter(settings.account, await self._list())
        self.questions = self._questions()
        self.want(self._interpreter.listed.values())
        self.watch.begin(await self.questions.open_orders())
        await self._gate.open()
        await self._hear_orders()
        probe = Probe(settings.probe_s, began_ms * NANOS_A_MILLI, self.watch, self.questions, self._clock, self)
        self.start(probe.run(self.instruments, self.fall), "probe")
        if settings.dead_man_s:
            self.dead_man = DeadMan(settings.dead_man_s, http.cancel_all_after, FAILURES, words)
            self.start(self.dead_man.run(), "dead man")

    async def _hear_orders(self) -> None:
        """Hear, until orders are told of. What the gate finds out ends it at once: Nautilus tries for long."""
        hearing, subscribed = asyncio.ensure_future(self.hear()), asyncio.ensure_future(self._desk.subscribed())
        try:
            await asyncio.wait((hearing, subscribed), return_when=asyncio.FIRST_COMPLETED)
            if subscribed.done():
                subscribed.result()
            await hearing
            async with asyncio.timeout(self._settings.answer_s):
                await subscribed
        finally:
            for one in (hearing, subscribed):
                one.cancel()
            await asyncio.gather(hearing, subscribed, return_exceptions=True)

    async def log_out(self) -> None:
        try:
            if self.dead_man is not None:
                await self.dead_man.disarm()
            await close_clients(self._clients)
        finally:
            await self._gate.close()
            await self._http.close()

    @property
    def hears(self) -> bool:
        """Whether the user stream is connected: its end is told at once (`fall`)."""
        return self.is_open

    async def _check_account(self) -> None:
        (said,) = await self._http.ask("/api/v5/account/config", _Config)
        if "SWAP" not in self._settings.kinds:
            return
        if said.pos_mode != "net_mode":
            raise VenueUnavailableError(f"{self._account} is in {said.pos_mode}: set its position mode to net")
        if said.acct_lv == _SPOT_ONLY:
            raise VenueUnavailableError(f"{self._account} is in spot mode, and swaps need futures mode at least")

    async def _list(self) -> Mapping[str, Listed]:
        said: list[InstrumentWords] = []
        fees = {}
        for kind in self._settings.kinds:
            said += await self._http.ask("/api/v5/public/instruments", InstrumentWords, instType=kind)
            (rates,) = await self._http.ask("/api/v5/account/trade-fee", _Fees, instType=kind)
            of_swaps = (rates.maker_u or rates.maker, rates.taker_u or rates.taker)
            fees[kind] = fee_rates(*(of_swaps if kind == "SWAP" else (rates.maker, rates.taker)))
        provider = self._clients.provider
        return list_instruments(said, fees, lambda symbol: provider.find(InstrumentId(Symbol(symbol), VENUE)))

    def _questions(self) -> OkxQuestions:
        return OkxQuestions(self._http, self._interpreter, self.listed, self._settings.kinds)

    # -- orders

    async def _submit(self, order: Order) -> None:
        client_order_id = ClientOrderId(order.client_order_id.value)
        self._desk.expect(client_order_id)
        try:
            async with asyncio.timeout(self._settings.answer_s):
                await self._lanes.orders.turn(order.instrument_id)
                await self.execution._submit_order(submit_command(order, self._clock()))
                if not order.is_closed:
                    await self._desk.answered(client_order_id)
        except TimeoutError:
            _log.warning("%s: no answer to %s", self._account, client_order_id)

    def take_outcome(self, client_order_id: ClientOrderId) -> Outcome | None:
        return self._desk.take_outcome(client_order_id)

    def accepted(self, listed: Listed, client_order_id: ClientOrderId, accepted: Accepted) -> None:
        """The venue's lists name orders by the client's id; there is nothing to note."""

    async def ask_to_cancel(self, cancel: SendCancel, listed: Listed) -> OrderStatusReport | Refused | None:
        try:
            await self._http.cancel(listed.symbol, cancel.client_order_id)
        except OkxError as refusal:
            if not refuses_cancel(refusal):
                raise
            return Refused(words(refusal))
        return None  # it will be carried out, and the user stream says when

    async def _cancel_together(self, cancels: Sequence[SendCancel], listed: Listed) -> Sequence[CancelRefused]:
        refused = []
        for done in await self._http.cancel_together(listed.symbol, [one.client_order_id for one in cancels]):
            said = f"{done.sCode}: {done.sMsg}"
            if done.sCode in CANCEL_REFUSED:
                name = ClientOrderId(done.clOrdId)
                refused.append(CancelRefused(account=self._account, client_order_id=name, reason=said))
            elif done.sCode != "0":  # whoever watches the order asks about it, and cancels again
                _log.warning("%s: cancel of %s: %s", self._account, done.clOrdId, said)
        return refused

    def check_amend(self, amend: SendAmend, listed: Listed) -> None:
        instrument = listed.instrument
        if not is_multiple(amend.quantity, instrument.lot_size) or not is_multiple(amend.price, instrument.tick_size):
            raise NotSentError(f"{amend.quantity} at {amend.price} is not on the lots and ticks of {instrument.key}")

    async def ask_to_amend(self, amend: SendAmend, listed: Listed) -> None:
        size = plain(venue_size(amend.quantity, listed))
        await self._http.amend(listed.symbol, amend.client_order_id, size, plain(amend.price))

    def refuses_amend(self, failure: Exception) -> bool:
        return refuses_amend(failure)

    # -- what the venue says by itself

    def heard(self, updates: list[Update]) -> None:
        """Hear what the user stream says of some orders."""
        if not self.is_open:
            return
        for update in updates:
            if self._interpreter.names(update.inst_id):
                self.take(self._interpreter.status(update), self._interpreter.fill_of_update(update))
                self._take_amend(update)

    def forget_soon(self, client_order_id: ClientOrderId) -> None:
        asyncio.get_running_loop().call_later(_NAUTILUS_READS_S, self._forget_closed, client_order_id)

    def _forget_closed(self, client_order_id: ClientOrderId) -> None:
        """Let an order leave Nautilus, which keeps open ones for ever, and may have missed how this one ended."""
        order = self._kernel.cache.order(NautilusClientOrderId(client_order_id))
        if self.is_open and order is not None and not order.is_closed:
            self.execution.generate_order_canceled(
                order.strategy_id, order.instrument_id, order.client_order_id, order.venue_order_id, self._clock()
            )
        self._forget(client_order_id)

    def _take_amend(self, update: Update) -> None:
        amended = self._interpreter.amend(update)
        if amended is not None:
            self._owner.put(amended)
        elif update.amend_result == _AMEND_FAILED and update.cl_ord_id:
            reason = f"{update.code}: {update.msg}"
            name = ClientOrderId(update.cl_ord_id)
            self._owner.put(AmendRefused(account=self._account, client_order_id=name, reason=reason))
