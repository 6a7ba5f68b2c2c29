"""One connection to one account: opened once, closed once, never mended."""

from __future__ import annotations

import asyncio
import logging
from collections import OrderedDict
from collections.abc import Callable, Coroutine, Mapping, Sequence
from decimal import Decimal
from typing import Any, Final, Protocol

from ib_async.contract import Contract
from ib_async.objects import CommissionReport, Execution
from ib_async.order import Order, OrderState

from livexec_ibkr.book import Known, OrderBook
from livexec_ibkr.calendars import Sessions, calendar_of, load
from livexec_ibkr.contracts import Listed, may_be_split, multiplier_of, resolve, whole_shares
from livexec_ibkr.executions import Executed, Executions, executed
from livexec_ibkr.market import HeardMarket, MarketOwner
from livexec_ibkr.meanings import Meaning, meaning_of
from livexec_ibkr.names import key_of
from livexec_ibkr.pacing import NoRoomError, Pace
from livexec_ibkr.probe import Probe
from livexec_ibkr.questions import Questions
from livexec_ibkr.settings import IbkrSettings
from livexec_ibkr.trading import Trading
from livexec_ibkr.tws import NoAnswerError, RefusedError, Tws
from ports.errors import VenueLoginError, VenueUnavailableError
from ports.instruments import Instrument, InstrumentKey
from ports.reports import FillReport, Report
from ports.requests import SendOrder
from ports.venue_pulse import Pulse

_log = logging.getLogger(__name__)
_SECOND_NS: Final = 1_000_000_000
_SPARE_S: Final = 1.0
_COMMISSION_S: Final = 3.0  # that an answer waits for one: whoever asked has a bound of its own


class Owner(MarketOwner, Protocol):
    """Who hears of what happens on a connection."""

    def put(self, report: Report) -> None: ...

    def fall(self, reason: str) -> None:
        """Give this connection up; whatever it was told from now on is unknown."""


class Link:
    """What a connected session works with. `open` makes one; after `close` it tells nothing and sends nothing."""

    def __init__(
        self,
        settings: IbkrSettings,
        pace: Pace,
        owner: Owner,
        clock: Callable[[], int],
        bare: OrderedDict[str, Executed],
    ) -> None:
        self._settings = settings
        self._pace = pace
        self._owner = owner
        self._clock = clock
        self._is_open = False
        self._ahead_s = 0
        self._round_trip_us = 0
        self._tasks: set[asyncio.Task[None]] = set()
        self._listed: dict[InstrumentKey, Listed] = {}
        self._sessions: Mapping[str, Sessions] = {}  # none are known where hours are not asked about
        self._by_contract: dict[int, Listed] = {}
        self._tws = Tws(self, pace, settings.answer_s)
        self._market = HeardMarket(owner, clock, settings.market_data)
        self._trades = Executions(settings.account, self._put_fill, bare)
        self._book = OrderBook(settings.account, lambda: self._tws.account_id, self, self._venue_ns)
        wait_s = min(settings.commission_s, _COMMISSION_S)
        self.questions = Questions(self._tws, settings.account, self._trades, self, wait_s, clock)
        self.trading = Trading(settings, self._tws, pace, self._book, self)

    # -- its life

    async def open(self) -> Sequence[Instrument]:
        """Log in, hear what happens, and return the instruments that were asked for.

        Raises:
            VenueLoginError: TWS lets this connection not in, or lets it only look.
            VenueUnavailableError: in TWS's own words.
        """
        try:
            return await self._open()
        except RefusedError as refused:
            is_login = meaning_of(refused.code, str(refused)) in (Meaning.READ_ONLY, Meaning.LOGIN)
            remedy = "; untick Read-Only API in its settings (Global Configuration, API, Settings)" if is_login else ""
            kind = VenueLoginError if is_login else VenueUnavailableError
            raise kind(f"{self._settings.account}: {refused}{remedy}") from refused
        except (NoAnswerError, NoRoomError, ValueError, TypeError, ArithmeticError, OSError) as failure:
            raise VenueUnavailableError(f"{self._settings.account}: {failure}") from failure

    async def _open(self) -> Sequence[Instrument]:
        settings, tws = self._settings, self._tws
        await tws.open(settings.host, settings.port, settings.client_id)
        account_id = self._one_of(tws.accounts)
        self._is_open = True
        began_ns = self._clock()
        self._ahead_s = await tws.time() - self._clock() // _SECOND_NS
        self._round_trip_us = (self._clock() - began_ns) // 1_000
        for key, contract_id in settings.instruments.items():
            self._list(await resolve(tws, key, contract_id))
        tws.account_id = account_id  # from here on, now that contracts have their keys, orders and trades are taken
        if settings.regular_hours:
            self._sessions = await load(filter(None, map(calendar_of, self._listed.values())), self._venue_ns())
        if settings.client_id == 0:
            tws.client.reqAutoOpenOrders(True)  # orders placed by hand are told as they happen, and can be canceled
        await tws.open_orders()
        for contract, one in await tws.executions(account_id):
            if (read := self.executed(contract, one)) is not None:
                self._trades.seen(read)
        self._book.is_live = True
        await self._split_shares()
        probe = Probe(tws, settings, self._book, self._trades, self)
        self.start(probe.run(self._owner.fall), "probe")
        self.start(self._follow_market(), "market data")
        return tuple(one.instrument for one in self._listed.values())

    def _one_of(self, accounts: tuple[str, ...]) -> str:
        wanted = self._settings.account_id
        if (wanted and wanted not in accounts) or (not wanted and len(accounts) != 1):
            what = f"has no account {wanted}" if wanted else "has several accounts"
            raise VenueUnavailableError(
                f"{self._settings.account}: account_id: the login {what}; it has {', '.join(accounts)}"
            )
        return wanted or accounts[0]

    def _list(self, listed: Listed) -> None:
        self._listed[listed.instrument.key] = self._by_contract[listed.contract.conId] = listed

    async def _split_shares(self) -> None:
        """Ask TWS once whether the account may trade parts of shares, where there are such."""
        parts = [one for one in self._listed.values() if may_be_split(one)]
        if parts and not await self.trading.may_split(parts[0]):
            for one in parts:
                self._list(whole_shares(one))

    async def _follow_market(self) -> None:
        try:
            await self._market.follow(self._tws, self._pace, self._listed)
        except (NoRoomError, ConnectionError) as failure:
            self._owner.fall(f"market data could not be asked for: {failure}")

    async def close(self) -> None:
        """Hear nothing more, hang up. Harmless to repeat."""
        self._is_open = False
        for task in tuple(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._tws.close()

    def start(self, work: Coroutine[Any, Any, None], name: str) -> None:
        """Do something beside everything else, for as long as this connection is open."""
        task = asyncio.get_running_loop().create_task(work, name=f"{self._settings.account} {name}")
        self._tasks.add(task)
        task.add_done_callback(self._finished)

    def _finished(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (defect := task.exception()) is not None:
            _log.error("%s: %s failed", self._settings.account, task.get_name(), exc_info=defect)
            self._owner.fall(f"{task.get_name()} failed: {type(defect).__name__}: {defect}")

    @property
    def is_open(self) -> bool:
        """Whether TWS can be asked."""
        return self._is_open and self._tws.is_open

    def pulse(self) -> Pulse:
        """Return how this connection is, and what is wrong with it all the same."""
        silent_s = asyncio.get_running_loop().time() - self._tws.heard_s
        return Pulse(
            heard_ns=self._clock() - int(silent_s * _SECOND_NS),
            round_trip_us=self._round_trip_us,
            clock_ahead_ms=self._ahead_s * 1_000,
            budgets=(self._pace.budget(),),
            trouble="; ".join(filter(None, [self._trades.trouble(), self._market.trouble()])),
        )

    def _venue_ns(self) -> int:
        """Return TWS's time, in whole seconds as it tells that of trades."""
        return (self._clock() // _SECOND_NS + self._ahead_s) * _SECOND_NS

    # -- contracts

    def listed(self, instrument: InstrumentKey) -> Listed | None:
        """Return what is known of an instrument; None where it is none of those asked for."""
        return self._listed.get(instrument)

    def check_hours(self, order: SendOrder, listed: Listed) -> None:
        """Make sure that an order that has to trade at once is not sent to an exchange that is closed.

        Raises:
            NotSentError: it is closed; says until when.
        """
        sessions = self._sessions.get(calendar_of(listed) or "")
        if sessions is not None:
            sessions.check(order, self._venue_ns())

    def key_of(self, contract: Contract) -> tuple[InstrumentKey, Decimal] | None:
        """Return the key and the multiplier of a contract, traded here or not; None for what no key names."""
        known = self._by_contract.get(contract.conId)
        if known is not None:
            return known.instrument.key, known.multiplier
        key = key_of(contract)
        if key is None or key in self._listed:  # another contract has that key here: it must not be taken for this one
            _log.warning("%s: no key names contract %s: %s", self._settings.account, contract.conId, contract)
            return None
        return key, multiplier_of(contract)

    def executed(self, contract: Contract, execution: Execution) -> Executed | None:
        """Return an execution of the account in our words."""
        found = self.key_of(contract)
        if found is None or execution.acctNumber != self._tws.account_id:
            return None
        return executed(contract, execution, *found)

    # -- what TWS says

    def put(self, report: Report) -> None:
        """Pass a report on."""
        if self._is_open:
            self._owner.put(report)

    def order(self, contract: Contract, order: Order, state: OrderState) -> None:
        known = self._book.order(contract, order)
        if known is not None:
            self.trading.answered(known)
            self._book.status(known, state.status, None)

    def status(self, order_id: int, perm_id: int, client_id: int, status: str, filled: Any, why: str) -> None:
        known = self._book.at((client_id, order_id), perm_id)
        if known is not None:
            known.perm_id = perm_id or known.perm_id
            self.trading.answered(known)
            self._book.status(known, status, filled, why)

    def execution(self, contract: Contract, execution: Execution) -> None:
        read = self.executed(contract, execution)
        if read is not None:
            self.hear(read)

    def hear(self, read: Executed) -> None:
        """Take an execution; one whose commission does not come is told without it in the end."""
        if self._trades.hear(read):
            asyncio.get_running_loop().call_later(self._settings.commission_s, self._trades.give_up, read.trade)

    def commission(self, report: CommissionReport) -> None:
        self._trades.commission(report)

    def _put_fill(self, fill: FillReport) -> None:
        self.put(fill)
        if fill.venue_order_id is not None:
            self._book.traded(int(fill.venue_order_id), fill.trade_id, fill.quantity)

    def wait_for_trades(self, known: Known) -> None:
        """Tell an order's end a little after its last trade would have been told without its commission."""
        asyncio.get_running_loop().call_later(
            self._settings.commission_s + _SPARE_S, lambda: self._book.conclude(known)
        )

    def complaint(self, request: int, code: int, text: str) -> None:
        words = f"{code} {text}"
        match meaning_of(code, text):
            case Meaning.LOST:
                self._owner.fall(f"TWS has lost Interactive Brokers: {words}")
                self._tws.abandon(words)
            case Meaning.BACK_LOSSY | Meaning.BACK:
                self._owner.fall(f"TWS has found Interactive Brokers again: {words}")  # everything is asked about anew
            case Meaning.MARKET_DATA if self._market.complain(request, words):
                _log.warning("%s: %s", self._settings.account, words)
            case meaning:
                self.trading.complaint(request, meaning, words)

    def tick(self, request: int, kind: int, price: Any, size: Any) -> None:
        self._market.tick(request, kind, price, size)

    def market_data_type(self, request: int, kind: int) -> None:
        self._market.type_is(request, kind)

    def lost(self, reason: str) -> None:
        if self._is_open:
            self._owner.fall(reason)
