"""Reading new orders, amends and cancels as the venue does, and what it says of wrong ones."""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

from simulators.bybit import errors, names
from simulators.exchange.core import Exchange
from simulators.exchange.orders import Account, Contract, Order, Reason, Refused, Tif

type Params = Mapping[str, Any]
_LINK_ID = re.compile(r"[A-Za-z0-9_-]{1,36}")
_TIFS = {"GTC": Tif.GTC, "IOC": Tif.IOC, "FOK": Tif.FOK, "PostOnly": Tif.GTX}


def place(exchange: Exchange, account: Account, params: Params) -> Order:
    """Take a new order from its parameters.

    Raises:
        VenueError: a parameter is missing or wrong, or the exchange would not take it.
    """
    contract = contract_of(exchange, params)
    link_id = params.get("orderLinkId", "")
    if link_id and _LINK_ID.fullmatch(link_id) is None:
        raise errors.VenueError(errors.BAD_LINK_ID)
    if link_id and any(one.client_order_id == link_id for one in account.orders.values()):
        raise errors.VenueError(errors.DUPLICATE[names.category_of(contract)])
    if params.get("side") not in ("Buy", "Sell"):
        raise errors.VenueError(errors.BAD_SIDE)
    if params.get("positionIdx", 0) not in (0, "0"):
        raise errors.VenueError(errors.bad_parameter("position idx not match position mode"))
    tif, price = _price(params)
    with _named(contract):
        return exchange.place(
            account.name,
            contract.symbol,
            params["side"] == "Buy",
            _number(params, "qty", errors.BAD_QUANTITY),
            price=price,
            tif=tif,
            client_order_id=link_id,
            reduce_only=params.get("reduceOnly") in (True, "true"),
        )


def amend(exchange: Exchange, account: Account, params: Params) -> Order:
    """Let an order work with another quantity or price from now on.

    Raises:
        VenueError: there is no such open order, nothing would change, or the exchange would not do it.
    """
    order, contract = named(exchange, account, params), contract_of(exchange, params)
    if not order.is_open:
        raise errors.VenueError(errors.NO_SUCH_ORDER[names.category_of(contract)])
    quantity = _number(params, "qty", errors.BAD_QUANTITY) if params.get("qty") else order.quantity
    price = _number(params, "price", errors.BAD_PRICE) if params.get("price") else order.price
    if (quantity, price) == (order.quantity, order.price):
        raise errors.VenueError(errors.NOT_MODIFIED)
    with _named(contract):
        exchange.amend(order, quantity, price)
    return order


def cancel(exchange: Exchange, account: Account, params: Params) -> Order:
    """Take an open order back.

    Raises:
        VenueError: there is no such open order.
    """
    order, contract = named(exchange, account, params), contract_of(exchange, params)
    with _named(contract):
        return exchange.cancel(account.name, contract.symbol, order_id=order.order_id, client_order_id=None)


def named(exchange: Exchange, account: Account, params: Params) -> Order:
    """Return the order that a request names."""
    contract = contract_of(exchange, params)
    order_id, link_id = params.get("orderId"), params.get("orderLinkId")
    if not order_id and not link_id:
        raise errors.VenueError(errors.NO_ORDER_NAMED)
    with _named(contract):
        number = names.order_number(order_id) if order_id else None
        return account.find(
            contract.symbol, order_id=-1 if order_id and number is None else number, client_order_id=link_id
        )


def contract_of(exchange: Exchange, params: Params) -> Contract:
    """Return the contract that a request names."""
    category = category_of(params)
    found = exchange.contracts.get(names.internal(category, params.get("symbol", "")))
    if found is None or found.is_spot != (category == "spot"):
        raise errors.VenueError(errors.BAD_SYMBOL)
    return found


def category_of(params: Params) -> str:
    category = params.get("category")
    if category not in ("linear", "spot"):
        raise errors.VenueError(errors.BAD_CATEGORY)
    return str(category)


class _named:  # noqa: N801 - reads as a word of the `with` it stands in
    """Says in the venue's words what the exchange refused."""

    def __init__(self, contract: Contract) -> None:
        self._category = names.category_of(contract)

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: object, refusal: BaseException | None, trace: object) -> None:
        if isinstance(refusal, Refused):
            reason = refusal.reason if refusal.reason in errors.OF_REASON else Reason.UNKNOWN
            raise errors.VenueError(errors.OF_REASON[reason][self._category]) from refusal


def _price(params: Params) -> tuple[Tif, Decimal | None]:
    kind = params.get("orderType")
    if kind == "Market":
        return Tif.IOC, None
    if kind != "Limit":
        raise errors.VenueError(errors.BAD_TYPE)
    if params.get("timeInForce", "GTC") not in _TIFS:
        raise errors.VenueError(errors.BAD_TIF)
    return _TIFS[params.get("timeInForce", "GTC")], _number(params, "price", errors.BAD_PRICE)


def _number(params: Params, name: str, wrong: errors.No) -> Decimal:
    try:
        value = Decimal(params.get(name, ""))
    except (InvalidOperation, TypeError):
        raise errors.VenueError(wrong) from None
    if not value.is_finite() or value <= 0:
        raise errors.VenueError(wrong)
    return value
