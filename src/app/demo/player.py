"""Plays a book of orders through the service's own doors, as a strategy service would."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from random import Random
from typing import Any, Final

import httpx

from app.demo.kinds import KINDS, LEAST, STRATEGIES, Kind, crossing_price, order_of
from livexec.client import ExecutionClient, ExecutionResult, RefusedError
from livexec.v1.execution_pb2 import Order
from ports.instruments import Instrument
from ports.market_data import Quote, QuoteReader
from ports.values import Side

_PAUSE_S: Final = 0.02  # between orders, so that they meet different quotes
_HALTED: Final = STRATEGIES[1]
_MOST_AMENDS: Final = 100  # while the venue has not acknowledged the order yet
type Say = Callable[[str], None]


@dataclass(slots=True)
class Played:
    """What was sent and what must come of it; `surprises` are answers that should not have been."""

    expected: dict[str, Kind] = field(default_factory=dict)  # by operation id
    latencies_ns: list[int] = field(default_factory=list)
    counts: dict[str, int] = field(default_factory=dict)
    surprises: list[str] = field(default_factory=list)

    def count(self, kind: str) -> None:
        """One more of a kind was played."""
        self.counts[kind] = self.counts.get(kind, 0) + 1

    def check(self, holds: bool, otherwise: str) -> None:
        """Remember a surprise."""
        if not holds:
            self.surprises.append(otherwise)


class Player:
    """One run of the script. `instruments` are those that have quotes."""

    def __init__(
        self,
        client: ExecutionClient,
        rest_url: str,
        quotes: QuoteReader,
        instruments: Sequence[Instrument],
        seed: int,
        prefix: str = "demo",
        kinds: Sequence[Kind] = KINDS,
    ) -> None:
        self._client = client
        self._rest_url = rest_url
        self._quotes = quotes
        self._instruments = instruments
        self._chance = Random(seed)
        self._prefix = prefix  # of every operation id, so that a second run on the same book is a new one
        self._kinds = kinds
        self._sent: dict[str, Order] = {}
        self.played = Played()

    async def play(self, say: Say, share: float = 1.0) -> Played:
        """Play every kind, in an order that the seed decides; `share` plays a part of each."""
        plan = [(kind, number) for kind in self._kinds for number in range(max(1, round(kind.count * share)))]
        self._chance.shuffle(plan)
        for place, (kind, number) in enumerate(plan, start=1):
            await self._one(kind, number)
            if place % 50 == 0:
                say(f"{place} of {len(plan)} orders sent")
            await asyncio.sleep(_PAUSE_S)
        await self._repeats(plan[: max(2, round(16 * share))])
        await self._conflicts(plan[: max(1, round(4 * share))])
        await self._cancel_before_submit(max(1, round(4 * share)))
        await self._halted(max(1, round(6 * share)))
        await self._brackets(max(1, round(4 * share)))
        await self._over_rest(max(1, round(6 * share)))
        return self.played

    async def _one(self, kind: Kind, number: int) -> None:
        order = self._order(kind, number)
        result = await self._submit(order, kind)
        if kind.reason_code:
            self.played.check(
                (result.status, result.reason_code) == ("REJECTED", kind.reason_code),
                f"{order.operation_id}: {result.status} {result.reason_code} instead of {kind.reason_code}",
            )
        if kind.then_cancel:
            await asyncio.sleep(_PAUSE_S)
            await self._client.cancel(order.operation_id, "it has rested long enough")
        if kind.then_cross:
            instrument = next(one for one in self._instruments if one.key == order.instrument_key)
            await self._amend(order, price=crossing_price(Side(order.side), instrument, self._quote(instrument)))
        if kind.then_lower:
            await self._amend(order, amount=LEAST)

    async def _amend(self, order: Order, *, price: Decimal | None = None, amount: Decimal | None = None) -> None:
        """Amend a resting order, and once more by the same id."""
        amend_id = f"{order.operation_id}-anew"
        for _ in range(_MOST_AMENDS):
            await asyncio.sleep(_PAUSE_S)
            try:
                result = await self._client.amend(order.operation_id, price=price, amount=amount, amend_id=amend_id)
            except RefusedError as refusal:
                if refusal.reason != "NOT_ACKNOWLEDGED":
                    self.played.check(False, f"{order.operation_id}: {refusal}")
                    return
            else:
                self.played.check(
                    result.status == "PENDING_AMEND", f"{order.operation_id}: {result.status} by an amend"
                )
                await self._client.amend(order.operation_id, price=price, amount=amount, amend_id=amend_id)
                self.played.count("repeated amend id")
                return
        self.played.check(False, f"{order.operation_id} was never acknowledged and could not be amended")

    async def _repeats(self, plan: Sequence[tuple[Kind, int]]) -> None:
        for kind, number in plan:
            operation_id = self._id(kind, number)
            known = await self._client.order(operation_id)
            if known is None:
                self.played.check(False, f"{operation_id} was sent and is not known")
                continue
            again = await self._client.submit(self._sent[operation_id])
            self.played.count("repeated operation id")
            self.played.check(again.order_id == known.order_id, f"{operation_id}: a repeat became another order")

    async def _conflicts(self, plan: Sequence[tuple[Kind, int]]) -> None:
        for kind, number in plan:
            other = Order()
            other.CopyFrom(self._sent[self._id(kind, number)])
            other.amount = "0.003"
            self.played.count("same operation id, other content")
            await self._must_be_refused(other, "OPERATION_CONFLICT")

    async def _cancel_before_submit(self, times: int) -> None:
        kind = Kind(
            "cancelled before it came", times, ends_as=frozenset({"REJECTED"}), reason_code="CANCELED_BEFORE_SUBMIT"
        )
        for number in range(times):
            order = self._order(kind, number)
            try:
                await self._client.cancel(order.operation_id, "changed my mind")
            except RefusedError as refusal:
                self.played.check(refusal.reason == "NOT_FOUND", f"{order.operation_id}: {refusal}")
            result = await self._submit(order, kind)
            self.played.check(result.reason_code == kind.reason_code, f"{order.operation_id}: {result.reason_code}")

    async def _halted(self, times: int) -> None:
        kind = Kind("while its strategy is halted", times, ends_as=frozenset({"REJECTED"}), reason_code="RISK_HALT")
        resting = Kind("rests through a halt", 1, reach="far", ends_as=frozenset({"CANCELED"}))
        rests = self._order(resting, 1)
        rests.strategy_id = _HALTED
        await self._submit(rests, resting)
        await self._client.halt("STRATEGY", _HALTED, "demonstration")
        for number in range(times):
            order = self._order(kind, number)
            order.strategy_id = _HALTED
            result = await self._submit(order, kind)
            self.played.check(result.reason_code == kind.reason_code, f"{order.operation_id}: {result.reason_code}")
        await self._client.cancel(rests.operation_id, "a halt never blocks a cancel")
        await self._client.resume("STRATEGY", _HALTED, "demonstration over")
        after = Kind("after the halt", 1, order_type="MARKET", reach="cross", ends_as=frozenset({"FILLED"}))
        order = self._order(after, 0)
        order.strategy_id = _HALTED
        await self._submit(order, after)

    async def _brackets(self, times: int) -> None:
        """An entry, a target far away and a stop that is met at once: the stop trades, and the target is taken back."""
        entry = Kind("entry of a bracket", times, order_type="MARKET", reach="cross", ends_as=frozenset({"FILLED"}))
        target = Kind("target of a bracket", times, reach="far", ends_as=frozenset({"CANCELED"}))
        stop = Kind("stop of a bracket", times, order_type="STOP_MARKET", reach="met", ends_as=frozenset({"FILLED"}))
        for number in range(times):
            first = self._order(entry, 2 * number)  # the next number is the other side of the same instrument
            exits = [self._order(kind, 2 * number + 1) for kind in (target, stop)]
            for order in (first, *exits):
                order.amount, order.strategy_id = "0.002", STRATEGIES[2]
            for order in exits:
                order.after_operation_id = order.oco_group = first.operation_id
            for order, kind in ((first, entry), (exits[0], target), (exits[1], stop)):
                await self._submit(order, kind)

    async def _over_rest(self, times: int) -> None:
        kind = Kind("market over REST", times, order_type="MARKET", ends_as=frozenset({"FILLED"}))
        async with httpx.AsyncClient(base_url=self._rest_url, timeout=10) as rest:
            for number in range(times):
                body: dict[str, Any] = {
                    "operation_id": self._id(kind, number),
                    "instrument_key": self._instruments[number % len(self._instruments)].key,
                    "side": "BUY" if number % 2 else "SELL",
                    "quantity": "0.002",  # the name that existing senders use
                    "price": None,
                    "order_type": "MARKET",
                    "strategy_id": STRATEGIES[0],
                }
                answer = await rest.post("/api/orders", json=body)
                self.played.count(kind.name)
                self.played.expected[body["operation_id"]] = kind
                self.played.check(
                    answer.status_code == httpx.codes.CREATED, f"REST: {answer.status_code} {answer.text}"
                )

    async def _must_be_refused(self, order: Order, reason: str) -> None:
        try:
            result = await self._client.submit(order)
        except RefusedError as refusal:
            self.played.check(refusal.reason == reason, f"{order.operation_id}: {refusal}")
        else:
            self.played.check(False, f"{order.operation_id}: {result.status} instead of {reason}")

    async def _submit(self, order: Order, kind: Kind) -> ExecutionResult:
        began_ns = time.perf_counter_ns()
        result = await self._client.submit(order)
        self.played.latencies_ns.append(time.perf_counter_ns() - began_ns)
        self.played.count(kind.name)
        self.played.expected[order.operation_id] = kind
        return result

    def _order(self, kind: Kind, number: int) -> Order:
        fitting = [one for one in self._instruments if one.key.venue not in kind.not_at]
        instrument = fitting[number // 2 % len(fitting)]
        order = order_of(kind, number, instrument, self._quote(instrument), self._chance, time.time_ns())
        order.operation_id = self._id(kind, number)
        self._sent[order.operation_id] = order
        return order

    def _id(self, kind: Kind, number: int) -> str:
        return f"{self._prefix}-{kind.name.replace(' ', '-').replace(',', '')}-{number}"

    def _quote(self, instrument: Instrument) -> Quote:
        quote = self._quotes.latest(instrument.key)
        if quote is None:
            raise LookupError(f"{instrument.key} has no quote; only quoted instruments are played")
        return quote
