"""One socket to TWS or IB Gateway through ib_async's client: what is asked, with its answer, and what is told.

ib_async's `IB` keeps a picture of the account of its own, in floats; here its client and its decoder are used, and the
picture is kept by whoever is told (`Heard`).
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any, Final, Protocol

from ib_async.client import Client
from ib_async.contract import Contract, ContractDetails
from ib_async.objects import CommissionReport, Execution, ExecutionFilter
from ib_async.order import Order, OrderState
from ib_async.util import getLoop

from livexec_ibkr.exact import ExactDecoder
from livexec_ibkr.meanings import Meaning, meaning_of
from livexec_ibkr.pacing import NoRoomError, Pace

_ROOM_S: Final = 3.0
_LOGGED_IN: Final = re.compile(rb"\x00(\d{8} \d\d:\d\d:\d\d)(?: [^\x00]*)?\x00")  # behind the version, once
_DAY_S: Final = 24 * 60 * 60
_QUARTER_S: Final = 900  # every zone is whole quarters of an hour from UTC
_MOST_WAITS: Final = 10  # for one answer
_ALONE: Final = -1  # the request id of what answers no request


class RefusedError(Exception):
    """TWS answered a question with an error."""

    def __init__(self, code: int, text: str) -> None:
        self.code = code
        super().__init__(f"{code} {text}")


class NoAnswerError(Exception):
    """TWS did not answer in time, or is gone."""


class Heard(Protocol):
    """Who is told what TWS says by itself, as ib_async names it."""

    def order(self, contract: Contract, order: Order, state: OrderState) -> None: ...

    def status(self, order_id: int, perm_id: int, client_id: int, status: str, filled: Any, why: str) -> None: ...

    def execution(self, contract: Contract, execution: Execution) -> None: ...

    def commission(self, report: CommissionReport) -> None: ...

    def complaint(self, request: int, code: int, text: str) -> None: ...

    def tick(self, request: int, kind: int, price: Any, size: Any) -> None: ...

    def market_data_type(self, request: int, kind: int) -> None: ...

    def lost(self, reason: str) -> None: ...


@dataclass(slots=True)
class _Question:
    found: list[Any] = field(default_factory=list)
    done: asyncio.Future[None] = field(default_factory=asyncio.Future)

    def end(self) -> None:
        if not self.done.done():
            self.done.set_result(None)

    def fail(self, error: Exception) -> None:
        if not self.done.done():
            self.done.set_exception(error)
            self.done.exception()  # whoever asked may have given up already


class _Client(Client):
    """ib_async's client, which passes over what TWS says of its own clock at the login."""

    logged_in: datetime | None = None  # by TWS's clock, written as if it were UTC

    def _onSocketHasData(self, data: bytes) -> None:  # noqa: N802 - the name of what is overridden
        if self.logged_in is None and (said := _LOGGED_IN.search(data)) is not None:
            with suppress(ValueError):
                self.logged_in = datetime.strptime(said[1].decode(), "%Y%m%d %H:%M:%S").replace(tzinfo=UTC)
        super()._onSocketHasData(data)  # type: ignore[no-untyped-call]  # it has no types


class Tws:
    """Opened once, closed once."""

    def __init__(self, heard: Heard, pace: Pace, answer_s: float) -> None:
        self._heard = heard
        self._pace = pace
        self._answer_s = answer_s
        self._questions: dict[object, _Question] = {}
        self._turns = {name: asyncio.Lock() for name in ("orders", "completed", "positions", "time")}
        self._failed: str = ""  # why the login did not come about
        self._abandoned = ""  # why nothing is asked any more
        self._is_over: asyncio.Future[None] | None = None
        self.accounts: tuple[str, ...] = ()
        self._zone_s: int | None = None  # how far its clock is from UTC
        self.account_id = ""  # which of them is traded; empty: not logged in yet
        self.heard_s = 0.0
        self._login = _Client(SimpleNamespace())  # type: ignore[no-untyped-call]  # it has no types
        self.client: Client = self._login
        self.client.MaxRequests = 0  # `Pace` holds messages back: a queue of its own would send orders late, unseen
        listener = self._listener()
        self.client.wrapper = listener
        self.client._tcpDataArrived = self._arrived
        self.client.decoder = ExactDecoder(listener, self._gone)

    # -- its life

    async def open(self, host: str, port: int, client_id: int) -> None:
        """Connect and log in.

        Raises:
            NoAnswerError: nobody is there, or it said no; in its own words.
        """
        getLoop.cache_clear()  # it keeps the first loop of the process for ever, closed or not
        loop = asyncio.get_running_loop()
        self._is_over = loop.create_future()
        connecting = loop.create_task(self.client.connectAsync(host, port, client_id, self._answer_s))
        await asyncio.wait({connecting, self._is_over}, return_when=asyncio.FIRST_COMPLETED)
        if not connecting.done():
            connecting.cancel()
        try:
            await connecting
        except (OSError, TimeoutError, asyncio.CancelledError) as failure:
            if (current := asyncio.current_task()) is not None and current.cancelling():
                raise
            why = self._failed or (str(failure) if isinstance(failure, OSError) else "it did not answer")
            raise NoAnswerError(f"no TWS or IB Gateway at {host}:{port}: {why}") from failure
        self.accounts = tuple(self.client.getAccounts())
        if self._login.logged_in is not None:
            ahead_s = self._login.logged_in.timestamp() - datetime.now(UTC).timestamp()
            self._zone_s = round(ahead_s / _QUARTER_S) * _QUARTER_S

    def close(self) -> None:
        """Hang up. Harmless to repeat."""
        self._end("disconnected")
        with suppress(OSError, RuntimeError):
            self.client.disconnect()

    def abandon(self, reason: str) -> None:
        """Await no answer any more, and ask nothing more."""
        self._abandoned = reason
        for question in self._questions.values():
            question.fail(NoAnswerError(reason))

    def day_began_s(self, now_s: int) -> int | None:
        """Return when TWS's day began (UTC seconds), by its own zone; None: it did not say what time it has.

        It lists trades and ended orders of this day alone.
        """
        if self._zone_s is None:
            return None
        local_s = now_s + self._zone_s
        return local_s - local_s % _DAY_S - self._zone_s

    @property
    def is_open(self) -> bool:
        """Whether something can be sent."""
        return self.client.isReady()

    # -- questions

    async def open_orders(self) -> list[tuple[Contract, Order, OrderState]]:
        """Return every open order of the login, by whomever it was placed."""
        async with self._turn("orders") as question:
            self.client.reqAllOpenOrders()
            return await self._answer(question, "open orders")

    async def completed_orders(self) -> list[tuple[Contract, Order, OrderState]]:
        """Return every order of the login that has ended, as far back as TWS keeps them: today."""
        async with self._turn("completed") as question:
            self.client.reqCompletedOrders(False)
            return await self._answer(question, "completed orders")

    async def positions(self) -> list[tuple[str, Contract, Any]]:
        """Return accounts, contracts and what is held of them."""
        async with self._turn("positions") as question:
            self.client.reqPositions()
            try:
                return await self._answer(question, "positions")
            finally:
                if self.is_open:
                    self.client.cancelPositions()

    async def time(self) -> int:
        """Return TWS's clock, in seconds."""
        async with self._turn("time") as question:
            self.client.reqCurrentTime()
            (now,) = await self._answer(question, "the time")
            return int(now)

    async def executions(self, account_id: str, since: str = "") -> list[tuple[Contract, Execution]]:
        """Return the executions of an account, of today; `since` is `yyyymmdd-hh:mm:ss` in UTC."""
        async with self._numbered() as (request, question):
            self.client.reqExecutions(request, ExecutionFilter(acctCode=account_id, time=since))
            return await self._answer(question, "executions")

    async def summary(self, tags: str) -> list[tuple[str, str, str, str]]:
        """Return accounts, tags, values and currencies."""
        async with self._numbered() as (request, question):
            self.client.reqAccountSummary(request, "All", tags)
            try:
                return await self._answer(question, "account values")
            finally:
                if self.is_open:
                    self.client.cancelAccountSummary(request)

    async def base_currency(self) -> str:
        """Return the currency that the account is kept in, and its margins are reckoned in.

        Raises:
            ValueError: TWS did not say.
        """
        said = [one[3] for one in await self.summary("AvailableFunds") if one[0] == self.account_id]
        if not said:
            raise ValueError("TWS did not say in which currency the account is kept")
        return said[0]

    async def contracts(self, asked: Contract) -> list[ContractDetails]:
        """Return every contract that a description fits; none where TWS knows of none."""
        async with self._numbered() as (request, question):
            self.client.reqContractDetails(request, asked)
            try:
                return await self._answer(question, "contracts")
            except RefusedError as refused:
                if refused.code == 200:  # no security definition has been found
                    return []
                raise

    async def what_if(self, contract: Contract, order: Order) -> OrderState:
        """Return what an order would do to the account; nothing is placed."""
        async with self._numbered() as (request, question):
            order.whatIf = True
            self.client.placeOrder(request, contract, order)
            (state,) = await self._answer(question, "margins")
            return state  # type: ignore[no-any-return]  # answers are of every kind

    @asynccontextmanager
    async def _turn(self, name: str) -> AsyncIterator[_Question]:
        """One at a time: their answers say not which question they answer."""
        await self._take()
        async with self._turns[name]:
            question = self._asked(name)
            try:
                yield question
            finally:
                self._questions.pop(name, None)

    @asynccontextmanager
    async def _numbered(self) -> AsyncIterator[tuple[int, _Question]]:
        await self._take()
        if not self.is_open:
            raise NoAnswerError("not connected")
        request = self.client.getReqId()
        try:
            yield request, self._asked(request)
        finally:
            self._questions.pop(request, None)

    def _asked(self, key: object) -> _Question:
        if self._abandoned or not self.is_open:
            raise NoAnswerError(self._abandoned or "not connected")
        question = self._questions[key] = _Question()
        return question

    async def _take(self) -> None:
        try:
            await self._pace.take(within_s=max(self._answer_s, _ROOM_S))
        except NoRoomError as crowded:
            raise NoAnswerError(str(crowded)) from crowded

    async def _answer(self, question: _Question, what: str) -> list[Any]:
        """Return an answer; a long list may take its time, as long as it goes on."""
        for _ in range(_MOST_WAITS):
            before = len(question.found)
            await asyncio.wait([question.done], timeout=self._answer_s)
            if question.done.done():
                question.done.result()
                return question.found
            if len(question.found) == before:
                break
        raise NoAnswerError(f"TWS did not answer in {self._answer_s} s: {what}")

    # -- what is told, by ib_async's names

    def _listener(self) -> SimpleNamespace:
        heard, found, ended = self._heard, self._found, self._ended
        return SimpleNamespace(
            ib=SimpleNamespace(TimezoneTWS="UTC"),  # of times that name no zone
            defaultTimezone=None,
            connectAck=lambda: None,
            setEventsDone=self._hung_up,
            connectionClosed=lambda: None,
            error=self._error,
            openOrder=self._order,
            orderStatus=lambda order_id, status, filled, _left, _price, perm_id, _parent, _last, client_id, why, *_: (
                heard.status(order_id, perm_id, client_id, status, filled, why)
            ),
            openOrderEnd=lambda: ended("orders"),
            completedOrder=lambda contract, order, state: found("completed", (contract, order, state)),
            completedOrdersEnd=lambda: ended("completed"),
            execDetails=self._execution,
            execDetailsEnd=ended,
            commissionReport=heard.commission,
            position=lambda account, contract, held: found("positions", (account, contract, held)),
            positionEnd=lambda: ended("positions"),
            accountSummary=lambda request, *said: found(request, said),
            accountSummaryEnd=ended,
            contractDetails=found,
            contractDetailsEnd=ended,
            currentTime=lambda now: (found("time", now), ended("time")),
            priceSizeTick=heard.tick,
            tickSize=lambda request, kind, size: heard.tick(request, kind, None, size),
            marketDataType=heard.market_data_type,
        )

    def _found(self, key: object, one: Any) -> None:
        if key in self._questions:
            self._questions[key].found.append(one)

    def _ended(self, key: object) -> None:
        if key in self._questions:
            self._questions[key].end()

    def _order(self, order_id: int, contract: Contract, order: Order, state: OrderState) -> None:
        if order.whatIf:
            self._found(order_id, state)
            self._ended(order_id)
            return
        self._found("orders", (contract, order, state))
        self._heard.order(contract, order, state)

    def _execution(self, request: int, contract: Contract, execution: Execution) -> None:
        if request in self._questions:
            self._found(request, (contract, execution))
        else:
            self._heard.execution(contract, execution)

    def _error(self, request: int, code: int, text: str, _more: str = "") -> None:
        meaning = meaning_of(code, text)
        if meaning in (Meaning.LOGIN, Meaning.READ_ONLY):
            self._failed = f"{code} {text}"
        if request in self._questions:
            if meaning is not Meaning.WARNING:
                self._questions[request].fail(RefusedError(code, text))
            return
        if request == _ALONE and meaning is Meaning.READ_ONLY:
            for question in self._questions.values():
                question.fail(RefusedError(code, text))
        self._heard.complaint(request, code, text)

    def _arrived(self) -> None:
        self.heard_s = asyncio.get_running_loop().time()

    def _hung_up(self) -> None:
        self._gone("TWS hung up")

    def _gone(self, reason: str) -> None:
        was_ready = self.is_open
        self._end(reason)
        if was_ready:
            self._heard.lost(reason)

    def _end(self, reason: str) -> None:
        self.abandon(reason)
        if self._is_over is not None and not self._is_over.done():
            self._failed = self._failed or reason
            self._is_over.set_result(None)
