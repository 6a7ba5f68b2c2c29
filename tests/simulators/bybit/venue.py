"""One simulated venue: exchange, keys, limits, streams, faults, and a log of all that it was asked."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from simulators.binance_futures.faults import Faults
from simulators.bybit import names
from simulators.bybit.names import SPOT
from simulators.bybit.security import ApiKey, Limits
from simulators.bybit.streams import Streams
from simulators.exchange.core import Exchange
from simulators.exchange.orders import Contract

_KEPT_REQUESTS = 200_000
_PROTECTED = {"dcp.future": ("DERIVATIVES", "linear"), "dcp.spot": ("SPOT", "spot")}  # product and category by topic
_SILENT_S = 20  # a connection that says nothing for so long is taken for gone
_MAKER, _TAKER = Decimal("0.0002"), Decimal("0.00055")


def _linear(base: str, tick: str, lot: str, most: str) -> Contract:
    step = Decimal(lot)
    return Contract(
        symbol=f"{base}USDT",
        base=base,
        quote="USDT",
        tick=Decimal(tick),
        lot=step,
        min_quantity=step,
        max_quantity=Decimal(most),
        min_notional=Decimal(5),
        maker_rate=_MAKER,
        taker_rate=_TAKER,
    )


def _pair(base: str, tick: str, lot: str, least: str) -> Contract:
    return Contract(
        symbol=f"{base}USDT{SPOT}",
        base=base,
        quote="USDT",
        tick=Decimal(tick),
        lot=Decimal(lot),
        min_quantity=Decimal(least),
        max_quantity=Decimal(1000),
        min_notional=Decimal(5),
        maker_rate=Decimal("0.001"),
        taker_rate=Decimal("0.001"),
        is_spot=True,
    )


CONTRACTS = (
    _linear("BTC", "0.10", "0.001", "1190.000"),
    _linear("ETH", "0.01", "0.01", "7240.00"),
    _linear("SOL", "0.010", "0.1", "83590.0"),
    _pair("BTC", "0.1", "0.000001", "0.000011"),
    _pair("ETH", "0.01", "0.00001", "0.00018"),
)


@dataclass(slots=True, kw_only=True)
class Asked:
    """One request, by HTTP or on a trade websocket, as it came, and how it was answered (None: not, or not yet)."""

    at_ms: int
    method: str  # GET and POST; WS for operations
    path: str
    params: dict[str, Any]
    status: int | None = None
    code: int | None = None
    was_carried_out: bool = False

    @property
    def client_order_id(self) -> str:
        return str(self.params.get("orderLinkId", ""))

    @property
    def is_new_order(self) -> bool:
        return (self.method, self.path) in (("WS", "order.create"), ("POST", "/v5/order/create"))


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
    keys: dict[str, ApiKey]
    is_in_maintenance: bool = False
    asked: deque[Asked] = field(default_factory=lambda: deque(maxlen=_KEPT_REQUESTS))
    windows_s: dict[tuple[str, str], int] = field(default_factory=dict)  # of disconnection protection, by product

    def attend(self, account: str, topic: str, *, is_there: bool) -> None:
        """Count anew how long an account's orders of a product are left without a connection that follows `topic`.

        One that is there may still fall silent, which the venue takes for gone after a while.
        """
        product, category = _PROTECTED[topic]
        within_s = self.windows_s.get((account, product), 0)
        if within_s and is_there:
            within_s += _SILENT_S
        self._arm(account, category, within_s)

    def leave(self, account: str, topic: str) -> None:
        """Protect an account's orders of a product no more, until a connection follows `topic` again."""
        self._arm(account, _PROTECTED[topic][1], 0)

    def _arm(self, account: str, category: str, within_s: int) -> None:
        for contract in self.exchange.contracts.values():
            if names.category_of(contract) == category:
                self.exchange.arm(account, contract.symbol, within_s * 1_000)


def make_venue(keys: Iterable[ApiKey], wallet: Decimal) -> Venue:
    """Make a venue with one unified account a key, each with `wallet` USDT."""
    clock, faults = Clock(), Faults()
    exchange = Exchange(CONTRACTS, clock, ends_unfit=True)
    by_key = {one.key: one for one in keys}
    for one in by_key.values():
        exchange.open_account(one.account, "USDT", wallet)
    return Venue(clock, exchange, faults, Limits(), Streams(exchange, faults, clock), by_key)
