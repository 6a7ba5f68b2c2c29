"""One connection to one account of Deribit: opened once, closed once, never mended."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Collection, Coroutine, Mapping, Sequence
from typing import Any, Final, Protocol

from livexec_deribit.cancels import CancelDesk
from livexec_deribit.credits import Credits
from livexec_deribit.dead_man import DeadMan
from livexec_deribit.listing import list_instruments, state_limits
from livexec_deribit.login import LOGIN_REFUSED, Login
from livexec_deribit.market import HeardMarket, MarketOwner
from livexec_deribit.orders import NOT_OPEN, Listed, edit_params, is_definitive, method_of, not_sent, params_of
from livexec_deribit.probe import Probe, watch_silence
from livexec_deribit.questions import Questions
from livexec_deribit.rpc import Asked, NoAnswerError, NotAskedError, RefusedError, RpcConnection
from livexec_deribit.sequences import Sequences
from livexec_deribit.settings import DeribitSettings
from livexec_deribit.told import Told
from livexec_deribit.watch import StreamWatch
from livexec_deribit.words import NANOS_A_MILLI, Message, OrderState, fills_of, order_of
from ports.errors import NotSentError, VenueLoginError, VenueUnavailableError
from ports.instruments import Instrument, InstrumentKey
from ports.reports import (
    AmendRefused,
    OrderOutcomeUnknown,
    OrderStatusReport,
    Report,
    VenueOrderStatus,
)
from ports.requests import SendAmend, SendCancel, SendOrder
from ports.values import ClientOrderId
from ports.venue_pulse import Pulse

_log = logging.getLogger(__name__)
_FAILURES: Final = (NotAskedError, RefusedError, NoAnswerError)
_USER_CHANNELS: Final = ("user.orders.any.any.raw", "user.trades.any.any.raw")
_CHANNELS_AT_ONCE: Final = 100
_CLOSING_S: Final = 2.0


class Owner(MarketOwner, Protocol):
    """Who hears of what happens on a connection."""

    def put(self, report: Report) -> None: ...

    def fall(self, reason: str) -> None:
        """Give this connection up; whatever it was told from now on is unknown."""


class Link:
    """What a connected session works with. `open` makes one; after `close` it tells nothing and sends nothing."""

    def __init__(
        self,
        settings: DeribitSettings,
        credit: Credits,
        owner: Owner,
        clock: Callable[[], int],
        sequences: Sequences,
    ) -> None:
        self._settings = settings
        self._sequences = sequences
        self._credit = credit
        self._owner = owner
        self._clock = clock
        self._ahead_ms = 0  # the venue's clock of ours
        self._round_trip_us = 0
        self._is_open = False
        self._rpc = RpcConnection(settings.url, credit, self._hear, self._lost)
        self._dead_man = DeadMan(settings, self._rpc)
        self.questions = Questions(self._rpc, settings.account, settings.answer_s, self._venue_ms)
        self._watch = StreamWatch()
        self._listed: Mapping[InstrumentKey, Listed] = {}
        self._market = HeardMarket(owner, clock)
        self._tasks: set[asyncio.Task[None]] = set()
        self._cancels = CancelDesk(settings.account, self._rpc, settings.answer_s, self)
        self._submitting: dict[ClientOrderId, asyncio.Task[None]] = {}
        self._told = Told(settings.account, owner.put)

    # -- its life

    async def open(self) -> Sequence[Instrument]:
        """Log in, hear the user stream and the market; return the instruments that were asked for.

        Raises:
            VenueLoginError: the venue does not know these keys.
            VenueUnavailableError: in the venue's own words.
        """
        try:
            return await self._open()
        except (*_FAILURES, ValueError, TypeError, KeyError) as failure:
            is_login = isinstance(failure, RefusedError) and failure.code in LOGIN_REFUSED
            kind = VenueLoginError if is_login else VenueUnavailableError
            raise kind(f"{self._settings.account}: {failure}") from failure

    async def _open(self) -> Sequence[Instrument]:
        settings = self._settings
        await self._rpc.open()
        began_ns = self._clock()
        self._ahead_ms = int(await self._ask("public/get_time", {})) - self._clock() // NANOS_A_MILLI
        self._round_trip_us = (self._clock() - began_ns) // 1_000
        login = Login(self._rpc, settings.api_key, settings.api_secret, answer_s=settings.answer_s)
        await login.enter(self._venue_ms())
        await self._ask("public/set_heartbeat", {"interval": settings.heartbeat_s})
        await self._dead_man.arm()
        state_limits(await self.questions.account_summaries(), self._credit)
        listing = list_instruments(await self._ask("public/get_instruments", {"currency": "any"}), settings)
        self._listed = listing.wanted
        self._market.keys = {one.name: key for key, one in listing.wanted.items()}
        self.questions.currencies = listing.currencies
        self._is_open = True
        await self._ask("private/subscribe", {"channels": list(_USER_CHANNELS)})
        begun_ms = int(await self._ask("public/get_time", {}))
        open_orders = await self.questions.open_order_states()
        self._watch.begin(open_orders)
        self._dead_man.begin(open_orders)
        for order in open_orders:
            self._told.note(order)
        for fill in await self._sequences.missed(self.questions):
            self._told.fill(fill)
        self.start(self._subscribe_market(), "market data")
        self.start(self._stay_logged_in(login), "login")
        self.start(watch_silence(self._rpc, settings.heartbeat_s, self._owner.fall), "silence")
        probe = Probe(self._watch, self.questions, self._sequences, settings.probe_s, begun_ms + 1)
        self.start(probe.run(self._owner.fall), "probe")
        return tuple(one.instrument for one in self._listed.values())

    async def close(self) -> None:
        """Let what is under way arrive, hear nothing more, hang up. Harmless to repeat."""
        if self._submitting and self._is_open:
            await asyncio.wait(self._submitting.values(), timeout=_CLOSING_S)
        self._is_open = False
        await self._dead_man.disarm()
        for task in (*self._tasks, *self._submitting.values()):
            task.cancel()
        await self._rpc.close()

    async def _subscribe_market(self) -> None:
        names = self._market.channels()
        try:
            for at in range(0, len(names), _CHANNELS_AT_ONCE):
                await self._ask("public/subscribe", {"channels": names[at : at + _CHANNELS_AT_ONCE]})
        except _FAILURES as failure:
            self._owner.fall(f"the venue does not show its market: {failure}")

    async def _stay_logged_in(self, login: Login) -> None:
        try:
            await login.stay()
        except (*_FAILURES, ValueError, TypeError, KeyError) as failure:
            self._owner.fall(f"the login was not renewed: {failure}")

    def pulse(self) -> Pulse:
        """Return how this connection is."""
        silent_s = asyncio.get_running_loop().time() - self._rpc.heard_s
        return Pulse(
            heard_ns=self._clock() - int(silent_s * 1_000_000_000),
            round_trip_us=self._round_trip_us,
            clock_ahead_ms=self._ahead_ms,
            budgets=self._credit.budgets(),
            dead_man_s=self._dead_man.waits_s(self._told.at_work),
            trouble=self._dead_man.trouble(self._told.at_work),
        )

    def _venue_ms(self) -> int:
        return self._clock() // NANOS_A_MILLI + self._ahead_ms

    async def _ask(self, method: str, params: Mapping[str, Any]) -> Any:
        return await self._rpc.ask(method, params, within_s=self._settings.answer_s)

    def _lost(self, reason: str) -> None:
        if self._is_open:
            self._owner.fall(reason)

    def start(self, work: Coroutine[Any, Any, None], name: str) -> asyncio.Task[None]:
        """Do something beside everything else, for as long as this connection is open."""
        task = asyncio.get_running_loop().create_task(work, name=f"{self._settings.account} {name}")
        self._tasks.add(task)
        task.add_done_callback(self._finished)
        return task

    def _finished(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (defect := task.exception()) is not None:
            _log.error("%s: %s failed", self._settings.account, task.get_name(), exc_info=defect)
            self._owner.fall(f"{task.get_name()} failed: {type(defect).__name__}: {defect}")

    # -- orders

    def listed(self, instrument: InstrumentKey) -> Listed | None:
        """Return what is known of an instrument; None where it is none of those asked for."""
        return self._listed.get(instrument)

    async def submit(self, order: SendOrder, listed: Listed) -> None:
        """Hand an order to the venue; what becomes of it is reported.

        Raises:
            NotSentError: nothing was transmitted.
        """
        method = method_of(order)
        self._told.sending(order.client_order_id)  # before it waits: no cancel of all may begin meanwhile
        try:
            await self._cancels.swept(order.instrument)
            await self._rpc.take_credit(method, self._settings.throttle_s)
            params = params_of(order, listed, self._venue_ms(), self._settings.valid_ms)
            asked = await self._rpc.put(method, params, within_s=self._settings.answer_s)
        except NotSentError:
            self._told.unsent(order.client_order_id)
            raise
        except NotAskedError as unsent:
            self._told.unsent(order.client_order_id)
            raise not_sent(unsent) from unsent
        except NoAnswerError as doubt:
            self._doubt(order.client_order_id, str(doubt))
            return
        task = self.start(self._conclude(order, asked), f"submit {order.client_order_id}")
        self._submitting[order.client_order_id] = task
        task.add_done_callback(lambda _: self._submitting.pop(order.client_order_id, None))

    async def _conclude(self, order: SendOrder, asked: Asked) -> None:
        name = order.client_order_id
        try:
            answer = await self._rpc.answer(asked, within_s=self._settings.answer_s)
            self._take_answer(answer)
        except RefusedError as refusal:
            if is_definitive(refusal.code):
                self._told.unsent(name)
                self._owner.put(self._rejected(order, str(refusal)))
            else:
                self._doubt(name, str(refusal))
        except NoAnswerError as silence:
            self._doubt(name, str(silence))
        except (ValueError, TypeError, KeyError) as unreadable:
            self._doubt(name, f"the venue's answer cannot be read: {unreadable!r}")

    def _doubt(self, name: ClientOrderId, reason: str) -> None:
        self._owner.put(OrderOutcomeUnknown(account=self._settings.account, client_order_id=name, reason=reason))

    def _rejected(self, order: SendOrder, reason: str) -> OrderStatusReport:
        return OrderStatusReport(
            account=self._settings.account,
            instrument=order.instrument,
            client_order_id=order.client_order_id,
            status=VenueOrderStatus.REJECTED,
            reason=reason,
            venue_time_ns=self._clock(),
        )

    def cancel(self, cancel: SendCancel) -> None:
        """Begin to ask for a cancel; a refusal is reported, a success told by the stream."""
        self._cancels.cancel(cancel)

    @property
    def working(self) -> Collection[OrderState] | None:
        """Return every open order; None while the venue has not yet named one that was sent over this connection."""
        return self._told.working

    def submitting(self, cancel: SendCancel) -> asyncio.Task[None] | None:
        """Return what waits for the answer to an order."""
        return self._submitting.get(cancel.client_order_id)

    def put(self, report: Report) -> None:
        """Report something."""
        self._owner.put(report)

    async def amend(self, amend: SendAmend, listed: Listed) -> None:
        """Ask for an amend; a refusal and a success are reported.

        Raises:
            NotSentError: nothing was transmitted.
        """
        known = self._told.of_label(amend.client_order_id)
        params = edit_params(amend, listed, known, self._venue_ms() + self._settings.valid_ms)
        asked = await self._transmit("private/edit_by_label", params)
        self.start(self._conclude_amend(amend, asked), f"amend {amend.client_order_id}")

    async def _conclude_amend(self, amend: SendAmend, asked: Asked) -> None:
        account, name = self._settings.account, amend.client_order_id
        try:
            self._take_answer(await self._rpc.answer(asked, within_s=self._settings.answer_s))
        except RefusedError as refusal:
            if refusal.code in NOT_OPEN or is_definitive(refusal.code):
                self._owner.put(AmendRefused(account=account, client_order_id=name, reason=str(refusal)))
            else:  # whoever watches the order asks what it works with
                _log.warning("%s: amend of %s: %s", account, name, refusal)
        except (NoAnswerError, ValueError, TypeError, KeyError) as silence:
            _log.warning("%s: amend of %s: %s", account, name, silence)

    async def _transmit(self, method: str, params: Mapping[str, Any]) -> Asked:
        try:
            await self._rpc.take_credit(method, self._settings.answer_s)
            return await self._rpc.put(method, params, within_s=self._settings.answer_s)
        except NotAskedError as unsent:
            raise not_sent(unsent) from unsent

    # -- what the venue says

    def _take_answer(self, answer: Message) -> None:
        self._sequences.hear(answer["trades"])
        for fill in fills_of(self._settings.account, answer["trades"]):
            self._told.fill(fill)
        order = order_of(answer["order"])
        if order is not None:
            self._watch.accepted(order.order_id)
            self._told.order(order)

    def _hear(self, method: str, params: Message) -> None:
        if method == "heartbeat":
            if params.get("type") == "test_request":
                self.start(self._answer_test(), "heartbeat")
        elif method == "subscription" and self._is_open:
            self._hear_channel(str(params["channel"]), params["data"])

    async def _answer_test(self) -> None:
        try:
            await self._ask("public/test", {})
        except _FAILURES as failure:
            self._owner.fall(f"a heartbeat could not be answered: {failure}")

    def _hear_channel(self, channel: str, data: Any) -> None:
        if self._market.hear(channel, data):
            return
        if channel.startswith("user.trades."):
            self._sequences.hear(data)
            for fill in fills_of(self._settings.account, data):
                self._watch.hear_trade(fill)
                self._told.fill(fill)
        elif channel.startswith("user.orders."):
            for said in data if isinstance(data, list) else [data]:
                order = order_of(said)
                if order is not None:
                    self._watch.hear(order)
                    self._told.order(order)
