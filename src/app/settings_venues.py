"""The venues that can be traded live, by the names that configurations have for them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from ports.instruments import InstrumentKey, InstrumentType


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveVenue:
    """What can be traded at one venue, in keys and in words; and what is where a configuration names nothing."""

    venue: str
    types: tuple[InstrumentType, ...]
    tradable: str
    usual: tuple[str, ...]

    def trades(self, key: InstrumentKey) -> bool:
        """Say whether orders of an instrument can go there."""
        return key.venue == self.venue and key.type in self.types and not key.is_inverse

    @property
    def account(self) -> str:
        """The account's name where a configuration gives none."""
        return f"{self.venue}-MAIN"


LIVE_VENUES: Final[Mapping[str, LiveVenue]] = {
    "BINANCE_FUTURES": LiveVenue(
        venue="BINANCE-FUTURES",
        types=(InstrumentType.PERPETUAL, InstrumentType.FUTURE),
        tradable="linear perpetual or future",
        usual=("BINANCE-FUTURES:PERPETUAL:BTC-USDT@LIN", "BINANCE-FUTURES:PERPETUAL:ETH-USDT@LIN"),
    ),
    "BINANCE_SPOT": LiveVenue(
        venue="BINANCE-SPOT",
        types=(InstrumentType.SPOT_PAIR,),
        tradable="spot pair",
        usual=("BINANCE-SPOT:SPOT_PAIR:BTC-USDT", "BINANCE-SPOT:SPOT_PAIR:ETH-USDT"),
    ),
    "BYBIT": LiveVenue(
        venue="BYBIT",
        types=(InstrumentType.PERPETUAL, InstrumentType.SPOT_PAIR),
        tradable="linear perpetual or spot pair",
        usual=("BYBIT:PERPETUAL:BTC-USDT@LIN", "BYBIT:PERPETUAL:ETH-USDT@LIN"),
    ),
    "OKX": LiveVenue(
        venue="OKX",
        types=(InstrumentType.SPOT_PAIR, InstrumentType.PERPETUAL),
        tradable="spot pair or linear perpetual",
        usual=(
            *("OKX:PERPETUAL:BTC-USDT@LIN", "OKX:PERPETUAL:ETH-USDT@LIN"),
            *("OKX:SPOT_PAIR:BTC-USDT", "OKX:SPOT_PAIR:ETH-USDT"),
        ),
    ),
}
