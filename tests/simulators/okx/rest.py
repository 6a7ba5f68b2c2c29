"""The venue's HTTP API: what each path answers, to whom, and how often."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from simulators.exchange.orders import Account, Order, Refused, Trade
from simulators.okx import account_payloads, errors, orders, payloads
from simulators.okx.orders import Params
from simulators.okx.venue import Venue

type Handler = Callable[[Venue, Account, Params], list[Any]]
_PAGE = 100
_AT_ONCE = 20  # cancels in one request
_KEPT_MS = 3 * 24 * 3_600_000  # of GET /trade/fills


@dataclass(frozen=True, slots=True)
class Route:
    """One path: whether it asks for a signature, and how often it may be asked within two seconds."""

    handler: Handler
    limit: int = 60
    is_private: bool = True


def _time(venue: Venue, _: Account, __: Params) -> list[Any]:
    return [{"ts": str(venue.clock())}]


def _instruments(venue: Venue, _: Account, params: Params) -> list[Any]:
    found = [one for one in venue.listings.values() if one.kind == params.get("instType")]
    wanted = params.get("instId")
    return [account_payloads.instrument(one) for one in found if wanted in (None, "", one.contract.symbol)]


def _ticker(venue: Venue, _: Account, params: Params) -> list[Any]:
    symbol = str(params.get("instId"))
    listing, exchange = venue.listings[symbol], venue.exchange
    bid, ask = exchange.best(symbol, is_buy=True), exchange.best(symbol, is_buy=False)
    told = {"instType": listing.kind, "instId": symbol, "ts": str(venue.clock())}
    for name, best in (("bid", bid), ("ask", ask)):
        told[f"{name}Px"] = payloads.plain(best[0]) if best else ""
        told[f"{name}Sz"] = payloads.size(best[1], listing) if best else ""
    return [{**told, "last": told["bidPx"], "lastSz": "0"}]


def _config(venue: Venue, _: Account, __: Params) -> list[Any]:
    return [account_payloads.config(venue.position_mode)]


def _balance(venue: Venue, account: Account, _: Params) -> list[Any]:
    return [account_payloads.balance(venue.exchange, account)]


def _positions(venue: Venue, account: Account, params: Params) -> list[Any]:
    return [
        account_payloads.position(held, account, venue.listings[symbol])
        for symbol, held in sorted(account.positions.items())
        if params.get("instId") in (None, "", symbol) and held.quantity
    ]


def _trade_fee(venue: Venue, _: Account, params: Params) -> list[Any]:
    kind = str(params.get("instType"))
    for one in venue.listings.values():
        if one.kind == kind:
            contract = one.contract
            return [account_payloads.trade_fee(kind, contract.maker_rate, contract.taker_rate, venue.clock())]
    raise errors.VenueError(errors.No("51000", "Parameter instType error", 400))


def _place(venue: Venue, account: Account, params: Params) -> list[Any]:
    return [placed(orders.place(venue, account, params, str(params.get("expTime", ""))), venue)]


def _cancel(venue: Venue, account: Account, params: Params) -> list[Any]:
    return [placed(orders.cancel(venue, account, params), venue)]


def _cancel_together(venue: Venue, account: Account, params: Params) -> list[Any]:
    """Cancel up to 20 orders, each as far as it can be."""
    if len(params["all"]) > _AT_ONCE:
        raise errors.VenueError(errors.No("51009", "Too many orders in one request", 400))
    told = []
    for one in params["all"]:
        try:
            told.append(placed(orders.cancel(venue, account, one), venue))
        except errors.OrderError as error:
            told.append(refused(str(one.get("clOrdId") or ""), error, venue))
    return told


def _amend(venue: Venue, account: Account, params: Params) -> list[Any]:
    order = orders.amend(venue, account, params)
    return [{**placed(order, venue), "reqId": str(params.get("reqId") or "")}]


def refused(client_order_id: str, error: errors.OrderError, venue: Venue) -> payloads.Json:
    """Return what the venue says of an order that it would do nothing with."""
    no, now = error.no, str(venue.clock())
    return {"clOrdId": client_order_id, "ordId": "", "tag": "", "ts": now, "sCode": no.code, "sMsg": no.msg}


def placed(order: Order, venue: Venue) -> payloads.Json:
    """Return what the venue says of an order that it did something with."""
    return {
        "clOrdId": order.client_order_id,
        "ordId": str(order.order_id),
        "tag": "",
        "ts": str(venue.clock()),
        "sCode": "0",
        "sMsg": "",
    }


def _order(venue: Venue, account: Account, params: Params) -> list[Any]:
    try:
        listing = orders.listed(venue, params)
        order_id, name = orders.named(params)
        found = account.find(listing.contract.symbol, order_id=order_id, client_order_id=name)
    except errors.OrderError as wrong:
        raise errors.VenueError(wrong.no) from wrong
    except Refused:
        raise errors.VenueError(errors.NO_SUCH_ORDER) from None
    return [payloads.order(found, listing)]


def _pending(venue: Venue, account: Account, params: Params) -> list[Any]:
    return _listed(venue, params, account.open_orders())


def _history(venue: Venue, account: Account, params: Params) -> list[Any]:
    return _listed(venue, params, [one for one in account.orders.values() if not one.is_open])


def _listed(venue: Venue, params: Params, found: list[Order]) -> list[Any]:
    """Return a page of orders, newest first; `after` is an order that older ones are wanted of."""
    before = int(params.get("after") or 0)
    told = [
        payloads.order(one, venue.listings[one.symbol])
        for one in sorted(found, key=lambda one: -one.order_id)
        if (not before or one.order_id < before)
        and params.get("instType") in (None, "", venue.listings[one.symbol].kind)
        and params.get("instId") in (None, "", one.symbol)
    ]
    return told[: _page(params)]


def _fills(venue: Venue, account: Account, params: Params) -> list[Any]:
    return _trades(venue, account, params, venue.clock() - _KEPT_MS)


def _fills_history(venue: Venue, account: Account, params: Params) -> list[Any]:
    if params.get("instType") not in ("SPOT", "SWAP", "MARGIN", "FUTURES", "OPTION"):
        raise errors.VenueError(errors.No("50014", "Parameter instType cannot be empty.", 400))
    return _trades(venue, account, params, 0)


def _trades(venue: Venue, account: Account, params: Params, since_ms: int) -> list[Any]:
    """Return a page of trades, newest first; `after` is a bill that older ones are wanted of."""
    before = int(params.get("after") or 0)
    begin = max(since_ms, int(params.get("begin") or 0))
    end = int(params.get("end") or venue.clock() + 1)

    def wanted(one: Trade) -> bool:
        return (
            begin <= one.time_ms <= end
            and (not before or payloads.bill(one) < before)
            and params.get("instType") in (None, "", venue.listings[one.symbol].kind)
            and params.get("instId") in (None, "", one.symbol)
            and params.get("ordId") in (None, "", str(one.order_id))
            and one.trade_id not in venue.faults.hidden_trades
        )

    page: list[Any] = []
    for one in reversed(account.trades):
        if wanted(one):
            name = account.orders[one.order_id].client_order_id
            page.append(payloads.fill(one, name, venue.listings[one.symbol]))
        if len(page) == _page(params):
            break
    return page


def _bills(venue: Venue, account: Account, params: Params) -> list[Any]:
    """Return a page of bills, newest first; of funding alone (type 8)."""
    before, begin = int(params.get("after") or 0), int(params.get("begin") or 0)
    listed = [
        account_payloads.funding_bill(one)
        for one in reversed(account.payments)
        if one.time_ms >= begin and (not before or one.payment_id < before) and params.get("type") in (None, "", "8")
    ]
    return listed[: _page(params)]


def _cancel_all_after(venue: Venue, account: Account, params: Params) -> list[Any]:
    within_s = int(params.get("timeOut") or 0)
    if within_s and not 10 <= within_s <= 120:
        raise errors.VenueError(errors.No("51000", "Parameter timeOut error", 400))
    venue.exchange.arm(account.name, None, within_s * 1_000)
    trigger_ms = venue.clock() + within_s * 1_000 if within_s else 0
    return [{"triggerTime": str(trigger_ms), "tag": "", "ts": str(venue.clock())}]


def _page(params: Params) -> int:
    return min(int(params.get("limit") or _PAGE), _PAGE)


def _none(_: Venue, __: Account, ___: Params) -> list[Any]:
    return []


ROUTES: Mapping[tuple[str, str], Route] = {
    ("GET", "/api/v5/public/time"): Route(_time, 10, is_private=False),
    ("GET", "/api/v5/public/instruments"): Route(_instruments, 20, is_private=False),
    ("GET", "/api/v5/market/ticker"): Route(_ticker, 20, is_private=False),
    ("GET", "/api/v5/account/instruments"): Route(_instruments, 20),
    ("GET", "/api/v5/account/config"): Route(_config, 5),
    ("GET", "/api/v5/account/balance"): Route(_balance, 10),
    ("GET", "/api/v5/account/positions"): Route(_positions, 10),
    ("GET", "/api/v5/account/trade-fee"): Route(_trade_fee, 5),
    ("POST", "/api/v5/trade/cancel-all-after"): Route(_cancel_all_after, 2),
    ("GET", "/api/v5/account/bills"): Route(_bills, 5),
    ("GET", "/api/v5/account/bills-archive"): Route(_bills, 5),
    ("POST", "/api/v5/trade/order"): Route(_place),
    ("POST", "/api/v5/trade/batch-orders"): Route(_place),  # of one order
    ("POST", "/api/v5/trade/cancel-order"): Route(_cancel),
    ("POST", "/api/v5/trade/cancel-batch-orders"): Route(_cancel_together, 15),
    ("POST", "/api/v5/trade/amend-order"): Route(_amend),
    ("GET", "/api/v5/trade/order"): Route(_order),
    ("GET", "/api/v5/trade/orders-pending"): Route(_pending),
    ("GET", "/api/v5/trade/orders-history"): Route(_history, 40),
    ("GET", "/api/v5/trade/orders-algo-pending"): Route(_none, 20),
    ("GET", "/api/v5/trade/fills"): Route(_fills),
    ("GET", "/api/v5/trade/fills-history"): Route(_fills_history, 10),
}
