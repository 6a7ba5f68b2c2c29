"""All six scopes halted at once, the process killed in the middle of the flatten, and still halted after."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from app.demo.hand import SLICE, Hand
from app.demo.kill_tree import is_halted
from livexec.client import ExecutionClient
from ports.commands import HaltMode, HaltScope
from ports.instruments import Instrument
from ports.values import Side

_REASON: Final = "the risk scenario, over a kill -9"
_BY: Final = "killed"
_ORDER: Final = f"{_BY}-order"


@dataclass(frozen=True, slots=True)
class _Halt:
    """One halt, and an order that no narrower one covers."""

    scope: HaltScope
    value: str
    mode: HaltMode
    instrument: Instrument
    strategy: str
    order: str


def halts_over(listed: Sequence[Instrument]) -> Sequence[_Halt]:
    """Return a halt of every scope, the widest first, each with an instrument of its own where it needs one."""
    one, two, three, four = listed
    return (
        _Halt(HaltScope.GLOBAL, "", HaltMode.FLATTEN, one, f"{_BY}-any", f"{_BY}-any-order"),
        _Halt(HaltScope.VENUE, two.key.venue, HaltMode.CANCEL, two, f"{_BY}-any", f"{_BY}-venue-order"),
        _Halt(
            HaltScope.ACCOUNT, f"PAPER-{three.key.venue}", HaltMode.HALT, three, f"{_BY}-any", f"{_BY}-account-order"
        ),
        _Halt(HaltScope.INSTRUMENT, four.key, HaltMode.CANCEL, four, f"{_BY}-any", f"{_BY}-instrument-order"),
        _Halt(HaltScope.STRATEGY, f"{_BY}-one", HaltMode.REDUCE, one, f"{_BY}-one", f"{_BY}-strategy-order"),
        _Halt(HaltScope.ORDER, _ORDER, HaltMode.HALT, one, f"{_BY}-any", _ORDER),
    )


async def hold_and_halt(client: ExecutionClient, listed: Sequence[Instrument]) -> None:
    """Hold something and leave an order at every venue, then halt every scope, the flatten last.

    Raises:
        TimeoutError: an order came to no end in time.
    """
    hand = Hand(client)
    for place, one in enumerate(listed):
        price = await hand.hold(f"{_BY}-held-{place}", f"{_BY}-any", one.key)
        await hand.rest(f"{_BY}-rests-{place}", f"{_BY}-any", one, price)
    for halt in reversed(halts_over(listed)):
        await client.halt(halt.scope, halt.value, _REASON, halt.mode)


async def still_halted(client: ExecutionClient, listed: Sequence[Instrument]) -> Mapping[str, bool]:
    """Say what a service that was killed and started again still does; lift one halt after the other, the widest first.

    Raises:
        TimeoutError: an order came to no end in time.
    """
    hand, halts = Hand(client), halts_over(listed)
    seen = {"what was held is closed after the restart": await hand.until_flat()}
    for halt in halts:
        raised = await client.halt(halt.scope, halt.value, _REASON, halt.mode)
        seen[f"{halt.scope}: still in force, in mode {halt.mode}"] = not raised
    for halt in halts:
        refused = await hand.market(halt.order, halt.strategy, halt.instrument.key, Side.BUY, SLICE)
        seen[f"{halt.scope}: no new order goes out"] = is_halted(refused)
        seen[f"{halt.scope}: it is lifted"] = await client.resume(halt.scope, halt.value, _REASON)
        price = await hand.hold(f"{halt.order}-after", f"{_BY}-{halt.scope}", listed[0].key)
        seen[f"{halt.scope}: what nothing else halts trades"] = price > 0
    return seen
