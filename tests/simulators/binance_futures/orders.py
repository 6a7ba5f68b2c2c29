"""Reading a new order as the venue does: which parameters it must have, and what it says of wrong ones."""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal, InvalidOperation

from simulators.binance_futures import errors
from simulators.exchange.core import Exchange
from simulators.exchange.orders import Contract, Order, Tif

_CLIENT_ID = re.compile(r"[.A-Z:/a-z0-9_-]{1,36}")
_SOONEST_EXPIRY_MS = 600_000


def place(exchange: Exchange, account: str, params: Mapping[str, str]) -> Order:
    """Take a new order from its parameters.

    Raises:
        VenueError: a parameter is missing or wrong.
        Refused: the exchange would not take it.
    """
    contract = contract_of(exchange, params)
    if params.get("side") not in ("BUY", "SELL"):
        raise errors.VenueError(errors.BAD_SIDE)
    if params.get("positionSide", "BOTH") != "BOTH":
        raise errors.VenueError(errors.No(400, -4061, "Order's position side does not match user's setting."))
    if params.get("newClientOrderId") and _CLIENT_ID.fullmatch(params["newClientOrderId"]) is None:
        raise errors.VenueError(errors.BAD_CLIENT_ID)
    quantity = _number(params, "quantity", contract.lot)
    if quantity <= 0:
        raise errors.VenueError(errors.NOT_POSITIVE)
    tif, price = _price(params, contract)
    return exchange.place(
        account,
        contract.symbol,
        params["side"] == "BUY",
        quantity,
        price=price,
        tif=tif,
        client_order_id=params.get("newClientOrderId", ""),
        good_till_ms=_good_till(params, tif, exchange),
        reduce_only=params.get("reduceOnly", "false").lower() == "true",
    )


def amend(exchange: Exchange, order: Order, params: Mapping[str, str]) -> None:
    """Let an order work with another whole quantity and price.

    A post-only one that would take, and one that has filled as much, are taken back instead.

    Raises:
        VenueError: a parameter is missing or wrong, or there is nothing to amend.
        Refused: the exchange would not.
    """
    contract = exchange.contracts[order.symbol]
    if params.get("side") != ("BUY" if order.is_buy else "SELL"):
        raise errors.VenueError(errors.BAD_SIDE)
    quantity, price = _number(params, "quantity", contract.lot), _number(params, "price", contract.tick)
    if not order.is_open:
        raise errors.VenueError(errors.NO_SUCH_ORDER)
    if order.price is None:
        raise errors.VenueError(errors.NO_LIMIT_ORDER)
    if (quantity, price) == (order.quantity, order.price):
        raise errors.VenueError(errors.NOTHING_TO_AMEND)
    other = exchange.best(order.symbol, is_buy=not order.is_buy)
    takes = other is not None and (other[0] <= price if order.is_buy else other[0] >= price)
    if quantity <= order.filled or (order.tif is Tif.GTX and takes):
        exchange.cancel(order.account or "", order.symbol, order_id=order.order_id, client_order_id=None)
    else:
        exchange.amend(order, quantity, price)


def contract_of(exchange: Exchange, params: Mapping[str, str]) -> Contract:
    """Return the contract that a request names."""
    if not params.get("symbol"):
        raise errors.VenueError(errors.missing("symbol"))
    if params["symbol"] not in exchange.contracts:
        raise errors.VenueError(errors.BAD_SYMBOL)
    return exchange.contracts[params["symbol"]]


def _price(params: Mapping[str, str], contract: Contract) -> tuple[Tif, Decimal | None]:
    kind = params.get("type")
    if kind == "MARKET":
        if "timeInForce" in params or "price" in params:
            raise errors.VenueError(errors.No(400, -1106, "Parameter 'timeInForce' sent when not required."))
        return Tif.GTC, None
    if kind != "LIMIT":
        raise errors.VenueError(errors.BAD_TYPE)
    if params.get("timeInForce") not in list(Tif):
        raise errors.VenueError(errors.BAD_TIF if "timeInForce" in params else errors.missing("timeInForce"))
    price = _number(params, "price", contract.tick)
    if price <= 0:
        raise errors.VenueError(errors.No(400, -4001, "Price less than 0."))
    return Tif(params["timeInForce"]), price


def _number(params: Mapping[str, str], name: str, step: Decimal) -> Decimal:
    try:
        value = Decimal(params.get(name, ""))
    except InvalidOperation:
        raise errors.VenueError(errors.missing(name)) from None
    places, allowed = value.as_tuple().exponent, step.as_tuple().exponent
    if not isinstance(places, int) or not isinstance(allowed, int):
        raise errors.VenueError(errors.missing(name))
    if places < allowed:
        raise errors.VenueError(errors.BAD_PRECISION)
    return value


def _good_till(params: Mapping[str, str], tif: Tif, exchange: Exchange) -> int:
    if tif is not Tif.GTD:
        return 0
    text = params.get("goodTillDate", "")
    if not text.isdigit():
        raise errors.VenueError(errors.missing("goodTillDate"))
    if int(text) <= exchange.now_ms() + _SOONEST_EXPIRY_MS:
        raise errors.VenueError(errors.BAD_EXPIRY)
    return int(text) // 1_000 * 1_000  # the venue keeps whole seconds
