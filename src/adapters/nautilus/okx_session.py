"""OKX: spot pairs and linear swaps of an account in net mode."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final

from nautilus_trader.system.kernel import NautilusKernel

from adapters.nautilus.live_session import LiveSession, LiveVenue
from adapters.nautilus.okx_link import OkxLink
from adapters.nautilus.okx_settings import OKX, OkxSettings
from adapters.nautilus.okx_wire import OkxLanes
from ports.capabilities import Abilities, Capabilities
from ports.instruments import InstrumentType
from ports.requests import SendOrder
from ports.values import OrderType, TimeInForce

_SPOT: Final = InstrumentType.SPOT_PAIR
_CLIENT_ORDER_ID: Final = re.compile(r"[A-Za-z0-9]{1,32}")
ORDERS: Final = Abilities(
    order_types=(OrderType.MARKET, OrderType.LIMIT),
    times_in_force=(TimeInForce.GTC, TimeInForce.IOC, TimeInForce.FOK),  # what has an expiry time, the core ends
    post_only=True,
)
_LAG_NS: Final = 2_000_000_000  # how wrong our idea of the venue's clock may be, and the venue's own copies


def okx_session(settings: OkxSettings, kernel: Callable[[], NautilusKernel], clock: Callable[[], int]) -> LiveSession:
    """Return a session of one account, not yet connected."""
    lanes = OkxLanes(settings.orders_per_2s)
    live = LiveVenue(
        venue=OKX,
        account=settings.account,
        capabilities=Capabilities(
            orders=ORDERS,
            is_paper=False,
            query_lag_ns=settings.deadline_ms * 1_000_000 + _LAG_NS,  # later the venue refuses what is under way
        ),
        client_order_id=_CLIENT_ORDER_ID,
        objection=objection,
        link=lambda owner: OkxLink(settings, lanes, kernel(), owner, clock),
        orders_left=lanes.orders.left,
        budgets=lanes.budgets,
    )
    return LiveSession(live, clock)


def objection(order: SendOrder) -> str | None:
    """Say why the venue could not take an order as it is; None where nothing is known against it."""
    if order.time_in_force not in (TimeInForce.GTC, TimeInForce.IOC, TimeInForce.FOK):
        return f"has no orders that are {order.time_in_force}"
    if order.price is None and order.time_in_force is TimeInForce.FOK:
        return "has no market orders that fill whole or not at all"
    if order.price is None and order.time_in_force is TimeInForce.IOC and order.instrument.type is _SPOT:
        return "has no such orders of spot pairs: a market order is immediate there, leave the time in force out"
    return None
