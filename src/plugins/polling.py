"""For venues that do not push: asks, at intervals that differ, and puts what is new as reports."""

from __future__ import annotations

import asyncio
import random
from collections import OrderedDict
from collections.abc import Awaitable
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Final, Protocol

from ports.errors import VenueUnavailableError
from ports.instruments import InstrumentKey
from ports.reports import AmendReport, FillReport, OrderStatusReport, Report, VenueOrderStatus
from ports.requests import QueryOrder, SendOrder
from ports.values import ClientOrderId, Price, Quantity, TradeId
from ports.venue import VenueSession

_REMEMBERED: Final = 100_000  # trades that were told
_JITTER: Final = 0.2  # of an interval, so that many sessions do not ask together
_UNANSWERED_IS_DOWN: Final = 3
_OVERLAP_NS: Final = 2_000_000_000  # a venue may list a trade a little after others of its time


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """How often a venue is asked, how long an answer may take, and the longest pause after silence."""

    every_s: float = 1.0
    answer_s: float = 8.0
    longest_s: float = 10.0


class Outlet(Protocol):
    """Where reports go (`plugins.outlet.Outlet`)."""

    def put(self, report: Report) -> None:
        """Pass a report on."""

    def fall(self, reason: str) -> None:
        """Give the session up."""


class AccountPoller:
    """Follows the orders and trades of one account. `run` until cancelled; `hurry` when something was just sent."""

    def __init__(
        self, session: VenueSession, outlet: Outlet, pace: Pace, since_ns: int, chance: random.Random | None = None
    ) -> None:
        self._session = session
        self._outlet = outlet
        self._pace = pace
        self._since_ns = since_ns
        self._chance = chance or random.Random()
        self._soon = asyncio.Event()
        self._watched: OrderedDict[ClientOrderId, InstrumentKey] = OrderedDict()
        self._known: dict[ClientOrderId, tuple[Quantity | None, Price | None]] = {}
        self._told: OrderedDict[tuple[InstrumentKey, TradeId], None] = OrderedDict()

    def watch(self, order: SendOrder) -> None:
        """Follow an order that is about to be sent, although the venue may never list it as open."""
        self._watched[order.client_order_id] = order.instrument

    def forget(self, name: ClientOrderId) -> None:
        """Follow an order no more: it was never sent."""
        self._watched.pop(name, None)

    def hurry(self) -> None:
        """Ask at once: something has changed."""
        self._soon.set()

    async def run(self) -> None:
        """Ask again and again; when the venue is silent, ever more seldom, and then give the session up."""
        unanswered, pause_s = 0, 0.0
        while True:
            self._soon.clear()
            try:
                await self._look()
            except (VenueUnavailableError, TimeoutError) as silence:
                unanswered += 1
                if unanswered >= _UNANSWERED_IS_DOWN:
                    self._outlet.fall(f"the venue did not answer {unanswered} times in a row: {silence}")
                    return
            else:
                unanswered = 0
            pause_s = min(self._pace.every_s * 2**unanswered, self._pace.longest_s)
            await self._wait(pause_s * self._chance.uniform(1 - _JITTER, 1 + _JITTER))

    async def _wait(self, pause_s: float) -> None:
        try:
            async with asyncio.timeout(pause_s):
                await self._soon.wait()
        except TimeoutError:
            return

    async def _look(self) -> None:
        """Ask for open orders, then for trades: what ended between the two is looked at the next time."""
        listed = {one.client_order_id: one for one in await self._answer(self._session.open_orders())}
        trades = await self._answer(self._session.fills_since(self._since_ns - _OVERLAP_NS))
        for trade in trades:
            self._tell_trade(trade)
        for one in listed.values():
            self._tell_open(one)
        for name in [one for one in self._watched if one not in listed]:
            await self._look_at(name, self._watched[name])
        if trades:
            self._since_ns = max(self._since_ns, trades[-1].venue_time_ns)

    async def _look_at(self, name: ClientOrderId, instrument: InstrumentKey) -> None:
        """Ask what became of an order that is not open; a venue that does not know it is asked again."""
        asked = QueryOrder(account=self._session.account, instrument=instrument, client_order_id=name)
        evidence = await self._answer(self._session.query(asked))
        if evidence is None:
            return
        for trade in evidence.fills:
            self._tell_trade(trade)
        if evidence.status.status is VenueOrderStatus.ACCEPTED:
            self._tell_open(evidence.status)
            return
        self._watched.pop(name, None)
        self._known.pop(name, None)
        self._outlet.put(evidence.status)

    def _tell_trade(self, trade: FillReport) -> None:
        known = (trade.instrument, trade.trade_id)
        if known in self._told:
            return
        self._told[known] = None
        if len(self._told) > _REMEMBERED:
            self._told.popitem(last=False)
        self._outlet.put(trade)

    def _tell_open(self, order: OrderStatusReport) -> None:
        name, works_with = order.client_order_id, (order.quantity, order.price)
        before = self._known.get(name)
        self._known[name] = works_with
        self._watched[name] = order.instrument
        if before is None:
            self._outlet.put(replace(order, status=VenueOrderStatus.ACCEPTED))
        elif before != works_with and order.quantity is not None and order.price is not None:
            self._outlet.put(_amended(order, order.quantity, order.price))

    async def _answer[Answer](self, asked: Awaitable[Answer]) -> Answer:
        async with asyncio.timeout(self._pace.answer_s):
            return await asked


def _amended(order: OrderStatusReport, quantity: Decimal, price: Price) -> AmendReport:
    return AmendReport(
        account=order.account,
        instrument=order.instrument,
        client_order_id=order.client_order_id,
        venue_order_id=order.venue_order_id,
        quantity=Quantity(quantity),
        price=price,
        venue_time_ns=order.venue_time_ns,
    )
