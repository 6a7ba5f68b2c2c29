"""What a venue can do by itself; what it cannot is done by the core, or refused before anything is sent."""

from __future__ import annotations

from typing import Final

from ports.records import record
from ports.values import OrderType, TimeInForce


@record
class Abilities:
    """The orders that a venue takes as they are.

    A type with a trigger that is not named is held by the core until its trigger is met; GTD and DAY that are not
    named are ended by the core when their time has come. Everything else that is not named is refused.
    """

    order_types: tuple[OrderType, ...]
    times_in_force: tuple[TimeInForce, ...]
    post_only: bool
    display_quantity: bool = False


PLAIN_ORDERS: Final = Abilities(  # what every venue does by itself
    order_types=(OrderType.MARKET, OrderType.LIMIT),
    times_in_force=(TimeInForce.GTC, TimeInForce.IOC, TimeInForce.FOK, TimeInForce.GTD),
    post_only=True,
)


@record
class Capabilities:
    """What a venue can do, and what its answers are worth."""

    orders: Abilities
    is_paper: bool
    query_lag_ns: int  # how long after a send "not found" may still be wrong
