"""The venues where chaos can be had: what is traded there, and how a configuration names it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from app.simulated import venues
from app.simulated.venues import Simulated, configuration

from simulators.okx_account import ETH_SPOT, SITE
from simulators.process import SimulatedVenue
from simulators.sites import BYBIT, FUTURES, SPOT, Site

LIMITS: Mapping[str, Any] = {
    "max_orders_per_second": 100_000,
    "max_order_quantity": {"*": "1"},
    "max_order_value": "100000",
    "max_position_per_instrument": {"*": "1000"},
    "max_total_notional": "100000000",
}


@dataclass(frozen=True, slots=True)
class Ground:
    """One simulated venue: what tests call things there, and how a configuration does."""

    site: Site
    simulated: Simulated

    @property
    def bitcoin(self) -> str:
        """The instrument key that most is traded of."""
        return str(self.site.btc)

    @property
    def ether(self) -> str:
        """The other one."""
        return str(self.site.eth)

    @property
    def keys(self) -> Mapping[str, str]:
        """Instrument keys by the venue's symbols."""
        return self.simulated.keys

    def config(self, venue: SimulatedVenue) -> dict[str, Any]:
        """Return a configuration that trades live at the simulator."""
        return configuration({self.simulated.account: venue}, LIMITS)


GROUNDS: Mapping[str, Ground] = {
    "binance_futures": Ground(FUTURES, venues.BINANCE_FUTURES),
    "binance_spot": Ground(SPOT, venues.BINANCE_SPOT),
    "bybit": Ground(BYBIT, venues.BYBIT),
    "okx": Ground(replace(SITE, eth=ETH_SPOT), venues.OKX),
}
