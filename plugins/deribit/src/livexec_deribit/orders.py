"""An order of ours in the venue's words, and what the venue's refusals prove."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from livexec_deribit.exact_json import Param
from livexec_deribit.rpc import NoRoomError, NotAskedError
from livexec_deribit.words import NANOS_A_MILLI, UNTRIGGERED, OrderState
from ports.capabilities import Abilities
from ports.errors import NotSentError, ThrottledError
from ports.instruments import Instrument, InstrumentType
from ports.requests import SendAmend, SendOrder
from ports.values import OrderType, Price, Side, TimeInForce, is_multiple, plain

LONGEST_LABEL: Final = 64
LEAST_SHOWN: Final = 100  # smallest orders: an order that shows a part of itself shows no less
ORDER_TYPES: Final[Mapping[OrderType, str]] = {
    OrderType.MARKET: "market",
    OrderType.LIMIT: "limit",
    OrderType.STOP_MARKET: "stop_market",
    OrderType.STOP_LIMIT: "stop_limit",
    OrderType.MARKET_IF_TOUCHED: "take_market",
    OrderType.LIMIT_IF_TOUCHED: "take_limit",
    OrderType.TRAILING_STOP: "trailing_stop",
}
TRIGGERED_BY: Final = "last_price"  # of its three, the one that trades make, as the quotes that the core looks at
TIMES_IN_FORCE: Final[Mapping[TimeInForce, str]] = {
    TimeInForce.GTC: "good_til_cancelled",
    TimeInForce.IOC: "immediate_or_cancel",
    TimeInForce.FOK: "fill_or_kill",
}
GOOD_TIL_DAY: Final = "good_til_day"
_DAY_ENDS_MS: Final = 8 * 3_600_000  # after midnight UTC, when Deribit settles
_DAY_MS: Final = 86_400_000
# GTD and DAY are ended by the core, for Deribit knows one end alone, that of its own day (`params_of`).
ABILITIES: Final = Abilities(
    order_types=tuple(ORDER_TYPES),
    times_in_force=tuple(TIMES_IN_FORCE),
    post_only=True,
    display_quantity=True,
    no_triggers_for=(InstrumentType.OPTION,),
)

# Answers that prove that a request was looked at and not carried out (https://docs.deribit.com/articles/errors).
# Whatever is not here proves nothing: errors without a reason (10001), rate limits and full queues (10028, 10047,
# 10066), "retry" (10040), settlement (10041), maintenance (11051), internal errors (11094, 13028, 13503), time-outs.
DEFINITIVE: Final = frozenset(
    {
        *(-32600, -32601, -32602, -32700),  # no request that the venue understands
        *(10002, 10003, 10005, 10006, 10007, 10009, 10011, 10012),  # amount, price, funds, book closed
        *range(10013, 10019),  # limits of open orders and positions
        *(10020, 10021, 10022, 10023, 10024, 10026, 10027, 10031, 10032, 10034, 10035, 10036, 10037, 10038, 10039),
        *(10043, 10044, 11029, 11035, 11036, 11038, 11039, 11042, 11043, 11047, 11048, 11049, 11054, 11055),
        *(13019, 13020, 13021),  # instrument expired, unknown; not permitted
    }
)
# Answers to an edit or a cancel that prove there is no such open order.
NOT_OPEN: Final = frozenset({10004, 10010, 11008, 11044})


@dataclass(frozen=True, slots=True)
class Listed:
    """An instrument in both vocabularies. `ticks` are (above which price, tick), lowest first."""

    instrument: Instrument
    name: str
    ticks: tuple[tuple[Decimal, Decimal], ...]

    def check_price(self, price: Price) -> None:
        """Make sure that a price is on the venue's grid, which may be coarser for higher prices.

        Raises:
            NotSentError: it is not.
        """
        tick = next((tick for above, tick in reversed(self.ticks) if price > above), self.instrument.tick_size)
        if not is_multiple(price, tick):
            raise NotSentError(
                f"{plain(price)} is no whole number of ticks of {plain(tick)}, which {self.name} has there"
            )


def method_of(order: SendOrder) -> str:
    """Return the method that places an order."""
    return "private/buy" if order.side is Side.BUY else "private/sell"


def params_of(order: SendOrder, listed: Listed, now_ms: int, valid_ms: int) -> Mapping[str, Param]:
    """Return a new order in the venue's words; `valid_ms` after `now_ms` its matching engine begins it no more.

    A post-only order that would take is refused, never repriced: what works is what was asked for. One that the core
    ends before the venue's day does is good for that day there: so it ends without us, too.
    """
    params: dict[str, Param] = {
        "instrument_name": listed.name,
        "amount": order.quantity,
        "type": ORDER_TYPES[order.order_type],
        "label": order.client_order_id,
        "valid_until": now_ms + valid_ms,
    }
    if order.price is not None:
        params["price"] = order.price
    if order.order_type is not OrderType.MARKET or order.time_in_force is not TimeInForce.GTC:
        params["time_in_force"] = TIMES_IN_FORCE[order.time_in_force]
    if _ends_with_the_day(order, now_ms - valid_ms):  # shortly after one day's end it might still belong to that day
        params["time_in_force"] = GOOD_TIL_DAY
    if order.order_type.has_trigger:
        params["trigger"] = TRIGGERED_BY
    if order.trigger_price is not None:
        params["trigger_price"] = order.trigger_price
    if order.trailing_offset is not None:
        params["trigger_offset"] = order.trailing_offset
    if order.post_only:
        params |= {"post_only": True, "reject_post_only": True}
    shown = _shown(order)
    if shown is not None:
        params["display_amount"] = shown
    return params


def check(order: SendOrder, listed: Listed) -> None:
    """Make sure that an order is one that the venue has.

    Raises:
        NotSentError: it is not; says why.
    """
    if not 1 <= len(order.client_order_id) <= LONGEST_LABEL:
        raise NotSentError(f"{order.client_order_id!r} is no label: 1 to {LONGEST_LABEL} characters")
    if order.order_type.has_trigger and listed.instrument.key.type in ABILITIES.no_triggers_for:
        raise NotSentError(f"Deribit has no {order.order_type} orders of {listed.name}")
    if order.time_in_force not in TIMES_IN_FORCE:
        raise NotSentError(f"{order.time_in_force} orders are not handed to Deribit")
    least_shown = LEAST_SHOWN * listed.instrument.min_quantity
    shown = _shown(order)
    if shown is not None and shown < least_shown:
        raise NotSentError(f"Deribit shows at least {plain(least_shown)} of an order of {listed.name}")
    if order.post_only and order.time_in_force is not TimeInForce.GTC:
        raise NotSentError("Deribit has post-only orders that are good till canceled, and no others")
    for price in (order.price, order.trigger_price):
        if price is not None:
            listed.check_price(price)


def _ends_with_the_day(order: SendOrder, now_ms: int) -> bool:
    """Say whether an order that we end is over when the venue's day ends; it has no post-only orders for a day."""
    if order.ended_by_us_ns is None or order.post_only or order.order_type is OrderType.MARKET:
        return False
    day_ends_ms = (now_ms - _DAY_ENDS_MS) // _DAY_MS * _DAY_MS + _DAY_MS + _DAY_ENDS_MS
    return order.ended_by_us_ns <= day_ends_ms * NANOS_A_MILLI


def _shown(order: SendOrder) -> Decimal | None:
    """Return what of an order is shown at a time; None: all of it."""
    shown = order.display_quantity
    return shown if shown is not None and shown < order.quantity else None


def edit_params(amend: SendAmend, listed: Listed, known: OrderState | None, valid_until_ms: int) -> Mapping[str, Param]:
    """Return an amend in the venue's words; what is left out of an edit would be lost, so the rest is said again."""
    params: dict[str, Param] = {
        "label": amend.client_order_id,
        "instrument_name": listed.name,
        "amount": amend.quantity,
        "price": amend.price,
        "valid_until": valid_until_ms,
    }
    if known is not None and known.post_only:
        params |= {"post_only": True, "reject_post_only": True}
    if known is not None and known.shown is not None and known.shown < amend.quantity:
        params["display_amount"] = known.shown
    if known is not None and known.trigger_price is not None and known.state == UNTRIGGERED:
        params["trigger_price"] = known.trigger_price
    return params


def is_definitive(code: int) -> bool:
    """Say whether an error proves that the request was looked at and not carried out."""
    return code in DEFINITIVE


def not_sent(unsent: NotAskedError) -> NotSentError:
    """Return what a request that was not transmitted means to the core."""
    return ThrottledError(str(unsent)) if isinstance(unsent, NoRoomError) else NotSentError(str(unsent))
