"""Interactive Brokers as a ground of the conformance suites: sessions of the plugin, at a TWS that fails on command."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from decimal import Decimal
from importlib import import_module
from typing import TYPE_CHECKING, Final

from plugins.conformance import Fault, Ground
from ports.instruments import Instrument
from ports.requests import SendOrder
from ports.values import ClientOrderId, Price, Quantity
from ports.venue import VenueFactory, VenueSession

from simulators.ibkr.trader import FUTURE
from simulators.process import SimulatedVenue

if TYPE_CHECKING:
    from livexec_ibkr.pacing import Pace

_OFTEN: Final = 1_000
_PLENTY: Final = 1_000_000
_FEW: Final = 20
_QUESTIONS: Final = ("reqAllOpenOrders", "reqCompletedOrders", "reqExecutions")
_ORDER: Final = "placeOrder"
_MESSAGES: Final = ("openOrder", "orderStatus", "execDetails", "commissionReport")
type Command = tuple[str, Mapping[str, object]]


def _fault(where: str, kind: str, **fields: object) -> Command:
    return "fault", {"where": where, "kind": kind, **fields}


_COMMANDS: Final[Mapping[Fault, tuple[Command, ...]]] = {
    Fault.UNANSWERED: tuple(_fault(one, "no_answer", times=_OFTEN, late=False) for one in _QUESTIONS),
    Fault.UNKNOWN_FIELDS: tuple(_fault(one, "decorate", times=_OFTEN) for one in _MESSAGES),
    Fault.ANSWER_LOST: (_fault(_ORDER, "no_answer"),),
    Fault.ORDER_LOST: (_fault(_ORDER, "no_answer", late=False),),
    Fault.IN_TROUBLE: (_fault(_ORDER, "error", status=504, body="Not connected"),),
    Fault.REFUSED: (_fault(_ORDER, "error", status=201, body="Order rejected - reason:No trading", late=False),),
    Fault.CONNECTION_TORN: (_fault(_ORDER, "tear"),),
    Fault.HUNG_UP: (("hang_up", {}),),
    Fault.TWICE: tuple(_fault(one, "duplicate", times=_OFTEN) for one in _MESSAGES),
    Fault.REORDERED: (_fault("execDetails", "hold"),),
    Fault.MISSING: (_fault("execDetails", "drop"), _fault("orderStatus", "drop")),
    Fault.SILENT: (("silent", {"silent": True}),),
    Fault.CLOCK_AHEAD: (("clock", {"offset_ms": 3_600_000}),),
    Fault.THROTTLED: (("limits", {"messages_a_second": _FEW}),),
}


class IbkrGround(Ground):
    """A future: 50 units of its index a contract."""

    resting = Price(Decimal(4_900))
    instrument = Instrument(
        key=FUTURE,
        tick_size=Price(Decimal("0.25")),
        lot_size=Quantity(Decimal(50)),
        min_quantity=Quantity(Decimal(50)),
    )

    def __init__(self, venue: SimulatedVenue, package: str) -> None:
        self.venue = venue
        self._parts = {
            name: import_module(f"{package}.{name}") for name in ("pacing", "factory", "session", "settings")
        }
        self.factory: VenueFactory = self._parts["factory"].IbkrFactory()
        self.settings: Mapping[str, str] = settings_of(venue, client_id="8")  # TWS takes each number once at a time
        self._skipped_s = 0.0
        self.pace: Pace = self._parts["pacing"].Pace(_PLENTY, lambda: time.monotonic() + self._skipped_s)

    def session(self) -> VenueSession:
        """With room in plenty: every check connects anew, and quickly."""
        settings = self._parts["settings"].IbkrSettings.read(settings_of(self.venue))
        made: VenueSession = self._parts["session"].IbkrSession(settings, time.time_ns, self.pace)
        return made

    async def trade(self, order: SendOrder, quantity: Quantity) -> None:
        await self.venue.command("fill", client_order_id=order.client_order_id, quantity=str(quantity))

    async def arrivals(self, name: ClientOrderId) -> int:
        return len(await self.venue.orders(name))

    async def fault(self, fault: Fault) -> None:
        for name, body in _COMMANDS[fault]:
            await self.venue.command(name, **body)
        if fault is Fault.THROTTLED:
            self._skipped_s += 1.0  # what earlier checks sent is over; the venue counts by connection
            self.pace.resize(_FEW)

    async def calm(self) -> None:
        await self.venue.command("calm")
        await self.venue.command("limits", messages_a_second=_PLENTY)
        self.pace.resize(_PLENTY)


def settings_of(venue: SimulatedVenue, **more: str) -> Mapping[str, str]:
    """Return what the plugin is told to trade there."""
    host, _, port = venue.ws.partition(":")
    return {
        "host": host,
        "port": port,
        "client_id": "7",
        "instruments": FUTURE,
        "answer_s": "1.2",
        "throttle_s": "0.3",
        "probe_s": "0.3",
        "commission_s": "0.5",
    } | more


@asynccontextmanager
async def ibkr_ground(package: str = "livexec_ibkr") -> AsyncIterator[Ground]:
    """Start a simulator, and end it. `package` is the plugin."""
    venue = await SimulatedVenue.start("ibkr")
    try:
        yield IbkrGround(venue, package)
    finally:
        await venue.stop()
