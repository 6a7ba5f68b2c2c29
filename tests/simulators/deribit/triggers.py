"""Orders with a trigger as the simulated Deribit keeps them: apart from its book, until the market has met them.

Then the trigger order is "triggered", and another order with an id of its own and the same label does its work.
"""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from simulators.deribit import errors, payloads
from simulators.deribit.contracts import Listing
from simulators.deribit.venue import USER_ID, Venue
from simulators.deribit.waiting import KINDS, Place, Waiting
from simulators.exchange.orders import Refused

_REFERENCES = ("last_price", "mark_price", "index_price")
type Params = dict[str, Any]


def is_trigger(params: Params) -> bool:
    """Say whether what is asked for is an order with a trigger."""
    return params.get("type") in KINDS


def keep(venue: Venue, user: str, listing: Listing, params: Params, place: Place, is_buy: bool) -> Waiting:
    """Keep an order until the market has met its trigger."""
    letters, _, works = KINDS[params["type"]]
    if listing.kind != "future":
        raise errors.invalid_params("type", "no trigger orders of this instrument")
    if params.get("trigger") not in _REFERENCES:
        raise errors.invalid_params("trigger", "is required")
    price, offset = payloads.mark_price(venue, listing), None
    if params["type"] == "trailing_stop":
        offset = _number(params, "trigger_offset")
        trigger = price + offset if is_buy else price - offset
    else:
        trigger = _number(params, "trigger_price")
    now_ms = venue.clock()
    prefix = "" if listing.currency == "BTC" else f"{listing.currency}-"
    order = Waiting(
        order_id=f"{prefix}{letters}-{len(venue.waiting) + 1}",
        user=user,
        listing=listing,
        is_buy=is_buy,
        kind=params["type"],
        asked={**params, "type": works},
        trigger=trigger,
        offset=offset,
        reference=params["trigger"],
        time_ms=now_ms,
        update_ms=now_ms,
        place=place,
    )
    if order.meets(price):
        raise errors.invalid_params("trigger_price", "would be triggered at once")
    venue.waiting.append(order)
    venue.tell_waiting(order)
    return order


def waiting(venue: Venue, user: str) -> list[Waiting]:
    """Return a user's that wait, oldest first."""
    return [one for one in venue.waiting if one.user == user and one.is_open]


def market_moved(venue: Venue, symbol: str) -> None:
    """Let every order go whose trigger is met."""
    for order in venue.waiting:
        if order.is_open and order.listing.name == symbol and order.meets(payloads.mark_price(venue, order.listing)):
            _become(venue, order, "triggered")
            try:
                order.spawned = str(order.place(order.asked, order.order_id)["order"]["order_id"])
            except (errors.VenueError, Refused) as refused:
                _become(venue, order, f"rejected:{refused}")


def cancel(venue: Venue, orders: Iterable[Waiting], reason: str = "user_request") -> int:
    """Cancel these, and say how many they were."""
    orders = list(orders)
    for one in orders:
        one.cancel_reason = reason
        _become(venue, one, "cancelled")
    return len(orders)


def edit(venue: Venue, order: Waiting, params: Params) -> payloads.Json:
    """Carry out an edit of what waits; it has to say the trigger again."""
    order.trigger = _number(params, "trigger_price")
    order.asked |= {name: params[name] for name in ("amount", "price") if name in params}
    _become(venue, order, "untriggered")
    return {"order": shown(order), "trades": []}


def shown(order: Waiting) -> payloads.Json:
    """Return an order as answers and `user.orders` show it: one that never traded says nothing of trades."""
    asked = order.asked
    said: payloads.Json = {
        "label": str(asked.get("label", "")),
        "price": "market_price" if asked["type"] == "market" else float(asked["price"]),
        "user_id": USER_ID,
        "amount": float(asked["amount"]),
        "direction": "buy" if order.is_buy else "sell",
        "time_in_force": str(asked.get("time_in_force", "good_til_cancelled")),
        "instrument_name": order.listing.name,
        "web": False,
        "api": True,
        "order_id": order.order_id,
        "creation_timestamp": order.time_ms,
        "replaced": False,
        "last_update_timestamp": order.update_ms,
        "post_only": asked.get("post_only") is True,
        "reduce_only": asked.get("reduce_only") is True,
        "trigger_price": float(order.trigger),
        "trigger": order.reference,
        "mmp": False,
        "contracts": float(Decimal(str(asked["amount"])) / order.listing.contract_size),
        "reject_post_only": asked.get("reject_post_only") is True,
        "order_state": order.state.partition(":")[0],
        "order_type": order.kind,
        "is_liquidation": False,
        "risk_reducing": False,
    }
    if order.offset is not None:
        said["trigger_offset"] = float(order.offset)
    if order.cancel_reason:
        said["cancel_reason"] = order.cancel_reason
    return said


def recorded(venue: Venue, user: str, currency: str, name: str | None) -> list[payloads.Json]:
    """Return what became of those that wait no more, newest first."""
    ended = [
        one
        for one in venue.waiting
        if one.user == user
        and not one.is_open
        and one.listing.currency == currency
        and name in (None, one.listing.name)
    ]
    return [_record(one) for one in sorted(ended, key=lambda one: one.update_ms, reverse=True)]


def _become(venue: Venue, order: Waiting, state: str) -> None:
    order.state, order.update_ms = state, venue.clock()
    venue.tell_waiting(order)


def _record(order: Waiting) -> payloads.Json:
    said, kept = shown(order), ("trigger", "trigger_price", "label", "instrument_name", "direction", "amount")
    record: payloads.Json = {name: said[name] for name in (*kept, "price", "post_only", "reduce_only")}
    record |= {
        "timestamp": order.update_ms,
        "last_update_timestamp": order.update_ms,
        "trigger_order_id": order.order_id,
        "order_state": order.state,
        "order_type": order.asked["type"],
        "request": "trigger:order" if order.spawned else "cancel",
    }
    return record | ({"order_id": order.spawned} if order.spawned else {})


def _number(params: Params, name: str) -> Decimal:
    if name not in params:
        raise errors.invalid_params(name, "is required")
    return Decimal(str(params[name]))
