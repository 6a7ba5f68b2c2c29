"""The venues where chaos can be had: what is traded there, and how a configuration names it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from app.simulated import venues
from app.simulated.venues import Simulated, configuration
from ports.values import AccountId

from simulators.ibkr.trader import FUND, SHARE
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
class Traded:
    """How an instrument is traded: where its price begins and how near to it orders are, in cents, and amounts."""

    cents: int
    near: int
    tick: int
    amounts: tuple[str, ...]


BITCOIN: Final = Traded(6_000_000, 3_000, 10, ("0.003", "0.005", "0.010"))
ETHER: Final = Traded(260_000, 300, 1, ("0.020", "0.050", "0.100"))


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
    def traded(self) -> Mapping[str, Traded]:
        """How each instrument is traded, by its key."""
        return {self.bitcoin: BITCOIN, self.ether: ETHER}

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


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What a plugin's venue calls its requests for orders and cancels, and its messages about orders."""

    name: str
    account: AccountId
    place: str
    cancel: str
    orders: str
    time_limits: Mapping[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class PluginGround:
    """A simulated venue that a plugin speaks to; `section` is its name in `external_adapters`."""

    site: Asked
    section: str
    traded: Mapping[str, Traded]
    keys: Mapping[str, str]
    limits: Mapping[str, Any]

    def config(self, venue: SimulatedVenue) -> dict[str, Any]:
        """Return a configuration that trades live at the simulator."""
        host, _, port = venue.ws.partition(":")
        section = {"host": host, "port": int(port), "instruments": list(self.traded)}
        return configuration({}, {**LIMITS, **self.limits}) | {"external_adapters": {self.section: section}}


IBKR: Final = PluginGround(
    site=Asked(
        name="ibkr",
        account=AccountId("IBKR-MAIN"),
        place="placeOrder",
        cancel="cancelOrder",
        orders="execDetails",
        time_limits={"messages_a_second": 1_000_000},
    ),
    section="INTERACTIVE_BROKERS",
    traded={SHARE: Traded(18_000, 50, 1, ("3", "5", "10")), FUND: Traded(50_000, 100, 1, ("2", "5", "10"))},
    keys={"265598": SHARE, "756733": FUND},
    limits={"max_order_quantity": {"*": "100"}},
)
EVERYWHERE: Mapping[str, Ground | PluginGround] = {**GROUNDS, "ibkr": IBKR}
