"""Strategies that go on trading through the shipped client, whatever happens to the service."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from random import Random

from livexec.client import ExecutionClient, ExecutionResult, Order, Patience, Update

PATIENCE = Patience(deadline_s=120.0, longest_pause_s=0.3)
WAIT_S = 60.0
SPOT = "BINANCE-SPOT:SPOT_PAIR:BTC-USDT"
LINEAR = "BINANCE-FUTURES:PERPETUAL:BTC-USDT@LIN"
_FAR = {"BUY": "30000", "SELL": "120000"}  # rests: far from a market near 60,000
_THROUGH = {"BUY": "120000", "SELL": "30000"}


@dataclass(slots=True)
class Tally:
    """What all traders of one service were told, and how many of their calls are under way."""

    orders: dict[str, str] = field(default_factory=dict)  # operation id to order id, as acknowledged
    canceled: set[str] = field(default_factory=set)  # operation ids of open orders whose cancel was acknowledged
    counts: Counter[str] = field(default_factory=Counter)
    updates: list[Update] = field(default_factory=list)
    ended: set[str] = field(default_factory=set)  # operation ids, by the updates
    in_flight: int = 0
    over: bool = False
    _steps: int = 0
    _stepped: asyncio.Event = field(default_factory=asyncio.Event)

    def step(self) -> None:
        """Something was sent or came back."""
        self._steps += 1
        self._stepped.set()

    async def more(self, steps: int) -> None:
        """Wait until so many more things were sent or came back."""
        until = self._steps + steps
        async with asyncio.timeout(WAIT_S):
            while self._steps < until:
                self._stepped.clear()
                await self._stepped.wait()

    def acknowledged(self, result: ExecutionResult) -> None:
        """An order was answered; a second answer must name the same order."""
        assert result.order_id
        known = self.orders.setdefault(result.operation_id, result.order_id)
        assert known == result.order_id, f"{result.operation_id} is {known} and {result.order_id}"

    @asynccontextmanager
    async def asking(self, what: str) -> AsyncIterator[None]:
        """Count one call while it is under way."""
        self.in_flight += 1
        self.step()
        try:
            yield
        finally:
            self.in_flight -= 1
        self.counts[what] += 1
        self.step()

    async def settled(self) -> None:
        """Wait until the watcher has seen the end of every order that was acknowledged."""
        async with asyncio.timeout(WAIT_S):
            while not self.orders.keys() <= self.ended:
                self._stepped.clear()
                await self._stepped.wait()


class Trader:
    """One strategy with orders of every kind, drawn by lot."""

    def __init__(self, client: ExecutionClient, name: str, tally: Tally) -> None:
        self._client = client
        self._name = name
        self._tally = tally
        self._chance = Random(name)
        self._sent: list[Order] = []
        self._resting: list[str] = []

    async def trade(self) -> None:
        """Go on until it is over."""
        while not self._tally.over:
            what = self._chance.choices(
                [self._market, self._immediate, self._rest, self._cancel, self._repeat, self._halted],
                [30, 15, 25, 15, 13, 2],
            )[0]
            await what()

    async def _market(self) -> None:
        await self._submit("market", self._order())

    async def _immediate(self) -> None:
        await self._submit("IOC", self._order(_THROUGH, "IOC"))

    async def _rest(self) -> None:
        order = self._order(_FAR)
        result = await self._submit("limit that rests", order)
        if not result.is_terminal:
            self._resting.append(order.operation_id)

    async def _cancel(self) -> None:
        if not self._resting:
            return
        operation_id = self._resting.pop(self._chance.randrange(len(self._resting)))
        async with self._tally.asking("cancel"):
            result = await self._client.cancel(operation_id, "it has rested long enough")
        if not result.is_terminal:
            self._tally.canceled.add(operation_id)

    async def _repeat(self) -> None:
        if self._sent:
            await self._submit("repeated operation id", self._chance.choice(self._sent), keep=False)

    async def _halted(self) -> None:
        async with self._tally.asking("halt"):
            await self._client.halt("STRATEGY", self._name, "by lot")
        result = await self._submit("while halted", self._order())
        assert (result.status, result.reason_code) == ("REJECTED", "RISK_HALT"), result
        async with self._tally.asking("resume"):
            await self._client.resume("STRATEGY", self._name, "by lot")

    def _order(self, prices: Mapping[str, str] | None = None, time_in_force: str = "GTC") -> Order:
        side = self._chance.choice(("BUY", "SELL"))
        return Order(
            operation_id=f"{self._name}-{len(self._sent)}",
            instrument_key=self._chance.choice((SPOT, LINEAR)),
            side=side,
            amount=self._chance.choice(("0.001", "0.002", "0.005")),
            price=prices[side] if prices else "",
            time_in_force=time_in_force,
            strategy_id=self._name,
        )

    async def _submit(self, what: str, order: Order, *, keep: bool = True) -> ExecutionResult:
        if keep:
            self._sent.append(order)
        async with self._tally.asking(what):
            result = await self._client.submit(order)
            self._tally.acknowledged(result)
        return result


async def watch(client: ExecutionClient, tally: Tally) -> None:
    """Write down every update from the journal's beginning; runs until it is cancelled."""
    async for update in client.watch(0):
        tally.updates.append(update)
        if update.result.is_terminal:
            tally.ended.add(update.result.operation_id)
        tally.step()
