"""Placing, editing and canceling as the simulated Deribit does it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

from simulators.deribit import errors, payloads, triggers
from simulators.deribit.contracts import Listing
from simulators.deribit.venue import Meta, Venue
from simulators.deribit.waiting import Waiting
from simulators.exchange.orders import Order, Tif

_TIFS = {
    "good_til_cancelled": Tif.GTC,
    "good_til_day": Tif.GTD,
    "immediate_or_cancel": Tif.IOC,
    "fill_or_kill": Tif.FOK,
}
_LONGEST_LABEL = 64
_LEAST_SHOWN = 100  # smallest orders
type Params = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks, and over which connection (None: HTTP)."""

    user: str
    connection: object = None


def listing_of(venue: Venue, params: Params) -> Listing:
    """Return the instrument that a request names."""
    name = params.get("instrument_name")
    if not isinstance(name, str):
        raise errors.invalid_params("instrument_name", "is required")
    if name not in venue.listings:
        raise errors.VenueError(*errors.UNKNOWN_INSTRUMENT)
    return venue.listings[name]


def number(params: Params, name: str) -> Decimal:
    """Return a number of a request."""
    try:
        return Decimal(str(params[name]))
    except (KeyError, InvalidOperation):
        raise errors.invalid_params(name, "must be a number") from None


def place(venue: Venue, caller: Caller, params: Params, is_buy: bool, spawned_by: str = "") -> payloads.Json:
    """Carry out `private/buy` or `private/sell`, or what an order with a trigger was for."""
    _check_deadline(venue, params)
    listing = listing_of(venue, params)
    if not listing.is_tradable:
        raise errors.VenueError(*errors.COMBO)
    if triggers.is_trigger(params):
        return _keep(venue, caller, listing, params, is_buy)
    kind, tif = params.get("type", "limit"), params.get("time_in_force", "good_til_cancelled")
    if kind not in ("limit", "market"):
        raise errors.invalid_params("type", "is not simulated")
    if tif not in _TIFS:
        raise errors.invalid_params("time_in_force", "wrong value")
    label = str(params.get("label", ""))
    if len(label) > _LONGEST_LABEL:
        raise errors.invalid_params("label", "is too long")
    amount = _amount(listing, params)
    price = number(params, "price") if kind == "limit" else None
    post_only = _flag(params, "post_only")
    if post_only and price is not None:
        price = _posted(venue, listing, is_buy, price, rejects=_flag(params, "reject_post_only"))
    _check_grid(listing, price)
    venue.coming = Meta(
        label=label,
        order_type=kind,
        time_in_force=tif,
        post_only=post_only,
        reject_post_only=_flag(params, "reject_post_only"),
        shown=_shown(listing, params),
        connection=caller.connection,
        spawned_by=spawned_by,
    )
    order = venue.exchange.place(
        f"{caller.user}/{listing.currency}",
        listing.name,
        is_buy,
        amount,
        price=price,
        tif=_TIFS[tif],
        good_till_ms=venue.day_ends_ms(),
        reduce_only=_flag(params, "reduce_only"),
    )
    return _answer(venue, order, 0)


def _keep(venue: Venue, caller: Caller, listing: Listing, params: Params, is_buy: bool) -> payloads.Json:
    def go(asked: Params, spawned_by: str) -> payloads.Json:
        return place(venue, caller, asked, is_buy, spawned_by)

    wanted = {name: value for name, value in params.items() if name != "valid_until"}  # it was in time
    order = triggers.keep(venue, caller.user, listing, wanted, go, is_buy)
    order.connection = caller.connection
    return {"order": triggers.shown(order), "trades": []}


def edit(venue: Venue, order: Order, params: Params) -> payloads.Json:
    """Carry out an edit; the order keeps its id."""
    _check_deadline(venue, params)
    if not order.is_open:
        raise errors.VenueError(*(errors.ALREADY_FILLED if order.left <= 0 else errors.NOT_OPEN))
    listing, before = venue.listings[order.symbol], len(_trades(venue, order))
    amount = _amount(listing, params)
    price = number(params, "price") if "price" in params else order.price
    meta = venue.meta(order)
    meta.post_only, meta.reject_post_only = _flag(params, "post_only"), _flag(params, "reject_post_only")
    if meta.post_only and price is not None:
        price = _posted(venue, listing, order.is_buy, price, rejects=meta.reject_post_only)
    _check_grid(listing, price)
    meta.shown = _shown(listing, params)
    if amount <= order.filled:
        raise errors.VenueError(10002, "qty_too_low")
    meta.replaced = True
    venue.exchange.amend(order, amount, price)
    return _answer(venue, order, before)


def cancel(venue: Venue, order: Order) -> payloads.Json:
    """Carry out a cancel."""
    if not order.is_open or order.account is None:
        raise errors.VenueError(*errors.NOT_OPEN)
    venue.exchange.cancel(order.account, order.symbol, order_id=order.order_id, client_order_id=None)
    return payloads.order(venue, order)


def cancel_many(venue: Venue, orders: Iterable[Order]) -> int:
    """Cancel what is open of these, and say how many that were."""
    still_open = [one for one in orders if one.is_open]
    for one in still_open:
        cancel(venue, one)
    return len(still_open)


def waiting(venue: Venue, user: str, **of: object) -> list[Waiting]:
    """Return a user's orders that wait for the market: those of an id, a label, a currency, a kind or an instrument."""
    return [
        one
        for one in triggers.waiting(venue, user)
        if of.get("order_id") in (None, one.order_id)
        and of.get("label") in (None, one.asked.get("label", ""))
        and of.get("currency") in (None, "any", one.listing.currency)
        and of.get("kind") in (None, "any", one.listing.kind)
        and of.get("name") in (None, one.listing.name)
    ]


def by_id(venue: Venue, user: str, order_id: object) -> Order:
    """Return a user's order by the venue's id."""
    for one in venue.orders(user):
        if venue.order_id(one.order_id, one.symbol) == order_id:
            return one
    raise errors.VenueError(*errors.NOT_FOUND)


def by_label(venue: Venue, user: str, label: object, currency: object = None) -> list[Order]:
    """Return a user's orders of one label."""
    return [
        one
        for one in venue.orders(user)
        if venue.meta(one).label == label and currency in (None, "any", venue.listings[one.symbol].currency)
    ]


def _answer(venue: Venue, order: Order, trades_before: int) -> payloads.Json:
    trades = [payloads.user_trade(venue, one, order) for one in _trades(venue, order)[trades_before:]]
    return {"order": payloads.order(venue, order), "trades": trades}


def _trades(venue: Venue, order: Order) -> list[Any]:
    account = venue.exchange.accounts[str(order.account)]
    return [one for one in account.trades if one.order_id == order.order_id]


def _amount(listing: Listing, params: Params) -> Decimal:
    if "amount" not in params and "contracts" in params:
        return number(params, "contracts") * listing.contract_size
    return number(params, "amount")


def _posted(venue: Venue, listing: Listing, is_buy: bool, price: Decimal, *, rejects: bool) -> Decimal:
    other = venue.exchange.best(listing.name, not is_buy)
    if other is None or (price < other[0] if is_buy else price > other[0]):
        return price
    if rejects:
        raise errors.VenueError(*errors.POST_ONLY_REJECT)
    return other[0] - listing.contract.tick if is_buy else other[0] + listing.contract.tick


def _check_grid(listing: Listing, price: Decimal | None) -> None:
    if price is not None:
        tick = next((tick for above, tick in reversed(listing.steps) if price > above), listing.contract.tick)
        if price % tick:
            raise errors.VenueError(10043, "price_wrong_tick")


def _check_deadline(venue: Venue, params: Params) -> None:
    if "valid_until" in params and int(params["valid_until"]) <= venue.clock():
        raise errors.VenueError(*errors.TIMED_OUT)


def _flag(params: Params, name: str) -> bool:
    return params.get(name) in (True, "true")


def _shown(listing: Listing, params: Params) -> Decimal | None:
    if "display_amount" not in params:
        return None
    shown = number(params, "display_amount")
    if shown < _LEAST_SHOWN * listing.contract.min_quantity:
        raise errors.invalid_params("display_amount", "is too small")
    return shown
