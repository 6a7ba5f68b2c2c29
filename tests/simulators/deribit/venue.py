"""One simulated Deribit: exchange, users, tokens, limits, streams, faults, and a log of all that it was asked."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from simulators.binance_futures.faults import Faults
from simulators.deribit.contracts import CURRENCIES, LISTINGS, Listing
from simulators.deribit.security import ApiKey, Limits, Tokens
from simulators.deribit.waiting import Waiting
from simulators.exchange.core import Exchange
from simulators.exchange.orders import Account, Order, Trade

_KEPT_REQUESTS = 200_000
_ORDERS_RECENT_MS = 30 * 60_000
_DAY_MS = 86_400_000
_DAY_ENDS_MS = 8 * 3_600_000  # after midnight UTC
TRADES_RECENT_MS = 24 * 3_600_000
USER_ID = 96_103


@dataclass(slots=True, kw_only=True)
class Asked:
    """One request, as it came, and how it was answered (code None: with a result, not, or not yet)."""

    at_ms: int
    method: str
    params: dict[str, Any]
    code: int | None = None
    was_carried_out: bool = False

    @property
    def label(self) -> str:
        return str(self.params.get("label", ""))


@dataclass(slots=True)
class Clock:
    """The venue's clock: this machine's, and an offset on command."""

    offset_ms: int = 0

    def __call__(self) -> int:
        return time.time_ns() // 1_000_000 + self.offset_ms


@dataclass(slots=True, kw_only=True)
class Meta:
    """What the venue keeps of an order, besides what any exchange does."""

    label: str = ""
    order_type: str = "limit"
    time_in_force: str = "good_til_cancelled"
    post_only: bool = False
    reject_post_only: bool = False
    shown: Decimal | None = None  # at a time; None: all of it
    api: bool = True
    replaced: bool = False
    cancel_reason: str = ""
    connection: object = None  # that it was placed over
    spawned_by: str = ""  # the trigger order whose work it does


@dataclass(slots=True)
class Venue:
    """Everything that one process simulates."""

    clock: Clock
    exchange: Exchange
    faults: Faults
    limits: Limits
    tokens: Tokens
    listings: Mapping[str, Listing]
    metas: dict[int, Meta] = field(default_factory=dict)  # by the exchange's order id
    coming: Meta = field(default_factory=Meta)  # of the order that is being placed
    waiting: list[Waiting] = field(default_factory=list)  # orders with a trigger, also those that wait no more
    tell_waiting: Callable[[Waiting], None] = lambda _: None
    sequences: dict[int, int] = field(default_factory=dict)  # trade_seq by trade id
    counts: dict[str, int] = field(default_factory=dict)  # newest trade_seq by instrument
    asked: deque[Asked] = field(default_factory=lambda: deque(maxlen=_KEPT_REQUESTS))
    is_in_maintenance: bool = False
    turned_away_until_ms: int = 0  # this address: no connection is taken

    def account(self, user: str, currency: str) -> Account:
        """Return a user's money of one currency."""
        return self.exchange.accounts[f"{user}/{currency}"]

    def accounts(self, user: str) -> Iterable[Account]:
        """Return all of a user's money."""
        return (one for name, one in self.exchange.accounts.items() if name.startswith(f"{user}/"))

    def orders(self, user: str) -> Iterable[Order]:
        """Return all of a user's orders, oldest first."""
        return sorted(
            (one for each in self.accounts(user) for one in each.orders.values()), key=lambda one: one.order_id
        )

    def trades(self, user: str) -> list[Trade]:
        """Return all of a user's trades, oldest first, but those that a fault hides."""
        hidden = self.faults.hidden_trades
        found = (one for each in self.accounts(user) for one in each.trades if one.trade_id not in hidden)
        return sorted(found, key=lambda one: one.trade_id)

    def meta(self, order: Order) -> Meta:
        """Return what is kept of an order."""
        return self.metas.setdefault(order.order_id, self.coming)

    def order_id(self, order_id: int, symbol: str) -> str:
        """Return an id as the venue writes it: those of BTC have no prefix."""
        currency = self.listings[symbol].currency
        return str(order_id) if currency == "BTC" else f"{currency}-{order_id}"

    def sequence(self, trade: Trade) -> int:
        """Return a trade's number within its instrument."""
        if trade.trade_id not in self.sequences:
            self.counts[trade.symbol] = self.counts.get(trade.symbol, 0) + 1
            self.sequences[trade.trade_id] = self.counts[trade.symbol]
        return self.sequences[trade.trade_id]

    def day_ends_ms(self) -> int:
        """Return when the venue's day ends."""
        return (self.clock() - _DAY_ENDS_MS) // _DAY_MS * _DAY_MS + _DAY_MS + _DAY_ENDS_MS

    def is_recent(self, order: Order) -> bool:
        """Whether an order is at hand without asking for history."""
        return order.is_open or order.update_ms > self.clock() - _ORDERS_RECENT_MS


def make_venue(keys: Iterable[ApiKey], token_lives_s: int = 900) -> Venue:
    """Make a venue with one user a key, each with money of every currency."""
    clock = Clock()
    listings = {one.name: one for one in LISTINGS}
    exchange = Exchange([one.contract for one in LISTINGS], clock, ends_unfit=True, names_are_unique=False)
    by_key = {one.key: one for one in keys}
    for key in by_key.values():
        for currency, amount in CURRENCIES.items():
            exchange.open_account(f"{key.user}/{currency}", currency, amount)
    venue = Venue(clock, exchange, Faults(), Limits(), Tokens(by_key, clock, token_lives_s), listings)
    for one in LISTINGS:
        if one.is_tradable:
            step = next((tick for above, tick in reversed(one.steps) if one.price > above), one.contract.tick)
            exchange.quote(one.name, one.price, one.price + step, Decimal(1_000_000), Decimal(1_000_000))
    return venue
