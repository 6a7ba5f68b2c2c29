"""Deribit as a ground of the conformance suites: the plugin's own sessions, at a simulator that fails on command."""

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

from simulators.deribit.trader import PERPETUAL
from simulators.process import SimulatedVenue

if TYPE_CHECKING:
    from livexec_deribit.credits import Credits

_OFTEN: Final = 1_000
_PLENTY: Final = (1e6, 1e9)
_FEW: Final = (6, 2)
_QUESTIONS: Final = (
    "private/get_order_state_by_label",
    "private/get_open_orders",
    "private/get_user_trades_by_currency_and_time",
)
_ORDER, _ORDERS, _TRADES = "private/buy", "user.orders", "user.trades"
type Command = tuple[str, Mapping[str, object]]


def _fault(where: str, kind: str, **fields: object) -> Command:
    return "fault", {"where": where, "kind": kind, **fields}


_COMMANDS: Final[Mapping[Fault, tuple[Command, ...]]] = {
    Fault.UNANSWERED: tuple(_fault(one, "no_answer", times=_OFTEN) for one in _QUESTIONS),
    Fault.UNKNOWN_FIELDS: tuple(_fault(one, "decorate", times=_OFTEN) for one in (_ORDERS, _TRADES)),
    Fault.ANSWER_LOST: (_fault(_ORDERS, "drop"), _fault(_TRADES, "drop"), _fault(_ORDER, "no_answer")),
    Fault.ORDER_LOST: (_fault(_ORDER, "no_answer", late=False),),
    Fault.IN_TROUBLE: (_fault(_ORDER, "error", status=11094, body="internal_server_error"),),
    Fault.REFUSED: (_fault(_ORDER, "error", status=10009, body="not_enough_funds", late=False),),
    Fault.CONNECTION_TORN: (_fault(_ORDER, "tear"),),
    Fault.HUNG_UP: (("hang_up", {}),),
    Fault.TWICE: tuple(_fault(one, "duplicate", times=_OFTEN) for one in (_ORDERS, _TRADES)),
    Fault.REORDERED: (_fault(_TRADES, "hold"),),
    Fault.MISSING: (_fault(_ORDERS, "drop"), _fault(_TRADES, "drop")),
    Fault.SILENT: (("silent", {"silent": True}),),
    Fault.CLOCK_AHEAD: (("clock", {"offset_ms": 3_600_000}),),
    Fault.THROTTLED: (("limits", {"matching": _FEW}),),
}


class DeribitGround(Ground):
    """The inverse perpetual; amounts in USD."""

    resting = Price(Decimal(59_000))
    instrument = Instrument(
        key=PERPETUAL,
        tick_size=Price(Decimal("0.5")),
        lot_size=Quantity(Decimal(10)),
        min_quantity=Quantity(Decimal(10)),
        maker_fee_rate=Decimal(0),
        taker_fee_rate=Decimal("0.0005"),
    )

    def __init__(self, venue: SimulatedVenue, package: str) -> None:
        self.venue = venue
        self._parts = {
            name: import_module(f"{package}.{name}") for name in ("credits", "factory", "session", "settings")
        }
        self.factory: VenueFactory = self._parts["factory"].DeribitFactory()
        self.settings: Mapping[str, str] = settings_of(venue)
        self.credit: Credits = self._parts["credits"].Credits(time.monotonic)
        for pool in (self.credit.matching, self.credit.general, self.credit.subscriptions, self.credit.listings):
            pool.resize(*_PLENTY)

    def session(self) -> VenueSession:
        """With credit in plenty: every check connects anew, and quickly."""
        settings = self._parts["settings"].DeribitSettings.read(self.settings)
        made: VenueSession = self._parts["session"].DeribitSession(settings, time.time_ns, self.credit)
        return made

    async def trade(self, order: SendOrder, quantity: Quantity) -> None:
        await self.venue.command("fill", client_order_id=order.client_order_id, quantity=str(quantity))

    async def arrivals(self, name: ClientOrderId) -> int:
        return len(await self.venue.orders(name))

    async def fault(self, fault: Fault) -> None:
        for name, body in _COMMANDS[fault]:
            await self.venue.command(name, **body)
        if fault is Fault.THROTTLED:
            self.credit.matching.resize(*_FEW)

    async def calm(self) -> None:
        await self.venue.command("calm")
        await self.venue.command("limits", matching=_PLENTY)
        self.credit.matching.resize(*_PLENTY)


def settings_of(venue: SimulatedVenue) -> Mapping[str, str]:
    """Return what the plugin is told to trade there."""
    return {
        "api_key": "simulated-key",
        "api_secret": "simulated-secret",
        "base_url": venue.ws,
        "instruments": PERPETUAL,
        "answer_s": "0.6",
        "throttle_s": "0.3",
        "probe_s": "0.3",
    }


@asynccontextmanager
async def deribit_ground(package: str = "livexec_deribit") -> AsyncIterator[Ground]:
    """Start a simulator with plenty of credit, and end it. `package` is the plugin."""
    venue = await SimulatedVenue.start("deribit")
    try:
        await venue.command("limits", matching=_PLENTY, general=_PLENTY, subscriptions=_PLENTY, listings=_PLENTY)
        yield DeribitGround(venue, package)
    finally:
        await venue.stop()
