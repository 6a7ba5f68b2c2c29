"""A trader of one live session at the simulated Bybit."""

from __future__ import annotations

from adapters.nautilus.bybit_settings import BybitSettings
from ports.instruments import InstrumentKey
from ports.requests import SendCancel
from ports.values import ClientOrderId
from ports.venue import VenueSession

from simulators.live_trader import LiveTrader
from simulators.process import SimulatedVenue
from simulators.sites import BYBIT

ACCOUNT, BTC, ETH = BYBIT.account, BYBIT.btc, BYBIT.eth
SPOT = InstrumentKey("BYBIT:SPOT_PAIR:BTC-USDT")
CREATE, AMEND = "WS order.create", "WS order.amend"
CANCEL = BYBIT.cancel


def settings_for(venue: SimulatedVenue, **fields: object) -> BybitSettings:
    """Return the settings that lead to a simulator."""
    made = BYBIT.settings(venue, fields)
    assert isinstance(made, BybitSettings)
    return made


async def start_venue(*options: str) -> SimulatedVenue:
    """Start a simulator whose limits keep no test waiting."""
    running = await SimulatedVenue.start("bybit", *options)
    await running.command("limits", **BYBIT.time_limits)
    return running


class BybitTrader(LiveTrader):
    """One connected session and what it reports."""

    def __init__(self, session: VenueSession, venue: SimulatedVenue) -> None:
        super().__init__(session, venue, BYBIT)

    async def cancel_of(self, client_order_id: ClientOrderId, instrument: InstrumentKey) -> None:
        account = self.session.account
        await self.session.cancel(
            SendCancel(account=account, instrument=instrument, client_order_id=client_order_id, venue_order_id=None)
        )
