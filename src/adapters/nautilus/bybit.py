"""Bybit: linear perpetuals, or spot pairs, of a unified trading account in one-way mode."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final

from nautilus_trader.system.kernel import NautilusKernel

from adapters.nautilus.bybit_link import BybitLink
from adapters.nautilus.bybit_orders import TURN_S
from adapters.nautilus.bybit_settings import BYBIT, BybitSettings
from adapters.nautilus.bybit_wire import Lanes
from adapters.nautilus.live_session import LiveSession, LiveVenue
from ports.capabilities import Abilities, Capabilities
from ports.requests import SendOrder
from ports.values import OrderType, TimeInForce

_CLIENT_ORDER_ID: Final = re.compile(r"[A-Za-z0-9_-]{1,36}")
_ORDERS: Final = Abilities(
    order_types=(OrderType.MARKET, OrderType.LIMIT),
    times_in_force=(
        TimeInForce.GTC,
        TimeInForce.IOC,
        TimeInForce.FOK,
    ),  # the venue has no expiry times: the core sees to them
    post_only=True,
)
_LAG_NS: Final = 2_000_000_000  # the venue allows clocks to differ by one second; another for its own copies


def bybit_session(
    settings: BybitSettings, kernel: Callable[[], NautilusKernel], clock: Callable[[], int]
) -> LiveSession:
    """Return a session of one account, not yet connected."""
    lanes = Lanes.of(settings)
    live = LiveVenue(
        venue=BYBIT,
        account=settings.account,
        capabilities=Capabilities(
            orders=_ORDERS,
            is_paper=False,
            # An order waits for its turn, and is under way; later the venue refuses it.
            query_lag_ns=int(TURN_S * 1_000_000_000) + settings.recv_window_ms * 1_000_000 + _LAG_NS,
        ),
        client_order_id=_CLIENT_ORDER_ID,
        objection=_objection,
        link=lambda owner: BybitLink(settings, lanes, kernel(), owner, clock),
        orders_left=lanes.orders.left,
        budgets=lanes.budgets,
    )
    return LiveSession(live, clock)


def _objection(order: SendOrder) -> str | None:
    if order.time_in_force is TimeInForce.GTD:
        return "has no orders that are good till a time"
    if order.order_type is OrderType.MARKET and order.time_in_force is TimeInForce.FOK:
        return "fills what it can of a market order, and has none that are all or nothing"
    return None
