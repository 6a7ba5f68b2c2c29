"""One simulated venue: exchange, keys, limits, streams, faults, and a log of all that it was asked."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal

from simulators.binance_futures.faults import Faults
from simulators.binance_futures.security import ApiKey, Limits
from simulators.binance_futures.streams import Streams
from simulators.binance_futures.told import Told
from simulators.exchange.core import Exchange
from simulators.exchange.orders import Contract

_KEPT_REQUESTS = 200_000

CONTRACTS = (
    Contract(
        symbol="BTCUSDT",
        base="BTC",
        quote="USDT",
        tick=Decimal("0.10"),
        lot=Decimal("0.001"),
        min_quantity=Decimal("0.001"),
        max_quantity=Decimal(1000),
        min_notional=Decimal(100),
    ),
    Contract(
        symbol="ETHUSDT",
        base="ETH",
        quote="USDT",
        tick=Decimal("0.01"),
        lot=Decimal("0.001"),
        min_quantity=Decimal("0.001"),
        max_quantity=Decimal(10000),
        min_notional=Decimal(20),
    ),
    Contract(
        symbol="BNBUSDT",
        base="BNB",
        quote="USDT",
        tick=Decimal("0.010"),
        lot=Decimal("0.01"),
        min_quantity=Decimal("0.01"),
        max_quantity=Decimal(100000),
        min_notional=Decimal(5),
    ),
)


@dataclass(slots=True, kw_only=True)
class Asked:
    """One request, as it came, and how it was answered (None: not, or not yet)."""

    at_ms: int
    method: str
    path: str
    params: dict[str, str]
    arrived_ns: int = 0  # on this machine's monotonic clock, which processes share
    status: int | None = None
    code: int | None = None
    retry_after_s: int = 0
    was_carried_out: bool = False

    @property
    def client_order_id(self) -> str:
        return self.params.get("newClientOrderId", self.params.get("origClientOrderId", ""))


@dataclass(slots=True)
class Clock:
    """The venue's clock: this machine's, and an offset on command."""

    offset_ms: int = 0

    def __call__(self) -> int:
        return time.time_ns() // 1_000_000 + self.offset_ms


@dataclass(slots=True)
class Front[S: Told, L: Limits]:
    """Everything that one process simulates of one product; products differ in streams and limits."""

    clock: Clock
    exchange: Exchange
    faults: Faults
    limits: L
    streams: S
    keys: dict[str, ApiKey]
    is_in_maintenance: bool = False
    asked: deque[Asked] = field(default_factory=lambda: deque(maxlen=_KEPT_REQUESTS))


type Venue = Front[Streams, Limits]


def make_venue(keys: Iterable[ApiKey], wallet: Decimal) -> Venue:
    """Make a venue with one account a key, each with `wallet` USDT."""
    clock, faults = Clock(), Faults()
    exchange = Exchange(CONTRACTS, clock)
    by_key = {one.key: one for one in keys}
    for one in by_key.values():
        exchange.open_account(one.account, "USDT", wallet)
    return Front(clock, exchange, faults, Limits(), Streams(exchange, faults, clock), by_key)
