"""Reading a new order as spot does: which parameters it must have, and what it says of wrong ones."""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from math import ceil
from typing import Final

from simulators.binance_futures import errors as common
from simulators.binance_futures.errors import VenueError, missing
from simulators.binance_futures.orders import contract_of
from simulators.binance_spot import errors
from simulators.binance_spot.payloads import fresh_name
from simulators.exchange.core import Exchange
from simulators.exchange.orders import Contract, Order, Reason, Tif

_CLIENT_ID = re.compile(r"[A-Za-z0-9_-]{1,36}")
_TIFS = (Tif.GTC, Tif.IOC, Tif.FOK)
_KNOWN = frozenset(
    {
        *("symbol", "side", "type", "timeInForce", "quantity", "price", "newClientOrderId"),
        *("newOrderRespType", "selfTradePreventionMode", "strategyId", "strategyType", "recvWindow", "timestamp"),
        "icebergQty",
    }
)
_PLACES = -8
ICEBERG_PARTS: Final = 10  # an order may be shown in no more


def amend(exchange: Exchange, order: Order, params: Mapping[str, str]) -> None:
    """Let an order work with a lower whole quantity, in its place of the queue, under the name that is given.

    Raises:
        VenueError: it is not lower, or a parameter is missing or wrong.
        Refused: the exchange would not.
    """
    quantity = _number(params, "newQty")
    if not order.is_open:
        raise VenueError(common.NO_SUCH_ORDER)
    if quantity >= order.quantity or quantity <= order.filled:
        raise VenueError(errors.NOT_AMENDED)
    exchange.accounts[order.account or ""].rename(order, params.get("newClientOrderId") or fresh_name())
    exchange.amend(order, quantity, order.price, keeps_place=True)


def place(exchange: Exchange, account: str, params: Mapping[str, str]) -> Order:
    """Take a new order from its parameters.

    Raises:
        VenueError: a parameter is missing, wrong or unknown.
        Refused: the exchange would not take it.
    """
    contract = contract_of(exchange, params)
    if unknown := params.keys() - _KNOWN:
        raise VenueError(errors.unread(len(params) - len(unknown), len(params)))
    if params.get("side") not in ("BUY", "SELL"):
        raise VenueError(common.BAD_SIDE)
    name = params.get("newClientOrderId", "")
    if name and _CLIENT_ID.fullmatch(name) is None:
        raise VenueError(errors.BAD_CLIENT_ID)
    quantity = _number(params, "quantity")
    if quantity <= 0:
        raise VenueError(errors.NOT_POSITIVE)
    is_buy, (tif, price) = params["side"] == "BUY", _price(params)
    _check_value(exchange, contract, is_buy, quantity, price)
    if tif is Tif.GTX and price is not None and _takes(exchange, contract, is_buy, price):
        raise VenueError(errors.WOULD_TAKE)
    shown = _shown(params, contract, quantity)
    return exchange.place(
        account, contract.symbol, is_buy, quantity, price=price, tif=tif, client_order_id=name, shown=shown
    )


def _shown(params: Mapping[str, str], contract: Contract, quantity: Decimal) -> Decimal | None:
    if "icebergQty" not in params:
        return None
    shown = _number(params, "icebergQty")
    if params["type"] == "MARKET":
        raise VenueError(errors.ICEBERG_MARKET)
    if params.get("timeInForce", Tif.GTC) != Tif.GTC:
        raise VenueError(errors.ICEBERG_TIF)
    if shown >= quantity:
        raise VenueError(errors.ICEBERG_WHOLE)
    if shown < contract.min_quantity or shown % contract.lot:
        raise VenueError(errors.OF_REASON[Reason.LOT])
    if ceil(quantity / shown) > ICEBERG_PARTS:
        raise VenueError(errors.ICEBERG_PARTS)
    return shown


def _price(params: Mapping[str, str]) -> tuple[Tif, Decimal | None]:
    kind, tif = params.get("type"), params.get("timeInForce")
    if kind not in ("MARKET", "LIMIT", "LIMIT_MAKER"):
        raise VenueError(common.BAD_TYPE)
    if kind != "LIMIT" and tif is not None:
        raise VenueError(errors.NOT_REQUIRED)
    if kind == "MARKET":
        return Tif.GTC, None
    if kind == "LIMIT" and tif not in _TIFS:
        raise VenueError(common.BAD_TIF if tif is not None else missing("timeInForce"))
    price = _number(params, "price")
    if price <= 0:
        raise VenueError(errors.OF_REASON[Reason.TICK])
    return (Tif.GTX if tif is None else Tif(tif)), price


def _check_value(
    exchange: Exchange, contract: Contract, is_buy: bool, quantity: Decimal, price: Decimal | None
) -> None:
    best = exchange.best(contract.symbol, not is_buy)
    reference = price if price is not None else best[0] if best is not None else None
    if reference is not None and quantity * reference < contract.min_notional:
        raise VenueError(errors.NOTIONAL)


def _takes(exchange: Exchange, contract: Contract, is_buy: bool, price: Decimal) -> bool:
    best = exchange.best(contract.symbol, not is_buy)
    return best is not None and (price >= best[0] if is_buy else price <= best[0])


def _number(params: Mapping[str, str], name: str) -> Decimal:
    try:
        value = Decimal(params.get(name, ""))
    except InvalidOperation:
        raise VenueError(missing(name)) from None
    places = value.as_tuple().exponent
    if not isinstance(places, int):
        raise VenueError(missing(name))
    if places < _PLACES:
        raise VenueError(errors.BAD_PRECISION)
    return value
