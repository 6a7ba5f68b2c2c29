"""One simulated spot venue: its pairs, its accounts, and what they began with."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal

from simulators.binance_futures.faults import Faults
from simulators.binance_futures.security import ApiKey
from simulators.binance_futures.venue import Clock, Front
from simulators.binance_spot.limits import SpotLimits
from simulators.binance_spot.streams import SpotStreams
from simulators.exchange.core import Exchange
from simulators.exchange.orders import Contract

type SpotVenue = Front[SpotStreams, SpotLimits]
MONEY = "USDT"
COINS: Mapping[str, Decimal] = {"BTC": Decimal(100), "ETH": Decimal(1000), "BNB": Decimal(1000)}  # to begin with
_RATE = Decimal("0.001")


def _pair(base: str, lot: str, most: int) -> Contract:
    return Contract(
        symbol=f"{base}{MONEY}",
        base=base,
        quote=MONEY,
        tick=Decimal("0.01"),
        lot=Decimal(lot),
        min_quantity=Decimal(lot),
        max_quantity=Decimal(most),
        min_notional=Decimal(5),
        maker_rate=_RATE,
        taker_rate=_RATE,
        is_spot=True,
    )


PAIRS = (_pair("BTC", "0.00001", 9_000), _pair("ETH", "0.0001", 9_000), _pair("BNB", "0.001", 900_000))


def make_venue(keys: Iterable[ApiKey], wallet: Decimal) -> SpotVenue:
    """Make a venue with one account a key, each with `wallet` USDT and some of every coin."""
    clock, faults = Clock(), Faults()
    exchange = Exchange(PAIRS, clock, ends_unfit=True)
    by_key = {one.key: one for one in keys}
    for one in by_key.values():
        exchange.open_account(one.account, MONEY, wallet).coins.update(COINS)
    return Front(clock, exchange, faults, SpotLimits(), SpotStreams(exchange, faults, clock), by_key)
