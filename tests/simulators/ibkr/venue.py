"""One simulated TWS: exchange, login, faults, and a log of all that it was asked."""

from __future__ import annotations

import time
from collections import deque
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from simulators.binance_futures.faults import Faults
from simulators.exchange.core import Exchange
from simulators.ibkr.contracts import LISTINGS, Listing
from simulators.ibkr.orders import Placed

ACCOUNT = "DU1234567"
_MONEY = Decimal(10_000_000)
_PLENTY = Decimal(1_000_000)
_FIRST_PERM = 1_910_000_000


@dataclass(slots=True)
class Clock:
    """TWS's clock: this machine's, and an offset on command."""

    offset_ms: int = 0

    def __call__(self) -> int:
        return time.time_ns() // 1_000_000 + self.offset_ms


@dataclass(slots=True, kw_only=True)
class Asked:
    """One message of a client, as it came."""

    at_ms: int
    client_id: int
    method: str
    fields: list[str]
    ref: str = ""
    is_new: bool = False  # a new order
    status: int | None = None  # of its answer, 200 or the code of an error; None: not answered


@dataclass(slots=True)
class Venue:
    """Everything that one process simulates."""

    clock: Clock
    exchange: Exchange
    faults: Faults
    listings: dict[int, Listing]
    accounts: tuple[str, ...] = (ACCOUNT,)
    placed: dict[tuple[int, int], Placed] = field(default_factory=dict)  # by client and number
    by_order: dict[int, Placed] = field(default_factory=dict)  # by the exchange's order id
    coming: Placed | None = None  # that is being placed
    is_muted: bool = False  # nothing is told of what is carried out now
    telling_late_ms: int = 0  # how late what is carried out now is told
    numbers: dict[int, int] = field(default_factory=dict)  # the highest number of an order, by client
    is_in_maintenance: bool = False
    turned_away_until_ms: int = 0
    is_read_only: bool = False
    has_lost_ib: bool = False
    splits_shares: bool = True
    holds_commissions: bool = False
    market_data: str = "live"  # what the account has subscribed to: live, delayed, none
    messages_a_second: float = 1_000_000.0
    margin_times: Decimal = Decimal(1)
    revisions: dict[int, tuple[int, Decimal]] = field(default_factory=dict)  # of trades: revision and price
    asked: deque[Asked] = field(default_factory=lambda: deque(maxlen=200_000))
    codes: list[int] = field(default_factory=list)
    perms: int = _FIRST_PERM

    def all_placed(self) -> list[Placed]:
        """Return every order, oldest first."""
        return sorted(self.placed.values(), key=lambda one: one.perm_id)

    @property
    def turns_away(self) -> bool:
        """Whether nobody may connect now."""
        return self.is_in_maintenance or self.clock() < self.turned_away_until_ms

    def named(self, name: str) -> Placed:
        """Return the newest order of a reference, or the one of a permanent id."""
        return next(one for one in reversed(self.all_placed()) if name == (one.ref or str(one.perm_id)))

    def price_of(self, trade: Any) -> tuple[int, Decimal]:
        """Return the newest revision of a trade and its price."""
        return self.revisions.get(trade.trade_id, (1, trade.price))

    def next_perm(self) -> int:
        self.perms += 1
        return self.perms


def make_venue() -> Venue:
    """Make a TWS whose login has one account with money."""
    clock = Clock()
    exchange = Exchange([one.contract for one in LISTINGS], clock, names_are_unique=False)
    exchange.open_account(ACCOUNT, "USD", _MONEY)
    for one in LISTINGS:
        exchange.quote(str(one.conid), one.price - one.tick, one.price + one.tick, _PLENTY, _PLENTY)
    return Venue(clock, exchange, Faults(), {one.conid: one for one in LISTINGS})
