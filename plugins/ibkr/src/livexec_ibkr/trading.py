"""Orders, cancels and amends over one connection, and what TWS answers to each."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Coroutine
from decimal import Decimal
from typing import Any, Final, Protocol

from ib_async.order import Order

from livexec_ibkr.book import Known, OrderBook
from livexec_ibkr.contracts import Listed
from livexec_ibkr.exact import stated
from livexec_ibkr.meanings import Meaning
from livexec_ibkr.orders import changed, check, written
from livexec_ibkr.pacing import NoRoomError, Pace
from livexec_ibkr.settings import IbkrSettings
from livexec_ibkr.tws import NoAnswerError, RefusedError, Tws
from ports.errors import NotSentError, ThrottledError, VenueUnavailableError
from ports.reports import AmendRefused, CancelRefused, OrderOutcomeUnknown, Report, VenueMargin
from ports.requests import SendAmend, SendCancel, SendOrder
from ports.values import ClientOrderId, Currency, plain

_log = logging.getLogger(__name__)
_UNKNOWN: Final = "TWS has no open order of that reference"


class Owner(Protocol):
    """Who hears of reports, and does things beside others."""

    def put(self, report: Report) -> None: ...

    def start(self, work: Coroutine[Any, Any, None], name: str) -> None: ...


class Trading:
    """What is sent, and what is still to be answered."""

    def __init__(self, settings: IbkrSettings, tws: Tws, pace: Pace, book: OrderBook, owner: Owner) -> None:
        self._settings = settings
        self._tws = tws
        self._pace = pace
        self._book = book
        self._owner = owner
        self._unanswered: dict[int, asyncio.TimerHandle] = {}  # new orders, by their number here
        self._canceling: dict[int, ClientOrderId] = {}
        self._amending: dict[int, ClientOrderId] = {}
        self._base = ""  # the currency that TWS reckons margins in, once it was asked for

    # -- orders

    async def submit(self, order: SendOrder, listed: Listed) -> None:
        """Hand an order to TWS; what becomes of it is told.

        Raises:
            NotSentError: nothing was transmitted.
        """
        check(order)
        made = written(order, listed, self._tws.account_id)
        await self._room(is_cancel=False)
        number = self._number()
        known = Known(
            key=(self._settings.client_id, number),
            name=order.client_order_id,
            instrument=order.instrument,
            multiplier=listed.multiplier,
        )
        self._book.begin(known)
        try:
            self._tws.client.placeOrder(number, listed.contract, made)
        except ConnectionError as gone:
            self._book.forget(known)
            raise NotSentError(str(gone)) from gone
        loop = asyncio.get_running_loop()
        self._unanswered[number] = loop.call_later(self._settings.answer_s, self._doubt, known)

    def answered(self, known: Known) -> None:
        """Note that TWS knows an order."""
        if known.key[0] == self._settings.client_id and (timer := self._unanswered.pop(known.key[1], None)) is not None:
            timer.cancel()

    def _doubt(self, known: Known, reason: str = "") -> None:
        self._unanswered.pop(known.key[1], None)
        reason = reason or f"TWS did not answer in {self._settings.answer_s} s"
        account, name = self._settings.account, known.called
        self._owner.put(OrderOutcomeUnknown(account=account, client_order_id=name, reason=reason))

    async def margin(self, order: SendOrder, listed: Listed) -> VenueMargin:
        """Let TWS reckon what the order would do to the account; nothing is placed.

        Raises:
            NotSentError: TWS would not take such an order.
            VenueUnavailableError: it did not answer, or stated no margin.
        """
        check(order)
        made = written(order, listed, self._tws.account_id)
        try:
            currency = self._base or await self._tws.base_currency()
            state: Any = await self._tws.what_if(listed.contract, made)
        except RefusedError as refused:
            raise NotSentError(f"TWS would refuse it: {refused}") from refused
        except (NoAnswerError, ValueError) as silence:
            raise VenueUnavailableError(f"{self._settings.account}: {silence}") from silence
        self._base = currency
        said = [_amount(one) for one in (state.initMarginBefore, state.initMarginAfter, state.equityWithLoanAfter)]
        before, needed, has = said
        if before is None or needed is None or has is None:
            raise VenueUnavailableError(f"{self._settings.account}: TWS stated no margin")
        return VenueMargin(currency=Currency(currency), before=before, needed=needed, has=has)

    async def may_split(self, listed: Listed) -> bool:
        """Ask whether the account may trade a part of a share.

        Raises:
            NoAnswerError: TWS did not say.
        """
        part = plain(listed.instrument.lot_size)
        asked = Order(action="BUY", orderType="MKT", tif="DAY", account=self._tws.account_id)
        asked.totalQuantity = part  # type: ignore[assignment]  # its own digits: written as they are
        try:
            await self._tws.what_if(listed.contract, asked)
        except RefusedError as refused:
            _log.info("%s: whole shares alone: %s", self._settings.account, refused)
            return False
        return True

    # -- cancels and amends

    async def cancel(self, cancel: SendCancel) -> None:
        """Ask for a cancel; a success is told by the order's own state, a refusal as such.

        Raises:
            NotSentError: nothing was transmitted.
        """
        known = await self._open(cancel.client_order_id)
        await self._room(is_cancel=True)
        if known is None:
            self._refuse_cancel(cancel.client_order_id, _UNKNOWN)
            return
        number = known.key[1]
        self._canceling[number] = cancel.client_order_id
        try:
            self._tws.client.cancelOrder(number)
        except ConnectionError as gone:
            raise NotSentError(str(gone)) from gone

    def _refuse_cancel(self, name: ClientOrderId, reason: str) -> None:
        account = self._settings.account
        self._owner.put(CancelRefused(account=account, client_order_id=name, reason=reason))

    async def amend(self, amend: SendAmend, listed: Listed) -> None:
        """Ask for an amend; it is told once TWS works with it, and so is a refusal.

        Raises:
            NotSentError: nothing was transmitted.
        """
        listed.contracts_of(amend.quantity)
        listed.price_of(amend.price)
        known = await self._open(amend.client_order_id)
        await self._room(is_cancel=False)
        if known is None or known.order is None:
            self._refuse_amend(amend.client_order_id, _UNKNOWN)
            return
        made = changed(amend, known.order, listed)
        number = known.key[1]
        known.amending = (amend.quantity, amend.price)
        self._amending[number] = amend.client_order_id
        try:
            self._tws.client.placeOrder(number, listed.contract, made)
        except ConnectionError as gone:
            raise NotSentError(str(gone)) from gone

    def _refuse_amend(self, name: ClientOrderId, reason: str) -> None:
        account = self._settings.account
        self._owner.put(AmendRefused(account=account, client_order_id=name, reason=reason))

    async def _open(self, name: ClientOrderId) -> Known | None:
        """Return an order of this connection's client that works, as far as is known; TWS is asked where it is not."""
        known = self._book.named(name)
        if known is None:
            try:
                await self._tws.open_orders()  # what it lists, the book takes
            except (NoAnswerError, RefusedError) as silence:
                raise NotSentError(f"whether {name} is open is not known: {silence}") from silence
            known = self._book.named(name)
        if known is None or known.has_ended or known.key[0] != self._settings.client_id:
            return None
        return known

    # -- what TWS says to it

    def complaint(self, number: int, meaning: Meaning, words: str) -> None:
        """Take an error or a warning that came with the number of an order, or with none."""
        known = self._book.at((self._settings.client_id, number))
        if known is None or number <= 0 or meaning is Meaning.WARNING:
            _log.warning("%s: %s", self._settings.account, words)
            return
        if meaning is Meaning.CANCELED:
            known.refused = words  # why; the state itself follows
        elif meaning is Meaning.NOT_CANCELABLE and number in self._canceling:
            self._refuse_cancel(self._canceling.pop(number), words)
        elif number in self._amending and known.amending is not None:
            known.amending = None
            self._refuse_amend(self._amending.pop(number), words)
        elif known.was_accepted or known.has_ended:
            _log.warning("%s: %s: %s", self._settings.account, known.called, words)
        elif meaning in (Meaning.REFUSED, Meaning.READ_ONLY):
            self.answered(known)
            self._book.refuse(known, words)
        else:
            self.answered(known)
            self._doubt(known, words)

    async def _room(self, *, is_cancel: bool) -> None:
        try:
            await self._pace.take(within_s=self._settings.throttle_s, is_cancel=is_cancel)
        except NoRoomError as crowded:
            raise ThrottledError(str(crowded)) from crowded
        if not self._tws.is_open:
            raise NotSentError(f"{self._settings.account} is not connected")

    def _number(self) -> int:
        return int(self._tws.client.getReqId())


def _amount(text: object) -> Decimal | None:
    """Return a margin as TWS writes it, however many zeros end it; None where it wrote none."""
    try:
        return stated(Decimal(plain(Decimal(str(text)))))
    except ArithmeticError:
        return None
