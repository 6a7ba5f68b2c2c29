"""An actor: message in, Outcome out; pure, synchronous, and the same under every runtime."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Protocol

from ports.commands import (
    AdjustPosition,
    AmendOrder,
    ApproveLimits,
    BustTrade,
    CancelAll,
    CancelOrder,
    CheckOrder,
    CloseStream,
    LiftHalt,
    OpenStream,
    RaiseHalt,
    ResolveBreak,
    SetLimits,
    SubmitOrder,
    TransferPosition,
)
from ports.facts import Fact
from ports.market_data import MarketNews
from ports.recall import LoadedOrders, LoadOrders
from ports.records import record
from ports.replies import Reply
from ports.reports import Report
from ports.requests import Request, WakeUp

type Command = (
    SubmitOrder
    | CheckOrder
    | CancelOrder
    | AmendOrder
    | CancelAll
    | RaiseHalt
    | LiftHalt
    | SetLimits
    | ApproveLimits
    | AdjustPosition
    | TransferPosition
    | BustTrade
    | ResolveBreak
    | OpenStream
    | CloseStream
)
type Told = Command | Report | WakeUp | MarketNews


@record
class Recalled:
    """A message that was handed over before, now with what was `asked` for its sake, and what of that was found."""

    message: Told
    asked: LoadOrders
    found: LoadedOrders


type Message = Told | Recalled


def told(message: Message) -> Told:
    """Return a message as it was handed over first."""
    return message.message if isinstance(message, Recalled) else message


@dataclass(slots=True, kw_only=True)
class Outcome:
    """What one message led to: facts (now true), requests (to do in the world), replies (to its sender).

    The runtime makes the facts durable first, and only then releases requests and replies. Where `awaits` is given,
    nothing else is: the message is handed over again (`Recalled`) when that was read back.
    """

    facts: tuple[Fact, ...] = ()
    requests: tuple[Request, ...] = ()
    replies: tuple[Reply, ...] = ()
    awaits: LoadOrders | None = None


class Actor(Protocol):
    """One owner of state. Reads no clock, opens nothing, logs nothing; its state changes only in `apply`.

    The market (newest quotes and depth, public trades, volume profiles) is the one exception: an input that decisions
    read and copy into their facts.
    """

    @property
    def name(self) -> str:
        """What the journal calls this actor."""

    @property
    def sequence(self) -> int:
        """How many facts made this state; shows whether a message that raised had changed anything."""

    def start(self, epoch: int, program: str, now_ns: int) -> Outcome:
        """Open an epoch after the journal has been folded; called once, before any message."""

    def receive(self, message: Message, now_ns: int) -> Outcome:
        """Decide, apply the facts decided, and return the Outcome. `now_ns` never decreases."""

    def quarantine(self, message: Message, error: str, now_ns: int) -> Outcome:
        """Set aside a message that made `receive` raise; called on a state that this message did not touch."""

    def apply(self, facts: Iterable[Fact]) -> None:
        """Fold facts of the journal into the state, in their order."""

    def state(self) -> Any:
        """Return everything that facts made, to be kept and given to `restore`; plain data and objects of the core."""

    def restore(self, state: Any) -> None:
        """Take over what `state` returned, as if its facts had been folded; called on an actor without any."""
