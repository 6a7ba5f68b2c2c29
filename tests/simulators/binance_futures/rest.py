"""The venue's HTTP API: what each path answers, and to whom."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum, auto
from typing import Any

from simulators.binance_futures import account_payloads, errors, payloads
from simulators.binance_futures.orders import amend, contract_of, place
from simulators.binance_futures.venue import Venue
from simulators.exchange.orders import Account, Position, Refused

type Params = Mapping[str, str]
type Handler = Callable[[Any, Account, Params], object]  # of the product that the path belongs to
_DAY_MS = 24 * 3_600_000
_PAGE = 500
_LONGEST_PAGE = 1_000


class Security(Enum):
    """What a path asks of whoever asks."""

    NONE = auto()
    KEY = auto()
    SIGNED = auto()


@dataclass(frozen=True, slots=True)
class Route:
    """One path."""

    handler: Handler
    security: Security
    weight: int = 1
    lighter: tuple[str, int] | None = None  # a parameter, and the weight where it is given

    def weighs(self, params: Params) -> int:
        """Return what a request with these parameters counts."""
        return self.lighter[1] if self.lighter is not None and self.lighter[0] in params else self.weight


def _ping(_: Venue, __: Account, ___: Params) -> object:
    return {}


def _time(venue: Venue, _: Account, __: Params) -> object:
    return {"serverTime": venue.clock()}


def _exchange_info(venue: Venue, _: Account, __: Params) -> object:
    limits = venue.limits
    return account_payloads.exchange_info(
        venue.exchange, venue.clock(), limits.weight_1m, limits.orders_1m, limits.orders_10s
    )


def _account(venue: Venue, account: Account, _: Params) -> object:
    return account_payloads.account_info(venue.exchange, account)


def _balance(venue: Venue, account: Account, _: Params) -> object:
    return account_payloads.balance(venue.exchange, account)


def _position_risk(venue: Venue, account: Account, params: Params) -> object:
    """Only contracts that the account has a position or an open order of, as version 3 does."""
    wanted = params.get("symbol")
    busy = {symbol for symbol, held in account.positions.items() if held.quantity}
    busy |= {order.symbol for order in account.open_orders()}
    return [
        payloads.position_risk(venue.exchange, symbol, account.positions.get(symbol, Position()))
        for symbol in sorted(busy)
        if wanted in (None, symbol)
    ]


def _symbol_config(venue: Venue, _: Account, params: Params) -> object:
    contracts = venue.exchange.contracts.values()
    return [account_payloads.symbol_config(one) for one in contracts if params.get("symbol") in (None, one.symbol)]


def _one_way(_: Venue, __: Account, ___: Params) -> object:
    return {"dualSidePosition": False}


def _commission_rate(venue: Venue, _: Account, params: Params) -> object:
    return account_payloads.commission_rate(contract_of(venue.exchange, params))


def _make_listen_key(venue: Venue, account: Account, _: Params) -> object:
    return {"listenKey": venue.streams.listen_key(account.name).key}


def _keep_listen_key(venue: Venue, account: Account, _: Params) -> object:
    if not venue.streams.has_key(account.name):
        raise errors.VenueError(errors.NO_LISTEN_KEY)
    return {"listenKey": venue.streams.listen_key(account.name).key}


def _close_listen_key(venue: Venue, account: Account, _: Params) -> object:
    venue.streams.close_keys(account.name)
    return {}


def _new_order(venue: Venue, account: Account, params: Params) -> object:
    venue.limits.use_order(venue.clock())
    order = place(venue.exchange, account.name, params)
    return payloads.acknowledged(order, venue.exchange.contracts[order.symbol])


def _named(params: Params) -> tuple[int | None, str | None]:
    order_id, client_order_id = params.get("orderId"), params.get("origClientOrderId")
    if order_id is None and client_order_id is None:
        raise errors.VenueError(errors.NO_ORDER_NAMED)
    return (int(order_id) if order_id is not None else None), client_order_id


def _income(venue: Venue, account: Account, params: Params) -> object:
    """Oldest first; of the kinds of income there is funding alone."""
    if params.get("incomeType") not in (None, "FUNDING_FEE"):
        return []
    begin = int(params.get("startTime", venue.clock() - 7 * _DAY_MS))
    end = int(params.get("endTime", venue.clock()))
    listed = [one for one in account.payments if begin <= one.time_ms <= end]
    wanted = [one for one in listed if params.get("symbol") in (None, one.symbol)]
    return [account_payloads.income(one) for one in wanted[: min(int(params.get("limit", 100)), _LONGEST_PAGE)]]


def _countdown(venue: Venue, account: Account, params: Params) -> object:
    contract = contract_of(venue.exchange, params)
    venue.exchange.arm(account.name, contract.symbol, int(params["countdownTime"]))
    return {"symbol": contract.symbol, "countdownTime": params["countdownTime"]}


def _get_order(venue: Venue, account: Account, params: Params) -> object:
    contract = contract_of(venue.exchange, params)
    order_id, client_order_id = _named(params)
    try:
        found = account.find(contract.symbol, order_id=order_id, client_order_id=client_order_id)
    except Refused:
        raise errors.VenueError(errors.NO_SUCH_ORDER) from None
    return payloads.order(found, contract)


def _amend_order(venue: Venue, account: Account, params: Params) -> object:
    contract = contract_of(venue.exchange, params)
    order_id, client_order_id = _named(params)
    try:
        found = account.find(contract.symbol, order_id=order_id, client_order_id=client_order_id)
    except Refused:
        raise errors.VenueError(errors.NO_SUCH_ORDER) from None
    venue.limits.use_order(venue.clock())
    amend(venue.exchange, found, params)
    return payloads.placed(found, contract)


def _cancel_order(venue: Venue, account: Account, params: Params) -> object:
    contract = contract_of(venue.exchange, params)
    order_id, client_order_id = _named(params)
    order = venue.exchange.cancel(account.name, contract.symbol, order_id=order_id, client_order_id=client_order_id)
    return payloads.placed(order, contract)


def _cancel_all(venue: Venue, account: Account, params: Params) -> object:
    contract = contract_of(venue.exchange, params)
    for order in account.open_orders(contract.symbol):
        venue.exchange.cancel(account.name, contract.symbol, order_id=order.order_id, client_order_id=None)
    return {"code": 200, "msg": "The operation of cancel all open order is done."}


def _open_orders(venue: Venue, account: Account, params: Params) -> object:
    contracts = venue.exchange.contracts
    return [payloads.order(one, contracts[one.symbol]) for one in account.open_orders(params.get("symbol"))]


def _all_orders(venue: Venue, account: Account, params: Params) -> object:
    contract = contract_of(venue.exchange, params)
    first = int(params.get("orderId", "0"))
    begin, end = int(params.get("startTime", "0")), int(params.get("endTime", str(venue.clock())))
    listed = [
        payloads.order(one, contract)
        for one in account.orders.values()
        if one.symbol == contract.symbol and one.order_id >= first and begin <= one.time_ms <= end
    ]
    return listed[-_page(params) :]


def _user_trades(venue: Venue, account: Account, params: Params) -> object:
    contract = contract_of(venue.exchange, params)
    trades = [one for one in account.trades if one.symbol == contract.symbol]
    trades = [one for one in trades if one.trade_id not in venue.faults.hidden_trades]
    page = _page(params)
    if "orderId" in params:
        return [payloads.trade(one, contract) for one in trades if one.order_id == int(params["orderId"])][:page]
    if "fromId" in params:
        return [payloads.trade(one, contract) for one in trades if one.trade_id >= int(params["fromId"])][:page]
    end = int(params.get("endTime", str(venue.clock())))
    begin = int(params.get("startTime", str(end - 7 * _DAY_MS)))
    if end - begin > 7 * _DAY_MS:
        raise errors.VenueError(errors.TOO_LONG_A_SPAN)
    found = [payloads.trade(one, contract) for one in trades if begin <= one.time_ms <= end]
    return found[:page] if "startTime" in params else found[-page:]


def _page(params: Params) -> int:
    return min(int(params.get("limit", str(_PAGE))), _LONGEST_PAGE)


def _none(_: Venue, __: Account, ___: Params) -> object:
    return []


def _book_ticker(venue: Venue, _: Account, params: Params) -> object:
    contract = contract_of(venue.exchange, params)
    best = payloads.book_ticker(venue.exchange, contract.symbol, venue.clock())
    if best is None:
        return {}
    return {
        "symbol": contract.symbol,
        "bidPrice": best["b"],
        "bidQty": best["B"],
        "askPrice": best["a"],
        "askQty": best["A"],
        "time": best["T"],
    }


ROUTES: Mapping[tuple[str, str], Route] = {
    ("GET", "/fapi/v1/ping"): Route(_ping, Security.NONE),
    ("GET", "/fapi/v1/time"): Route(_time, Security.NONE),
    ("GET", "/fapi/v1/exchangeInfo"): Route(_exchange_info, Security.NONE),
    ("GET", "/fapi/v1/ticker/bookTicker"): Route(_book_ticker, Security.NONE, 2),
    ("GET", "/fapi/v2/account"): Route(_account, Security.SIGNED, 5),
    ("GET", "/fapi/v3/account"): Route(_account, Security.SIGNED, 5),
    ("GET", "/fapi/v2/balance"): Route(_balance, Security.SIGNED, 5),
    ("GET", "/fapi/v3/balance"): Route(_balance, Security.SIGNED, 5),
    ("GET", "/fapi/v2/positionRisk"): Route(_position_risk, Security.SIGNED, 5),
    ("GET", "/fapi/v3/positionRisk"): Route(_position_risk, Security.SIGNED, 5),
    ("GET", "/fapi/v1/symbolConfig"): Route(_symbol_config, Security.SIGNED, 5),
    ("GET", "/fapi/v1/positionSide/dual"): Route(_one_way, Security.SIGNED, 30),
    ("GET", "/fapi/v1/commissionRate"): Route(_commission_rate, Security.SIGNED, 20),
    ("POST", "/fapi/v1/listenKey"): Route(_make_listen_key, Security.KEY),
    ("PUT", "/fapi/v1/listenKey"): Route(_keep_listen_key, Security.KEY),
    ("DELETE", "/fapi/v1/listenKey"): Route(_close_listen_key, Security.KEY),
    ("POST", "/fapi/v1/order"): Route(_new_order, Security.SIGNED, 0),
    ("PUT", "/fapi/v1/order"): Route(_amend_order, Security.SIGNED),
    ("GET", "/fapi/v1/order"): Route(_get_order, Security.SIGNED),
    ("DELETE", "/fapi/v1/order"): Route(_cancel_order, Security.SIGNED),
    ("DELETE", "/fapi/v1/allOpenOrders"): Route(_cancel_all, Security.SIGNED),
    ("GET", "/fapi/v1/openOrders"): Route(_open_orders, Security.SIGNED, 40),
    ("GET", "/fapi/v1/openAlgoOrders"): Route(_none, Security.SIGNED, 40),
    ("GET", "/fapi/v1/allAlgoOrders"): Route(_none, Security.SIGNED, 5),
    ("GET", "/fapi/v1/allOrders"): Route(_all_orders, Security.SIGNED, 5),
    ("GET", "/fapi/v1/userTrades"): Route(_user_trades, Security.SIGNED, 5),
    ("POST", "/fapi/v1/countdownCancelAll"): Route(_countdown, Security.SIGNED, 10),
    ("GET", "/fapi/v1/income"): Route(_income, Security.SIGNED, 30),
}
