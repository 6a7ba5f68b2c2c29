"""What passes between Nautilus and OKX: each order once and with a deadline, and the venue's word on each."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final, Protocol

import msgspec

from adapters.nautilus.live_words import InDoubt, Outcome
from adapters.nautilus.okx_wire import TOO_OFTEN, Done, judge
from adapters.nautilus.okx_words import ORDERS, Update, read_updates
from adapters.nautilus.pace import Pace
from ports.values import ClientOrderId

_log = logging.getLogger(__name__)
PRIVATE: Final = "private"
_REST_S: Final = 2.0  # the span in which the venue counts
_PING, _PONG = "ping", "pong"
_HARMLESS: Final = frozenset({"login", "subscribe", "unsubscribe"})


class _Argument(msgspec.Struct):
    channel: str = ""
    instType: str = ""  # noqa: N815 - the venue's spelling


class _Said(msgspec.Struct):
    event: str = ""
    code: str = ""
    msg: str = ""
    op: str = ""
    id: str | None = None
    arg: _Argument | None = None
    data: msgspec.Raw = msgspec.Raw(b"[]")


_SAID: Final = msgspec.json.Decoder(_Said)


class Hearer(Protocol):
    """Who hears what the venue says by itself."""

    def heard(self, updates: list[Update]) -> None: ...

    def fall(self, reason: str) -> None:
        """Give the connection up."""


@dataclass(slots=True)
class _Expected:
    """One order on its way."""

    news: asyncio.Event = field(default_factory=asyncio.Event)
    has_left: bool = False
    outcome: Outcome | None = None


class OrderDesk:
    """Decides what passes the gate of one connection, and keeps what became of each order until somebody takes it."""

    def __init__(self, hearer: Hearer, deadline_ms: Callable[[], int], kinds: tuple[str, ...], orders: Pace) -> None:
        self._hearer = hearer
        self._orders = orders  # those that follow
        self._deadline_ms = deadline_ms
        self._expected: dict[str, _Expected] = {}
        self._by_request: dict[str, str] = {}
        self._unheard = set(kinds)  # kinds of instruments whose orders are not told yet
        self._refusal = ""
        self._news = asyncio.Event()

    # -- orders

    def expect(self, client_order_id: ClientOrderId) -> None:
        """Let this order pass, once."""
        self._expected[client_order_id] = _Expected()

    async def answered(self, client_order_id: ClientOrderId) -> None:
        """Wait until something is known of an order; the caller bounds the wait."""
        await self._expected[client_order_id].news.wait()

    def take_outcome(self, client_order_id: ClientOrderId) -> Outcome | None:
        """Return what became of an order; None means that nothing of it passed, and that nothing ever will."""
        expected = self._expected.pop(client_order_id, None)
        if expected is None or not expected.has_left:
            return None
        return expected.outcome or InDoubt("the venue did not answer in time")

    # -- what passes

    def outgoing(self, channel: str, frame: str) -> str | None:
        """Return what goes to the venue in a frame's place; None: nothing."""
        if frame in (_PING, _PONG):
            return frame
        request = msgspec.json.decode(frame, type=dict[str, Any])
        operation = request.get("op")
        if operation in _HARMLESS:
            return frame
        if operation == "order" and channel == PRIVATE:
            return self._order(request)
        _log.error("%s of Nautilus's was kept from the venue", operation)
        return None

    def _order(self, request: dict[str, Any]) -> str | None:
        (arguments,) = request["args"]
        name = str(arguments.get("clOrdId", ""))
        expected = self._expected.get(name)
        if expected is None or expected.has_left:
            _log.error("order %s was to be sent again, or too late: it was not", name)
            return None
        expected.has_left = True
        self._by_request[str(request["id"])] = name
        return msgspec.json.encode({**request, "expTime": str(self._deadline_ms())}).decode()

    # -- what the venue says

    async def subscribed(self) -> None:
        """Wait until the venue tells of all orders; the caller bounds the wait.

        Raises:
            PermissionError: it refused, in its own words.
        """
        while self._unheard and not self._refusal:
            self._news.clear()
            await self._news.wait()
        if self._refusal:
            raise PermissionError(self._refusal)

    def incoming(self, channel: str, frame: str) -> None:
        """Hear a frame of the venue."""
        if frame == _PONG:
            return
        try:
            said = _SAID.decode(frame)
            if said.event:
                self._event(said, channel)
            elif said.op == "order":
                self._answer(said)
            elif said.arg is not None and said.arg.channel == ORDERS:
                self._hearer.heard(read_updates(said.data))
        except ValueError as unreadable:  # what it would have told is unknown
            self._hearer.fall(f"a message of the user stream cannot be read: {unreadable}")

    def ended(self, channel: str, reason: str) -> None:
        """Hear that a connection is over."""
        self._refuse(reason)
        for expected in self._expected.values():
            if expected.outcome is None and channel == PRIVATE:
                expected.outcome = InDoubt(f"before the venue answered, {reason}")
                expected.news.set()
        self._hearer.fall(f"the user stream was interrupted ({channel}: {reason})")

    def _event(self, said: _Said, channel: str) -> None:
        argument = said.arg or _Argument()
        if said.event == "subscribe" and argument.channel == ORDERS:
            self._unheard.discard(argument.instType)
            self._news.set()
        elif said.event in ("error", "notice"):
            words = f"{said.code}: {said.msg}"
            self._refuse(words)
            self._hearer.fall(f"the user stream says ({channel}) {words}")

    def _refuse(self, words: str) -> None:
        self._refusal = self._refusal or words
        self._news.set()

    def _answer(self, said: _Said) -> None:
        name = self._by_request.pop(said.id or "", "")
        expected = self._expected.get(name)
        if expected is None:
            return
        try:
            (done,) = msgspec.json.decode(said.data, type=list[Done])
        except ValueError as unreadable:
            expected.outcome = InDoubt(f"{said.code}: {said.msg} ({unreadable})")
        else:
            expected.outcome = judge(done)
            if done.sCode in TOO_OFTEN:
                self._orders.rest(_REST_S)
        expected.news.set()
