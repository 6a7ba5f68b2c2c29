"""The kill tree against the paper venues: every scope in every mode, and all scopes halted over a kill -9."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from app.demo.hand import AMOUNT, SLICE, Hand
from livexec.client import ExecutionClient, ExecutionResult
from ports.commands import HaltMode, HaltScope
from ports.instruments import Instrument
from ports.values import Side

HALTED: Final = "RISK_HALT"
_REASON: Final = "the risk scenario"
_LETS_SHRINK: Final = (HaltMode.REDUCE,)
_TAKES_BACK: Final = (HaltMode.CANCEL, HaltMode.FLATTEN)


@dataclass(slots=True)
class Branch:
    """One scope in one mode: what was seen of it, by name, and whether it was as it must be."""

    scope: HaltScope
    mode: HaltMode
    seen: dict[str, bool] = field(default_factory=dict)

    @property
    def ok(self) -> bool:
        """Whether everything was as it must be."""
        return all(self.seen.values()) and bool(self.seen)

    def plain(self) -> dict[str, Any]:
        """Return it as JSON values."""
        return {"ok": self.ok, "scope": str(self.scope), "mode": str(self.mode), "seen": dict(self.seen)}


class KillTree:
    """Halts one scope after another while orders work; `listed` has one instrument of each paper venue."""

    def __init__(self, client: ExecutionClient, listed: Sequence[Instrument], say: Callable[[str], None]) -> None:
        self._hand = Hand(client)
        self._listed = listed
        self._say = say

    async def show(self, scope: HaltScope, place: int) -> list[Branch]:
        """Halt a scope in every mode, one after the other; `place` says which venue's turn it is.

        Raises:
            TimeoutError: an order came to no end in time.
        """
        self._say(f"halting by {scope}, in every mode")
        here = self._listed[place % len(self._listed)]
        there = self._listed[(place + 1) % len(self._listed)]
        return [await self._branch(scope, mode, here, there) for mode in HaltMode]

    async def _branch(self, scope: HaltScope, mode: HaltMode, here: Instrument, there: Instrument) -> Branch:
        hand, name, made = self._hand, f"{scope}-{mode}", Branch(scope, mode)
        price = await hand.hold(f"{name}-held", name, here.key)
        await hand.rest(f"{name}-rests", name, here, price)
        values = values_of(scope, name, here, (f"{name}-new", f"{name}-rests"))
        for value in values:
            made.seen["it is raised"] = await hand.client.halt(scope, value, _REASON, mode)
            made.seen["raised again it changes nothing"] = not await hand.client.halt(scope, value, _REASON, mode)
        new = await hand.market(f"{name}-new", name, here.key, Side.BUY, SLICE)
        made.seen["no new risk goes out"] = is_halted(new)
        if scope is not HaltScope.GLOBAL:
            other = await hand.market(f"{name}-outside", f"{name}-other", there.key, Side.BUY, SLICE)
            made.seen["what is not in it trades"] = other.status == "FILLED"
        if scope is not HaltScope.ORDER and mode is not HaltMode.FLATTEN:
            await self._reduce(made, name, here)
        await self._take_back(made, f"{name}-rests")
        if mode is HaltMode.FLATTEN and scope is not HaltScope.ORDER:
            made.seen["what was held is closed"] = await hand.until_flat("" if scope is HaltScope.GLOBAL else name)
        for value in values:
            made.seen["it is lifted"] = await hand.client.resume(scope, value, _REASON)
        again = await hand.market(f"{name}-again", name, here.key, Side.BUY, SLICE)
        made.seen["resumed, it trades"] = again.status == "FILLED"
        return made

    async def _reduce(self, made: Branch, name: str, here: Instrument) -> None:
        hand, shrinks = self._hand, made.mode in _LETS_SHRINK
        plain = await hand.market(f"{name}-shrinks", name, here.key, Side.SELL, SLICE)
        word = "what shrinks a position goes out" if shrinks else "what shrinks a position waits too"
        made.seen[word] = plain.status == "FILLED" if shrinks else is_halted(plain)
        turned = await hand.market(f"{name}-turns", name, here.key, Side.SELL, 2 * AMOUNT)
        made.seen["what would turn it round does not"] = is_halted(turned)
        closes = await hand.market(f"{name}-closes", name, here.key, Side.SELL, SLICE, reduce=True)
        made.seen["a reduce-only order goes out"] = closes.status == "FILLED"

    async def _take_back(self, made: Branch, rests: str) -> None:
        hand = self._hand
        if made.mode in _TAKES_BACK:
            ended = await hand.until(rests, lambda one: one.is_terminal)
            made.seen["what works is taken back"] = ended.status == "CANCELED"
            return
        working = await hand.client.order(rests)
        made.seen["what works is left alone"] = working is not None and not working.is_terminal
        await hand.client.cancel(rests, _REASON)
        ended = await hand.until(rests, lambda one: one.is_terminal)
        made.seen["a cancel passes"] = ended.status == "CANCELED"


def values_of(scope: HaltScope, strategy: str, here: Instrument, orders: Sequence[str]) -> Sequence[str]:
    """Return what to halt so that a scope covers a strategy's orders at one instrument."""
    match scope:
        case HaltScope.GLOBAL:
            return ("",)
        case HaltScope.VENUE:
            return (here.key.venue,)
        case HaltScope.ACCOUNT:
            return (f"PAPER-{here.key.venue}",)
        case HaltScope.INSTRUMENT:
            return (here.key,)
        case HaltScope.STRATEGY:
            return (strategy,)
        case HaltScope.ORDER:
            return orders


def is_halted(order: ExecutionResult) -> bool:
    """Say whether an order was refused because of a halt."""
    return order.status == "REJECTED" and order.reason_code == HALTED
