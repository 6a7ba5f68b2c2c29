"""What a venue can do by itself; what it cannot is done by the core, or refused before anything is sent."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from ports.instruments import InstrumentType
from ports.records import brief_record, record
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
    states_margin: bool = False  # it says of a new order what margin that would need (`ports.venue.StatesMargin`)
    no_triggers_for: tuple[InstrumentType, ...] = ()


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


@brief_record
class Capability:
    """One thing that a venue does by itself (`is_open`), or that is done or refused in its place; in one sentence."""

    name: str
    is_open: bool
    says: str


_HELD: Final = "livexec holds it until its trigger is met"
_SENTENCES: Final[Mapping[str, tuple[str, str]]] = {  # where it is open, where it is closed
    OrderType.MARKET: ("trades at once at whatever price there is", "is refused before anything is sent"),
    OrderType.LIMIT: ("trades at its price or a better one", "is refused before anything is sent"),
    OrderType.STOP_MARKET: ("waits at the venue, and then trades at the market", _HELD),
    OrderType.STOP_LIMIT: ("waits at the venue, and then works at its limit", _HELD),
    OrderType.MARKET_IF_TOUCHED: ("waits at the venue for a better market, and then trades at it", _HELD),
    OrderType.LIMIT_IF_TOUCHED: ("waits at the venue for a better market, and then works at its limit", _HELD),
    OrderType.TRAILING_STOP: ("follows the market at the venue", "livexec moves its trigger with the market"),
    TimeInForce.GTC: ("works until it is canceled", "is refused before anything is sent"),
    TimeInForce.IOC: ("what does not trade at once is taken back", "is refused before anything is sent"),
    TimeInForce.FOK: ("trades at once as a whole, or not at all", "is refused before anything is sent"),
    TimeInForce.GTD: ("the venue ends it at its time", "livexec takes it back at its time"),
    TimeInForce.DAY: ("the venue ends it with the UTC day", "livexec takes it back with the UTC day"),
    "POST_ONLY": ("never takes: it is rejected instead", "is refused before anything is sent"),
    "DISPLAY": ("shows a part of itself at a time", "is refused before anything is sent"),
    "MARGIN": ("the venue reckons it before an order is sent", "livexec reckons it from notional and leverage"),
}


def stated(of: Capabilities) -> tuple[Capability, ...]:
    """Return everything that a venue might do, each open or closed."""
    does: set[str] = {*of.orders.order_types, *of.orders.times_in_force}
    does |= {"POST_ONLY"} if of.orders.post_only else set()
    does |= {"DISPLAY"} if of.orders.display_quantity else set()
    does |= {"MARGIN"} if of.orders.states_margin else set()
    return (
        *(
            Capability(str(name), name in does, where_open if name in does else where_closed)
            for name, (where_open, where_closed) in _SENTENCES.items()
        ),
        *(Capability(f"triggers of {kind}", False, _HELD) for kind in of.orders.no_triggers_for),
    )
