"""Strategies that send to whoever leads, the same operation id until it is answered."""

from __future__ import annotations

import asyncio
from collections import Counter
from contextlib import suppress

from chaos.grounds import Ground
from end_to_end.traders import Tally
from livexec.client import ClientError, ExecutionClient, Order, Patience

ONCE = Patience(deadline_s=1.0, longest_pause_s=0.1)
PAUSE_S = 0.1  # between an answer and the next order


class Callers:
    """So many strategies, each with one order outstanding, at one after the other of `targets`."""

    def __init__(self, ground: Ground) -> None:
        self.targets: list[str] = []
        self.tally = Tally()
        self.refused: Counter[str] = Counter()  # reason codes of orders whose own answer said REJECTED
        self.taken: set[str] = set()  # operation ids of all others
        self._ground = ground
        self._accepted = asyncio.Event()
        self._over = asyncio.Event()

    async def trade(self, number: int) -> None:
        """Send one order after another until it is over."""
        count, which = 0, 0
        while not self.tally.over:
            count += 1
            order = Order(
                operation_id=f"standby-{number}-{count}", instrument_key=self._ground.bitcoin,
                side="BUY" if count % 2 else "SELL", amount="0.003", strategy_id=f"standby-{number}",
            )  # fmt: skip
            while not self.tally.over:
                with suppress(ClientError):
                    async with ExecutionClient(self.targets[which % len(self.targets)], patience=ONCE) as client:
                        result = await client.submit(order)
                    self.tally.acknowledged(result)
                    if result.status == "REJECTED":
                        self.refused[result.reason_code] += 1
                    else:
                        self.taken.add(result.operation_id)
                        self._accepted.set()
                    break
                which += 1
            with suppress(TimeoutError):
                async with asyncio.timeout(PAUSE_S):
                    await self._over.wait()

    async def next_accepted(self, within_s: float) -> None:
        """Wait for an order that is taken from now on."""
        self._accepted.clear()
        async with asyncio.timeout(within_s):
            await self._accepted.wait()

    def end(self) -> None:
        """Send no more."""
        self.tally.over = True
        self._over.set()
