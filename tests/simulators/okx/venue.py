"""One simulated venue: exchange, keys, limits, streams, faults, and a log of all that it was asked."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from simulators.binance_futures.faults import Faults
from simulators.exchange.core import Exchange
from simulators.okx.listings import LISTINGS, Listing
from simulators.okx.security import ApiKey, Limits
from simulators.okx.streams import Streams

_KEPT_REQUESTS = 200_000


@dataclass(slots=True, kw_only=True)
class Asked:
    """One request, as it came, and how it was answered (None: not, or not yet)."""

    at_ms: int
    method: str  # of HTTP, or WS
    path: str  # of HTTP, or the operation
    params: Mapping[str, Any]
    status: int | None = None
    code: str | None = None
    was_carried_out: bool = False

    @property
    def client_order_id(self) -> str:
        return str(self.params.get("clOrdId", ""))


@dataclass(slots=True)
class Clock:
    """The venue's clock: this machine's, and an offset on command."""

    offset_ms: int = 0

    def __call__(self) -> int:
        return time.time_ns() // 1_000_000 + self.offset_ms


@dataclass(slots=True)
class Venue:
    """Everything that one process simulates."""

    clock: Clock
    exchange: Exchange
    faults: Faults
    limits: Limits
    streams: Streams
    keys: Mapping[str, ApiKey]
    listings: Mapping[str, Listing]
    position_mode: str = "net_mode"
    is_in_maintenance: bool = False
    asked: deque[Asked] = field(default_factory=lambda: deque(maxlen=_KEPT_REQUESTS))

    @property
    def by_code(self) -> Mapping[int, Listing]:
        return {one.code: one for one in self.listings.values()}


def make_venue(keys: Iterable[ApiKey], wallet: Decimal) -> Venue:
    """Make a venue with one account a key, each with `wallet` USDT."""
    clock, faults = Clock(), Faults()
    listings = {one.contract.symbol: one for one in LISTINGS}
    exchange = Exchange([one.contract for one in LISTINGS], clock, ends_unfit=True)
    by_key = {one.key: one for one in keys}
    for one in by_key.values():
        exchange.open_account(one.account, "USDT", wallet)
    streams = Streams(exchange, faults, clock, listings)
    return Venue(clock, exchange, faults, Limits(), streams, by_key, listings)
