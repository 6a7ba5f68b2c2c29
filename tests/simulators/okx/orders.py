"""Orders, cancels and amends as the venue reads them, whether by HTTP or by websocket."""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any

from simulators.exchange.orders import Account, Order, Reason, Refused, Tif
from simulators.okx import errors
from simulators.okx.listings import Listing

if TYPE_CHECKING:
    from simulators.okx.venue import Venue

type Params = Mapping[str, Any]
_CLIENT_ID = re.compile(r"[A-Za-z0-9]{1,32}")
_KINDS = {
    "limit": Tif.GTC,
    "ioc": Tif.IOC,
    "fok": Tif.FOK,
    "post_only": Tif.GTX,
    "market": Tif.GTC,
    "optimal_limit_ioc": Tif.IOC,
}
_AT_MARKET = ("market", "optimal_limit_ioc")


def place(venue: Venue, account: Account, params: Params, expires: str) -> Order:
    """Take a new order. `expires` is when the request is void, in ms; empty: never.

    Raises:
        OrderError: it never came into being.
    """
    listing = _allowed(venue, account, params, "order")
    if expires.isdigit() and int(expires) <= venue.clock():
        raise errors.OrderError(errors.EXPIRED)
    _check_words(params, listing)
    kind, quantity = str(params.get("ordType")), _number(params, "sz") * listing.unit
    price = None if kind in _AT_MARKET else _number(params, "px")
    if kind == "market" and listing.contract.is_spot and params.get("tgtCcy") != "base_ccy" and params["side"] == "buy":
        quantity = _bought(venue, listing, _number(params, "sz"))  # a market buy of spot counts money by default
    try:
        return venue.exchange.place(
            account.name,
            listing.contract.symbol,
            params["side"] == "buy",
            quantity,
            price=price,
            tif=_KINDS[kind],
            client_order_id=str(params.get("clOrdId") or ""),
            reduce_only=str(params.get("reduceOnly", "false")).lower() == "true",
        )
    except Refused as refusal:
        raise errors.OrderError(errors.OF_REASON[refusal.reason]) from refusal


def _check_words(params: Params, listing: Listing) -> None:
    if params.get("side") not in ("buy", "sell"):
        raise errors.OrderError(errors.parameter("side"))
    if params.get("ordType") not in _KINDS or (params["ordType"] == _AT_MARKET[1] and listing.contract.is_spot):
        raise errors.OrderError(errors.parameter("ordType"))
    if params.get("tdMode") != ("cash" if listing.contract.is_spot else "cross"):
        raise errors.OrderError(errors.parameter("tdMode"))
    if params.get("posSide", "net") not in ("net", ""):
        raise errors.OrderError(errors.parameter("posSide"))
    name = params.get("clOrdId")
    if name and _CLIENT_ID.fullmatch(str(name)) is None:
        raise errors.OrderError(errors.parameter("clOrdId"))


def cancel(venue: Venue, account: Account, params: Params) -> Order:
    """Take an open order back.

    Raises:
        OrderError: there is no such open order.
    """
    listing = _allowed(venue, account, params, "cancel")
    order_id, name = named(params)
    try:
        return venue.exchange.cancel(account.name, listing.contract.symbol, order_id=order_id, client_order_id=name)
    except Refused:
        raise errors.OrderError(errors.CANCEL_UNKNOWN) from None


def amend(venue: Venue, account: Account, params: Params) -> Order:
    """Let an order work with another size or price.

    Raises:
        OrderError: it works on as it was, or is over.
    """
    listing = _allowed(venue, account, params, "amend")
    order_id, name = named(params)
    try:
        order = account.find(listing.contract.symbol, order_id=order_id, client_order_id=name)
        quantity = _number(params, "newSz") * listing.unit if params.get("newSz") else order.quantity
        price = _number(params, "newPx") if params.get("newPx") else order.price
        venue.streams.amending = str(params.get("reqId") or "")
        venue.exchange.amend(order, quantity, price)
    except Refused as refusal:
        raise errors.OrderError(errors.OF_REASON[refusal.reason]) from refusal
    return order


def named(params: Params) -> tuple[int | None, str | None]:
    """Return which order a request is about.

    Raises:
        OrderError: it does not say.
    """
    order_id, name = params.get("ordId"), params.get("clOrdId")
    if order_id:
        return (int(order_id) if str(order_id).isdigit() else 0), None
    if not name:
        raise errors.OrderError(errors.No("51003", "Either client order ID or order ID is required."))
    return None, str(name)


def listed(venue: Venue, params: Params) -> Listing:
    """Return what an instrument's name or number stands for.

    Raises:
        OrderError: nothing.
    """
    code = params.get("instIdCode")
    found = venue.by_code.get(int(code)) if code is not None else venue.listings.get(str(params.get("instId")))
    if found is None:
        raise errors.OrderError(errors.BAD_SYMBOL)
    return found


def _allowed(venue: Venue, account: Account, params: Params, what: str) -> Listing:
    listing = listed(venue, params)
    of = f"{account.name} {listing.contract.symbol}"
    if not venue.limits.use(what, venue.limits.orders, venue.clock(), of):
        raise errors.OrderError(errors.TOO_MANY_ORDERS)
    return listing


def _bought(venue: Venue, listing: Listing, money: Decimal) -> Decimal:
    best = venue.exchange.best(listing.contract.symbol, is_buy=False)
    if best is None:
        raise errors.OrderError(errors.OF_REASON[Reason.NO_MARKET])
    lots = money / best[0] // listing.contract.lot
    return lots * listing.contract.lot


def _number(params: Params, name: str) -> Decimal:
    try:
        value = Decimal(str(params.get(name, "")))
    except InvalidOperation:
        raise errors.OrderError(errors.parameter(name)) from None
    if not value.is_finite() or value <= 0:
        raise errors.OrderError(errors.parameter(name))
    return value
