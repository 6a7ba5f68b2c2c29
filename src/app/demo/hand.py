"""One trader's hand at a paper service: sends orders over the service's own door, and waits, bounded, for their end."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from decimal import Decimal
from typing import Final

from adapters.ticks import PAPER_VENUES, paper_instruments
from livexec.client import ExecutionClient, ExecutionResult
from livexec.v1.execution_pb2 import Order
from ports.instruments import Instrument, InstrumentKey
from ports.values import Side, plain, round_down

AMOUNT: Final = Decimal("0.01")  # of BTC
SLICE: Final = Decimal("0.002")  # a part of it that every paper venue takes
WITHIN_S: Final = 30.0
_AGAIN_S: Final = 0.01
_FAR: Final = Decimal("0.95")  # of the price: nothing fills there


class Hand:
    """Sends orders through `client`; every operation id begins with what its caller says."""

    def __init__(self, client: ExecutionClient) -> None:
        self.client = client

    async def market(
        self, operation_id: str, strategy: str, key: InstrumentKey, side: Side, amount: Decimal, *, reduce: bool = False
    ) -> ExecutionResult:
        """Send a market order and return it when it has ended.

        Raises:
            TimeoutError: it did not, in time.
        """
        order = Order(
            operation_id=operation_id,
            instrument_key=key,
            side=side,
            amount=plain(amount),
            order_type="MARKET",
            strategy_id=strategy,
            reduce_only=reduce,
        )
        await self.client.submit(order)
        return await self.until(operation_id, lambda one: one.is_terminal)

    async def hold(self, operation_id: str, strategy: str, key: InstrumentKey) -> Decimal:
        """Buy `AMOUNT` at the market and return the price; a venue whose market is not there yet is asked again.

        Raises:
            TimeoutError: it was not bought in time.
        """
        async with asyncio.timeout(WITHIN_S):
            for number in range(1_000_000):
                done = await self.market(f"{operation_id}-{number}", strategy, key, Side.BUY, AMOUNT)
                if done.average_price is not None and done.filled_amount == AMOUNT:
                    return done.average_price
                await asyncio.sleep(_AGAIN_S)
        raise TimeoutError(f"{operation_id} was never bought")

    async def rest(self, operation_id: str, strategy: str, listed: Instrument, near: Decimal) -> ExecutionResult:
        """Leave a bid far below the price `near`, and return it when its venue works it.

        Raises:
            TimeoutError: the venue did not take it in time.
        """
        order = Order(
            operation_id=operation_id,
            instrument_key=listed.key,
            side=Side.BUY,
            amount=plain(SLICE),
            price=plain(round_down(near * _FAR, listed.tick_size)),
            strategy_id=strategy,
        )
        await self.client.submit(order)
        return await self.until(operation_id, lambda one: one.status == "ACCEPTED" or one.is_terminal)

    async def until(self, operation_id: str, holds: Callable[[ExecutionResult], bool]) -> ExecutionResult:
        """Return an order as soon as something holds of it.

        Raises:
            TimeoutError: it did not, in time; says where the order is.
        """
        found: ExecutionResult | None = None
        try:
            async with asyncio.timeout(WITHIN_S):
                while found is None or not holds(found):
                    found = await self.client.order(operation_id)
                    if found is None or not holds(found):
                        await asyncio.sleep(_AGAIN_S)
        except TimeoutError:
            where = "nobody knows it" if found is None else found.status
            raise TimeoutError(f"{operation_id}: {where} after {WITHIN_S:.0f} s") from None
        return found

    async def until_flat(self, strategy: str = "") -> bool:
        """Say whether a strategy (or everybody) came to hold nothing and to have no open order, in time."""

        async def is_flat() -> bool:
            if await self.client.positions(strategy_id=strategy):
                return False
            return not [one async for one in self.client.orders(strategy_id=strategy, open_only=True)]

        return await _comes_true(is_flat)


async def _comes_true(holds: Callable[[], Awaitable[bool]]) -> bool:
    try:
        async with asyncio.timeout(WITHIN_S):
            while not await holds():  # noqa: ASYNC110 - the service is another process
                await asyncio.sleep(_AGAIN_S)
    except TimeoutError:
        return False
    return True


def one_of_each_venue() -> Sequence[Instrument]:
    """Return the first instrument of each paper venue."""
    listed = paper_instruments()
    return [next(one for one in listed if one.key.venue == venue) for venue in PAPER_VENUES]
