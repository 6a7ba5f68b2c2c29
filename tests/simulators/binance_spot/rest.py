"""Spot's HTTP API: what each path answers, and to whom."""

from __future__ import annotations

import json
from collections.abc import Mapping

from simulators.binance_futures import errors as common
from simulators.binance_futures.errors import VenueError
from simulators.binance_futures.orders import contract_of
from simulators.binance_futures.rest import Params, Route, Security
from simulators.binance_spot import account_payloads, errors, payloads
from simulators.binance_spot.orders import amend, place
from simulators.binance_spot.venue import SpotVenue
from simulators.exchange.orders import Account, Reason, Refused

_DAY_MS = 24 * 3_600_000
_PAGE = 500
_LONGEST_PAGE = 1_000


def _ping(_: SpotVenue, __: Account, ___: Params) -> object:
    return {}


def _time(venue: SpotVenue, _: Account, __: Params) -> object:
    return {"serverTime": venue.clock()}


def _exchange_info(venue: SpotVenue, _: Account, params: Params) -> object:
    wanted = [params["symbol"]] if "symbol" in params else json.loads(params.get("symbols", "[]"))
    if any(symbol not in venue.exchange.contracts for symbol in wanted):
        raise VenueError(common.BAD_SYMBOL)
    return account_payloads.exchange_info(venue.exchange, venue.limits, venue.clock(), wanted)


def _book_ticker(venue: SpotVenue, _: Account, params: Params) -> object:
    contract = contract_of(venue.exchange, params)
    best = payloads.book_ticker(venue.exchange, contract.symbol)
    if best is None:
        return {}
    return {
        "symbol": contract.symbol,
        "bidPrice": best["b"],
        "bidQty": best["B"],
        "askPrice": best["a"],
        "askQty": best["A"],
    }


def _account(venue: SpotVenue, account: Account, _: Params) -> object:
    return account_payloads.account_info(venue.exchange, account)


def _trade_fee(venue: SpotVenue, _: Account, params: Params) -> object:
    contracts = [one for one in venue.exchange.contracts.values() if params.get("symbol") in (None, one.symbol)]
    return account_payloads.trade_fees(contracts)


def _new_order(venue: SpotVenue, account: Account, params: Params) -> object:
    venue.limits.use_order(venue.clock())
    order = place(venue.exchange, account.name, params)
    return payloads.placed(order, [one for one in account.trades if one.order_id == order.order_id])


def _named(params: Params) -> tuple[int | None, str | None]:
    order_id, client_order_id = params.get("orderId"), params.get("origClientOrderId")
    if order_id is None and client_order_id is None:
        raise VenueError(common.NO_ORDER_NAMED)
    return (int(order_id) if order_id is not None else None), client_order_id


def _get_order(venue: SpotVenue, account: Account, params: Params) -> object:
    contract = contract_of(venue.exchange, params)
    order_id, client_order_id = _named(params)
    try:
        return payloads.order(account.find(contract.symbol, order_id=order_id, client_order_id=client_order_id))
    except Refused:
        raise VenueError(common.NO_SUCH_ORDER) from None


def _amend_order(venue: SpotVenue, account: Account, params: Params) -> object:
    contract = contract_of(venue.exchange, params)
    order_id, client_order_id = _named(params)
    try:
        found = account.find(contract.symbol, order_id=order_id, client_order_id=client_order_id)
    except Refused:
        raise VenueError(common.NO_SUCH_ORDER) from None
    amend(venue.exchange, found, params)
    return payloads.amended(found)


def _cancel_order(venue: SpotVenue, account: Account, params: Params) -> object:
    contract = contract_of(venue.exchange, params)
    order_id, client_order_id = _named(params)
    order = venue.exchange.cancel(account.name, contract.symbol, order_id=order_id, client_order_id=client_order_id)
    return payloads.canceled(order, params.get("newClientOrderId", ""))


def _cancel_all(venue: SpotVenue, account: Account, params: Params) -> object:
    contract = contract_of(venue.exchange, params)
    orders = account.open_orders(contract.symbol)
    if not orders:
        raise Refused(Reason.UNKNOWN)
    for order in orders:
        venue.exchange.cancel(account.name, contract.symbol, order_id=order.order_id, client_order_id=None)
    return [payloads.canceled(order, "") for order in orders]


def _open_orders(_: SpotVenue, account: Account, params: Params) -> object:
    return [payloads.order(one) for one in account.open_orders(params.get("symbol"))]


def _all_orders(venue: SpotVenue, account: Account, params: Params) -> object:
    contract = contract_of(venue.exchange, params)
    first = int(params.get("orderId", "0"))
    begin, end = _span(params, venue.clock())
    listed = [
        payloads.order(one)
        for one in account.orders.values()
        if one.symbol == contract.symbol and one.order_id >= first and begin <= one.time_ms <= end
    ]
    return listed[-_page(params) :]


def _my_trades(venue: SpotVenue, account: Account, params: Params) -> object:
    contract = contract_of(venue.exchange, params)
    trades = [one for one in account.trades if one.symbol == contract.symbol]
    trades = [one for one in trades if one.trade_id not in venue.faults.hidden_trades]
    page = _page(params)
    if "orderId" in params:
        trades = [one for one in trades if one.order_id == int(params["orderId"])]
    if "fromId" in params:
        return [payloads.trade(one) for one in trades if one.trade_id >= int(params["fromId"])][:page]
    begin, end = _span(params, venue.clock())
    found = [payloads.trade(one) for one in trades if begin <= one.time_ms <= end]
    return found[:page] if "startTime" in params or "orderId" in params else found[-page:]


def _span(params: Params, now_ms: int) -> tuple[int, int]:
    if "startTime" not in params:
        return 0, int(params.get("endTime", str(now_ms + _DAY_MS)))
    begin = int(params["startTime"])
    end = int(params.get("endTime", str(begin + _DAY_MS)))
    if end - begin > _DAY_MS:
        raise VenueError(errors.TOO_LONG_A_SPAN)
    return begin, end


def _page(params: Params) -> int:
    return min(int(params.get("limit", str(_PAGE))), _LONGEST_PAGE)


ROUTES: Mapping[tuple[str, str], Route] = {
    ("GET", "/api/v3/ping"): Route(_ping, Security.NONE),
    ("GET", "/api/v3/time"): Route(_time, Security.NONE),
    ("GET", "/api/v3/exchangeInfo"): Route(_exchange_info, Security.NONE, 20),
    ("GET", "/api/v3/ticker/bookTicker"): Route(_book_ticker, Security.NONE, 2),
    ("GET", "/sapi/v1/asset/tradeFee"): Route(_trade_fee, Security.SIGNED),
    ("GET", "/api/v3/account"): Route(_account, Security.SIGNED, 20),
    ("POST", "/api/v3/order"): Route(_new_order, Security.SIGNED),
    ("PUT", "/api/v3/order/amend/keepPriority"): Route(_amend_order, Security.SIGNED, 4),
    ("GET", "/api/v3/order"): Route(_get_order, Security.SIGNED, 4),
    ("DELETE", "/api/v3/order"): Route(_cancel_order, Security.SIGNED),
    ("GET", "/api/v3/openOrders"): Route(_open_orders, Security.SIGNED, 80, ("symbol", 6)),
    ("DELETE", "/api/v3/openOrders"): Route(_cancel_all, Security.SIGNED),
    ("GET", "/api/v3/allOrders"): Route(_all_orders, Security.SIGNED, 20),
    ("GET", "/api/v3/myTrades"): Route(_my_trades, Security.SIGNED, 20, ("orderId", 5)),
}
