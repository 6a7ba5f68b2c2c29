"""What happens before and between the two orders of a rule's case."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Final, Protocol

from app.rule_cases.words import (
    ACCOUNTS,
    BYBIT_PERP,
    INVERSE,
    PERP,
    SPOT,
    quote,
    set_limits,
    statement,
    submit,
    traded,
)
from ports.actor import Outcome, Told
from ports.commands import SubmitOrder
from ports.instruments import InstrumentKey


class Desk(Protocol):
    """Who takes part in a conversation with the book of record: it hands over messages, and moves the clock."""

    now_ns: int

    def receive(self, message: Told) -> Outcome:
        """Hand over one message."""

    def pass_time(self, seconds: float = 0, *, ns: int = 0) -> object:
        """Move the clock, delivering every wake-up that falls due on the way."""


type Happening = Callable[[Desk], object]


FLAT: Final[dict[InstrumentKey, str]] = {PERP: "50000", BYBIT_PERP: "50000", SPOT: "2000", INVERSE: "50000"}


def nothing(desk: Desk) -> None:
    """Let nothing happen."""


@dataclass(frozen=True, kw_only=True)
class RuleCase:
    """Limits under which `passes` goes out; after what happens `between`, the rule alone refuses `refused`."""

    limits: dict[str, Any]
    passes: SubmitOrder
    refused: SubmitOrder
    value: str
    limit: str
    remedy: str  # a part of what the refusal says would pass
    before: Happening = nothing
    between: Happening = nothing

    def play(self, desk: Desk) -> None:
        """Bring a desk to where `refused` is refused; bid and ask are the same at first, so that sums are round."""
        for key, price in FLAT.items():
            desk.receive(quote(key, price, price))
        desk.receive(set_limits(**self.limits))
        self.before(desk)
        desk.receive(self.passes)
        self.between(desk)


def told(*messages: Any) -> Happening:
    """Tell a desk something."""
    return lambda desk: [desk.receive(message) for message in messages]


def quoted(bid: str, ask: str) -> Happening:
    """A fresh quote of the perpetual."""
    return lambda desk: desk.receive(quote(PERP, bid, ask, desk.now_ns))


def skewed(ms: int) -> Happening:
    """The venue's clock is so far behind ours."""
    return lambda desk: desk.receive(
        replace(quote(PERP, "49999.9", "50000.1", desk.now_ns), event_time_ns=desk.now_ns - ms * 1_000_000)
    )


def quoted_ago(ms: int) -> Happening:
    """The newest quote of the perpetual is so old."""

    def happen(desk: Desk) -> None:
        NEAR(desk)
        desk.pass_time(ns=ms * 1_000_000)

    return happen


def fell_from_its_highest(desk: Desk) -> None:
    """A decision saw 2000 USD more; then the market fell by half of that."""
    HELD(desk)
    quoted("51999.9", "52000.1")(desk)
    desk.receive(submit("higher", buy="0.002", at="50000"))
    quoted("50999.9", "51000.1")(desk)


def went_up(desk: Desk) -> None:
    """The market rose by a hundredth."""
    NEAR(desk)
    quoted("50499.9", "50500.1")(desk)


def funded(desk: Desk) -> None:
    """The venue says what there is, of which another program's order holds back a hundred."""
    account = ACCOUNTS[SPOT]
    desk.receive(statement(account, desk.now_ns, balances={"USDT": ("10100", "10000"), "ETH": ("1", "1")}))


NEAR: Final = quoted("49999.9", "50000.1")
HELD: Final = told(submit("held", buy="1"), traded("held", "t-held", "1"))


def lost_a_thousand(desk: Desk) -> None:
    """One is held, and the market fell by 1000 USD."""
    HELD(desk)
    quoted("48999.9", "49000.1")(desk)
