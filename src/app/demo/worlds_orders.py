"""The orders of the three worlds: of every instrument some that trade, some that are taken back, some amended."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Final

from livexec.client import ExecutionClient, RefusedError
from livexec.v1.execution_pb2 import Order
from ports.instruments import Instrument
from ports.market_data import QuoteReader
from ports.values import Price, Side, plain, round_down, round_up

_WORTH: Final = Decimal(20_000)  # about so much of each instrument, in its quote currency, but at least a lot
_FAR: Final = Decimal("0.9")  # of the bid: nothing trades there
_WAIT_S: Final = 0.02
_MOST_WAITS: Final = 1_000
_STRATEGY: Final = "worlds-v1"


@dataclass(slots=True)
class Worked:
    """What was sent, by kind; `surprises` ended otherwise than they had to."""

    counts: dict[str, int] = field(default_factory=dict)
    surprises: list[str] = field(default_factory=list)


async def work(
    client: ExecutionClient,
    quotes: QuoteReader,
    instruments: Sequence[Instrument],
    rounds: int,
    say: Callable[[str], None],
) -> Worked:
    """Work all venues at once, each one order after another; a position of every instrument is left."""
    worked = Worked()
    hands = [_Hand(client, quotes, one, worked) for one in instruments]
    venues = {one.venue: [hand for hand in hands if hand.venue == one.venue] for one in hands}
    for number in range(rounds):
        await asyncio.gather(*(_in_turn(mine, number) for mine in venues.values()))
        say(f"round {number + 1} of {rounds}: {sum(worked.counts.values())} orders")
    await client.halt("STRATEGY", _STRATEGY, "demonstration")
    await asyncio.gather(*(hand.is_halted(rounds) for hand in hands))
    await client.resume("STRATEGY", _STRATEGY, "demonstration over")
    return worked


async def _in_turn(hands: Sequence[_Hand], number: int) -> None:
    for hand in hands:
        await hand.work(number)


class _Hand:
    """Works one instrument."""

    def __init__(self, client: ExecutionClient, quotes: QuoteReader, instrument: Instrument, worked: Worked) -> None:
        self._client = client
        self._quotes = quotes
        self._instrument = instrument
        self._worked = worked
        self.venue = instrument.key.venue

    async def work(self, number: int) -> None:
        whole, part = self._amount(3), self._amount(1)
        await self._ends_as("FILLED", "market", await self._send("market", number, Side.BUY, whole))
        await self._ends_as("FILLED", "limit", await self._send("limit", number, Side.SELL, part, crosses=True))
        name = await self._send("canceled", number, Side.BUY, part)
        await self._client.cancel(name, "it has rested long enough")
        await self._ends_as("CANCELED", "canceled", name)
        name = await self._send("amended", number, Side.BUY, whole)
        await self._amend(name, part)
        await self._client.cancel(name, "it has rested long enough")
        await self._ends_as("CANCELED", "amended", name)

    async def is_halted(self, number: int) -> None:
        """Send one order while its strategy is halted."""
        await self._ends_as("REJECTED", "halted", await self._send("halted", number, Side.BUY, self._amount(1)))

    def _amount(self, lots: int) -> Decimal:
        one, quote = self._instrument, self._quotes.latest(self._instrument.key)
        if quote is None:
            raise LookupError(f"{one.key} has no quote")
        amount = _WORTH if one.key.is_inverse else round_down(_WORTH / quote.ask, Decimal("0.01"))
        step = max(one.lot_size, round_down(amount, one.lot_size))
        return max(step, one.min_quantity) * lots

    async def _send(self, kind: str, number: int, side: Side, amount: Decimal, *, crosses: bool = False) -> str:
        order = Order(
            operation_id=f"worlds-{self._instrument.key}-{kind}-{number}".replace("@", ".").replace(" ", ""),
            instrument_key=self._instrument.key,
            side=side,
            amount=plain(amount),
            strategy_id=_STRATEGY,
        )
        if kind != "market":
            order.price = plain(self._price(side, crosses=crosses))
        self._worked.counts[kind] = self._worked.counts.get(kind, 0) + 1
        await self._client.submit(order)
        return str(order.operation_id)

    def _price(self, side: Side, *, crosses: bool) -> Price:
        quote, tick = self._quotes.latest(self._instrument.key), self._instrument.tick_size
        if quote is None:
            raise LookupError(f"{self._instrument.key} has no quote")
        if crosses:
            return quote.touch(side)
        coarse = tick * 20  # on every grid that a venue may have at that price
        far = quote.bid * _FAR
        return Price(max(round_down(far, coarse), round_up(tick, coarse)))

    async def _amend(self, name: str, amount: Decimal) -> None:
        for _ in range(_MOST_WAITS):
            try:
                await self._client.amend(name, amount=amount)
            except RefusedError as refusal:
                if refusal.reason != "NOT_ACKNOWLEDGED":
                    self._worked.surprises.append(f"{name}: {refusal}")
                    return
                await asyncio.sleep(_WAIT_S)
            else:
                await self._until(name, lambda status: status == "ACCEPTED")
                return

    async def _ends_as(self, wanted: str, kind: str, name: str) -> None:
        ended = await self._until(name, lambda status: status in ("FILLED", "CANCELED", "REJECTED", "EXPIRED"))
        if ended != wanted:
            found = await self._client.order(name)
            why = "" if found is None else f"{found.reason_code} {found.error_message}"
            self._worked.surprises.append(f"{name} ({kind}) ended {ended}, not {wanted}: {why}")

    async def _until(self, name: str, holds: Callable[[str], bool]) -> str:
        status = ""
        for _ in range(_MOST_WAITS):
            found = await self._client.order(name)
            status = "" if found is None else str(found.status)
            if holds(status):
                break
            await asyncio.sleep(_WAIT_S)
        return status
