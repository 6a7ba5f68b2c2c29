"""A trader of one live session at the simulated Bybit."""

from __future__ import annotations

from decimal import Decimal

from adapters.nautilus.bybit_settings import BybitSettings
from ports.instruments import InstrumentKey
from ports.reports import AmendRefused, AmendReport
from ports.requests import SendAmend, SendOrder
from ports.values import AccountId, ClientOrderId, Price, Quantity

from simulators.live_trader import LiveTrader
from simulators.process import SimulatedVenue

ACCOUNT = AccountId("BYBIT-MAIN")
BTC = InstrumentKey("BYBIT:PERPETUAL:BTC-USDT@LIN")
ETH = InstrumentKey("BYBIT:PERPETUAL:ETH-USDT@LIN")
SPOT = InstrumentKey("BYBIT:SPOT_PAIR:BTC-USDT")
CREATE, AMEND = "order.create", "order.amend"
CANCEL = "POST /v5/order/cancel"


def settings_for(venue: SimulatedVenue, **fields: object) -> BybitSettings:
    """Return the settings that lead to a simulator."""
    given: dict[str, object] = {
        "account": ACCOUNT,
        "api_key": "simulated-key",
        "api_secret": "simulated-secret",
        "instruments": (BTC, ETH),
        "base_url_http": venue.http,
        "base_url_ws": f"{venue.ws}/v5/public",
        "base_url_ws_private": f"{venue.ws}/v5/private",
        "base_url_ws_trade": f"{venue.ws}/v5/trade",
        "answer_s": 2.0,
        "probe_s": 0.5,
        "orders_per_second": 10_000,
    }
    return BybitSettings(**{**given, **fields})  # type: ignore[arg-type]  # checked by the settings


async def start_venue(*options: str) -> SimulatedVenue:
    """Start a simulator whose limits keep no test waiting."""
    running = await SimulatedVenue.start("bybit", *options)
    await running.command("limits", orders=100_000, questions=100_000, ip_5s=1_000_000)
    return running


class BybitTrader(LiveTrader):
    """One connected session and what it reports."""

    async def amend(
        self, client_order_id: ClientOrderId, quantity: str, price: str, instrument: InstrumentKey = BTC
    ) -> None:
        order = self.order()
        await self.session.amend(
            SendAmend(
                account=order.account,
                instrument=instrument,
                client_order_id=client_order_id,
                venue_order_id=None,
                side=order.side,
                quantity=Quantity(Decimal(quantity)),
                price=Price(Decimal(price)),
            )
        )

    async def amended(self, client_order_id: ClientOrderId) -> AmendReport:
        return await self.report(client_order_id, AmendReport)

    async def amend_refused(self, client_order_id: ClientOrderId) -> AmendRefused:
        return await self.report(client_order_id, AmendRefused)

    def order(self, *args: object, instrument: InstrumentKey = BTC, **fields: object) -> SendOrder:
        return super().order(*args, instrument=instrument, **fields)  # type: ignore[arg-type]  # passed on as given

    async def cancel(self, client_order_id: ClientOrderId, instrument: InstrumentKey = BTC) -> None:
        await super().cancel(client_order_id, instrument)

    def question(self, client_order_id: ClientOrderId, instrument: InstrumentKey = BTC) -> object:  # type: ignore[override]
        return super().question(client_order_id, instrument)
