"""A strategy that trades at a simulated venue through the shipped client, at a pace that is given to it."""

from __future__ import annotations

import asyncio
from random import Random

from chaos.grounds import Ground, PluginGround
from end_to_end.traders import Tally
from livexec.client import ExecutionClient, ExecutionResult, Order


class Strategy:
    """Orders of every kind that the venue takes, drawn by lot; each step costs one of `pace`."""

    def __init__(
        self, client: ExecutionClient, name: str, tally: Tally, pace: asyncio.Semaphore, ground: Ground | PluginGround
    ) -> None:
        self._client = client
        self._traded = ground.traded
        self._name = name
        self._tally = tally
        self._pace = pace
        self._chance = Random(name)
        self._sent: list[Order] = []
        self._resting: list[str] = []

    async def trade(self) -> None:
        """Go on until it is over."""
        while True:
            await self._pace.acquire()
            if self._tally.over:
                return
            what = self._chance.choices(
                [self._market, self._immediate, self._near, self._far, self._cancel, self._repeat],
                [25, 10, 25, 15, 15, 10],
            )[0]
            await what()

    async def _market(self) -> None:
        await self._submit("market", self._order())

    async def _immediate(self) -> None:
        await self._submit("IOC", self._order(1.0, "IOC"))

    async def _near(self) -> None:
        await self._rest("limit near the market", self._order(1.0))

    async def _far(self) -> None:
        await self._rest("limit far away", self._order(0.8))

    async def _rest(self, what: str, order: Order) -> None:
        if not (await self._submit(what, order)).is_terminal:
            self._resting.append(order.operation_id)

    async def _cancel(self) -> None:
        if not self._resting:
            return
        operation_id = self._resting.pop(self._chance.randrange(len(self._resting)))
        async with self._tally.asking("cancel"):
            result = await self._client.cancel(operation_id, "by lot")
        if not result.is_terminal:
            self._tally.canceled.add(operation_id)

    async def _repeat(self) -> None:
        if self._sent:
            await self._submit("repeated operation id", self._chance.choice(self._sent), keep=False)

    def _order(self, of_the_market: float | None = None, time_in_force: str = "GTC") -> Order:
        side, key = self._chance.choice(("BUY", "SELL")), self._chance.choice(list(self._traded))
        traded = self._traded[key]
        price = ""
        if of_the_market is not None:
            middle = traded.cents * (of_the_market if side == "BUY" else 2 - of_the_market)
            ticks = (int(middle) + self._chance.randint(-traded.near, traded.near)) // traded.tick
            price = f"{ticks * traded.tick // 100}.{ticks * traded.tick % 100:02d}"
        return Order(
            operation_id=f"{self._name}-{len(self._sent)}",
            instrument_key=key,
            side=side,
            amount=self._chance.choice(traded.amounts),
            price=price,
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
