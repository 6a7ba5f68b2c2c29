"""The venue's HTTP API: what each path answers, and to whom."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from simulators.bybit import account_payloads, errors, names, payloads
from simulators.bybit.orders import Params, amend, cancel, category_of, contract_of, place
from simulators.bybit.venue import Venue
from simulators.exchange.orders import Account, Order, Position

type Handler = Callable[[Venue, Account, Params], object]
_DAY_MS = 24 * 3_600_000
_RECENT = 500  # closed orders that the list of working ones still knows


@dataclass(frozen=True, slots=True)
class Route:
    """One path. `is_public` needs no key; `is_order` is what the limit of orders is for."""

    handler: Handler
    is_public: bool = False
    is_order: bool = False


def _time(venue: Venue, _: Account, __: Params) -> object:
    now_ms = venue.clock()
    return {"timeSecond": str(now_ms // 1000), "timeNano": str(now_ms * 1_000_000)}


def _instruments(venue: Venue, _: Account, params: Params) -> object:
    category, symbol = category_of(params), params.get("symbol")
    listed = [
        account_payloads.instrument(one)
        for one in venue.exchange.contracts.values()
        if names.category_of(one) == category and symbol in (None, names.symbol_of(one))
    ]
    return {"category": category, "list": listed, "nextPageCursor": ""}


def _book(venue: Venue, _: Account, params: Params) -> object:
    contract = contract_of(venue.exchange, params)
    told = payloads.order_book(venue.exchange, contract, venue.clock())
    return {**told["data"], "ts": told["ts"], "cts": told["cts"]}  # type: ignore[dict-item]  # an object, as made there


def _tickers(venue: Venue, _: Account, params: Params) -> object:
    category, symbol = category_of(params), params.get("symbol")
    listed = []
    for contract in venue.exchange.contracts.values():
        if names.category_of(contract) != category or symbol not in (None, names.symbol_of(contract)):
            continue
        told: payloads.Json = {"symbol": names.symbol_of(contract)}
        for name, is_buy in (("bid1", True), ("ask1", False)):
            best = venue.exchange.best(contract.symbol, is_buy)
            told[f"{name}Price"] = payloads.at(contract.tick, best[0]) if best else ""
            told[f"{name}Size"] = payloads.at(contract.lot, best[1]) if best else ""
        listed.append({**told, "lastPrice": told["bid1Price"]})
    return {"category": category, "list": listed}


def _fee_rate(venue: Venue, _: Account, params: Params) -> object:
    category, symbol = category_of(params), params.get("symbol")
    return {
        "list": [
            account_payloads.fee_rate(one)
            for one in venue.exchange.contracts.values()
            if names.category_of(one) == category and symbol in (None, names.symbol_of(one))
        ]
    }


def _key(venue: Venue, account: Account, _: Params) -> object:
    return account_payloads.key_info(next(one.key for one in venue.keys.values() if one.account == account.name))


def _info(_: Venue, __: Account, ___: Params) -> object:
    return account_payloads.account_info()


def _wallet(venue: Venue, account: Account, params: Params) -> object:
    if params.get("accountType") != "UNIFIED":
        raise errors.VenueError(errors.bad_parameter("accountType only support UNIFIED."))
    return {"list": [account_payloads.wallet(venue.exchange, account)]}


def _positions(venue: Venue, account: Account, params: Params) -> object:
    if category_of(params) != "linear":
        raise errors.VenueError(errors.BAD_CATEGORY)
    if not params.get("symbol") and not params.get("settleCoin"):
        raise errors.VenueError(errors.NO_SYMBOL)
    contracts = venue.exchange.contracts
    if params.get("symbol"):  # then a flat one is told as well
        wanted = [contract_of(venue.exchange, params)]
    else:
        wanted = [contracts[symbol] for symbol, held in account.positions.items() if held.quantity]
    listed = [payloads.position(venue.exchange, one, account.positions.get(one.symbol, Position())) for one in wanted]
    return {"category": "linear", **_page(listed, params, 20, 200)}


def _new_order(venue: Venue, account: Account, params: Params) -> object:
    return _acknowledged(place(venue.exchange, account, params))


def _amend_order(venue: Venue, account: Account, params: Params) -> object:
    return _acknowledged(amend(venue.exchange, account, params))


def _cancel_order(venue: Venue, account: Account, params: Params) -> object:
    return _acknowledged(cancel(venue.exchange, account, params))


def _cancel_all(venue: Venue, account: Account, params: Params) -> object:
    listed = []
    for order in [one for one in _of_category(venue, account, params) if one.is_open]:
        venue.exchange.cancel(account.name, order.symbol, order_id=order.order_id, client_order_id=None)
        listed.append(_acknowledged(order))
    return {"list": listed, "success": "1"}


def _protect(venue: Venue, account: Account, params: Params) -> object:
    product, within_s = str(params.get("product", "OPTIONS")), params.get("timeWindow")
    if not isinstance(within_s, int) or not 3 <= within_s <= 300:
        raise errors.VenueError(errors.bad_parameter("params error: timeWindow invalid"))
    venue.windows_s[account.name, product] = within_s
    return {}


def _acknowledged(order: Order) -> Mapping[str, str]:
    return {"orderId": names.order_id(order), "orderLinkId": order.client_order_id}


def _realtime(venue: Venue, account: Account, params: Params) -> object:
    """Open orders, and of the closed ones the newest where they are named or asked for."""
    orders = _of_category(venue, account, params)
    closed = [one for one in orders if not one.is_open][:_RECENT]
    if params.get("orderId") or params.get("orderLinkId"):
        orders = _named([one for one in orders if one.is_open] + closed, params)
    elif str(params.get("openOnly", "0")) == "1":
        orders = closed
    else:
        if category_of(params) == "linear" and not any(params.get(one) for one in ("symbol", "settleCoin", "baseCoin")):
            raise errors.VenueError(errors.NO_SYMBOL)
        orders = [one for one in orders if one.is_open]
    return _orders(venue, orders, params)


def _history(venue: Venue, account: Account, params: Params) -> object:
    begin, end = _span(venue, params)
    orders = [one for one in _of_category(venue, account, params) if not one.is_open]
    if params.get("orderId") or params.get("orderLinkId"):
        orders = _named(orders, params)
    return _orders(venue, [one for one in orders if begin <= one.time_ms <= end], params)


def _of_category(venue: Venue, account: Account, params: Params) -> list[Order]:
    """Return an account's orders, newest first."""
    category = category_of(params)
    symbol = contract_of(venue.exchange, params).symbol if params.get("symbol") else None
    return [
        one
        for one in reversed(account.orders.values())
        if names.category_of(venue.exchange.contracts[one.symbol]) == category and symbol in (None, one.symbol)
    ]


def _named(orders: Sequence[Order], params: Params) -> list[Order]:
    if params.get("orderId"):
        return [one for one in orders if names.order_id(one) == params["orderId"]]
    return [one for one in orders if one.client_order_id == params["orderLinkId"]]


def _orders(venue: Venue, orders: Sequence[Order], params: Params) -> object:
    contracts = venue.exchange.contracts
    listed = [payloads.order(one, contracts[one.symbol], venue.exchange) for one in orders]
    return {"category": category_of(params), **_page(listed, params, 20, 50)}


def _executions(venue: Venue, account: Account, params: Params) -> object:
    begin, end = _span(venue, params)
    orders = {one.order_id: one for one in _of_category(venue, account, params)}
    if params.get("orderId") or params.get("orderLinkId"):
        orders = {one.order_id: one for one in _named(list(orders.values()), params)}
    contracts = venue.exchange.contracts
    listed = [
        payloads.execution(one, orders[one.order_id], contracts[one.symbol])
        for one in reversed(account.trades)
        if one.order_id in orders and begin <= one.time_ms <= end and one.trade_id not in venue.faults.hidden_trades
    ]
    return {"category": category_of(params), **_page(listed, params, 50, 100)}


def _span(venue: Venue, params: Params) -> tuple[int, int]:
    """Return the time that is asked about: at most seven days, the last ones where nothing else is said."""
    end = int(params.get("endTime") or (int(params["startTime"]) + 7 * _DAY_MS if params.get("startTime") else 0))
    end = end or venue.clock()
    begin = int(params.get("startTime") or end - 7 * _DAY_MS)
    if end - begin > 7 * _DAY_MS or begin > end:
        raise errors.VenueError(errors.SPAN_TOO_LONG)
    return begin, end


def _page(listed: Sequence[object], params: Params, usual: int, most: int) -> Mapping[str, object]:
    limit, cursor = str(params.get("limit") or usual), str(params.get("cursor") or "at:0")
    if not limit.isdigit() or not 1 <= int(limit) <= most:
        raise errors.VenueError(errors.BAD_LIMIT)
    first = cursor.removeprefix("at:")
    if not cursor.startswith("at:") or not first.isdigit():
        raise errors.VenueError(errors.BAD_CURSOR)
    end = int(first) + int(limit)
    return {"list": listed[int(first) : end], "nextPageCursor": f"at:{end}" if end < len(listed) else ""}


def _log(venue: Venue, account: Account, params: Params) -> object:
    """Newest first; settlements of funding alone."""
    begin, end = _span(venue, params)
    contracts = venue.exchange.contracts
    listed = [
        account_payloads.settlement(one, contracts[one.symbol])
        for one in reversed(account.payments)
        if begin <= one.time_ms <= end and params.get("type") in (None, "SETTLEMENT")
    ]
    return _page(listed, params, 20, 50)


ROUTES: Mapping[tuple[str, str], Route] = {
    ("GET", "/v5/market/time"): Route(_time, is_public=True),
    ("GET", "/v5/market/instruments-info"): Route(_instruments, is_public=True),
    ("GET", "/v5/market/orderbook"): Route(_book, is_public=True),
    ("GET", "/v5/market/tickers"): Route(_tickers, is_public=True),
    ("GET", "/v5/user/query-api"): Route(_key),
    ("GET", "/v5/account/fee-rate"): Route(_fee_rate),
    ("GET", "/v5/account/info"): Route(_info),
    ("GET", "/v5/account/wallet-balance"): Route(_wallet),
    ("GET", "/v5/position/list"): Route(_positions),
    ("GET", "/v5/order/realtime"): Route(_realtime),
    ("GET", "/v5/order/history"): Route(_history),
    ("GET", "/v5/execution/list"): Route(_executions),
    ("GET", "/v5/account/transaction-log"): Route(_log),
    ("POST", "/v5/order/create"): Route(_new_order, is_order=True),
    ("POST", "/v5/order/amend"): Route(_amend_order, is_order=True),
    ("POST", "/v5/order/cancel"): Route(_cancel_order, is_order=True),
    ("POST", "/v5/order/cancel-all"): Route(_cancel_all, is_order=True),
    ("POST", "/v5/order/disconnected-cancel-all"): Route(_protect),
}
