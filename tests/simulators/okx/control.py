"""The control port: what people and tests command, and what the venue itself has recorded."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from copy import deepcopy
from decimal import Decimal
from itertools import islice
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from simulators.binance_futures.faults import Fault, Kind
from simulators.exchange.orders import Account, Order, Refused, Status, Tif, Trade, forced
from simulators.okx import payloads
from simulators.okx.venue import Asked, Venue

type Body = Mapping[str, Any]
_PLACE = (("WS", "order"), ("POST", "/api/v5/trade/order"), ("POST", "/api/v5/trade/batch-orders"))


class Control:
    """Commands: `POST /_control/<name>` with a JSON object; lists: `GET /_control/orders`, `/requests`, `/state`.

    Amounts are in the base currency, never in contracts. `/requests?after=N` leaves the first N out.
    """

    def __init__(self, venue: Venue) -> None:
        self._venue = venue
        self._first = deepcopy(venue.exchange.accounts)  # as they are with nothing done yet
        self._commands: Mapping[str, Callable[[Body], object]] = {
            "quote": self._quote,
            "hit": self._hit,
            "hand": self._hand,
            "hand_cancel": self._hand_cancel,
            "hand_amend": self._hand_amend,
            "fill": self._fill,
            "fill_often": self._fill_often,
            "expire": self._expire,
            "fund": self._fund,
            "force_close": self._force_close,
            "fault": self._fault,
            "calm": self._calm,
            "forget": self._forget,
            "silent": self._silent,
            "hide_trades": self._hide_trades,
            "tell": self._tell,
            "hang_up": self._hang_up,
            "end_streams": self._end_streams,
            "position_mode": self._position_mode,
            "clock": self._clock,
            "limits": self._limits,
            "maintenance": self._maintenance,
        }
        self._lists = {"orders": self.orders, "state": self.state}

    async def answer(self, request: Request) -> Response:
        """Carry out a command, or show a list."""
        name = request.path_params["name"]
        try:
            if request.method == "GET" and name == "requests":
                return JSONResponse(self.requests(int(request.query_params.get("after", "0"))))
            if request.method == "GET":
                return JSONResponse(self._lists[name]())
            return JSONResponse(self._commands[name](await request.json()) or {})
        except (KeyError, ValueError, TypeError, Refused, StopIteration) as wrong:
            return JSONResponse({"error": f"{type(wrong).__name__}: {wrong}"}, 400)

    # -- what is recorded

    def orders(self) -> object:
        """Every order and trade of every account, and how often each client order id was asked for as a new order.

        Each as the venue lists it, and in the words of the other simulators, with amounts in the base currency.
        """
        venue = self._venue
        asked = [one for one in venue.asked if (one.method, one.path) in _PLACE]
        accounts = venue.exchange.accounts.values()
        return {
            "asked": Counter(one.client_order_id for one in asked),
            "orders": [self._order_told(one) for each in accounts for one in each.orders.values()],
            "trades": [self._trade_told(one, each) for each in accounts for one in each.trades],
            "positions": {each.name: self._held(each) for each in accounts},
            "coins": {each.name: {coin: str(held) for coin, held in each.coins.items()} for each in accounts},
        }

    def _held(self, account: Account) -> dict[str, str]:
        """Show positions in swaps, and what is held of each spot pair's coin."""
        contracts = self._venue.exchange.contracts.values()
        coins = {
            one.symbol: str(account.coins[one.base]) for one in contracts if one.is_spot and one.base in account.coins
        }
        return {**{symbol: str(held.quantity) for symbol, held in account.positions.items()}, **coins}

    def _order_told(self, one: Order) -> payloads.Json:
        return {
            **payloads.order(one, self._venue.listings[one.symbol]),
            "symbol": one.symbol,
            "clientOrderId": one.client_order_id,
            "orderId": one.order_id,
            "status": Status.CANCELED if one.status is Status.EXPIRED else one.status,
            "executedQty": str(one.filled),
        }

    def _trade_told(self, one: Trade, account: Account) -> payloads.Json:
        name = account.orders[one.order_id].client_order_id
        return {
            **payloads.fill(one, name, self._venue.listings[one.symbol]),
            "symbol": one.symbol,
            "id": one.trade_id,
            "orderId": one.order_id,
            "side": "BUY" if one.is_buy else "SELL",
            "qty": str(one.quantity),
            "price": str(one.price),
        }

    def requests(self, after: int = 0) -> object:
        """Every request but the first `after`, oldest first."""
        return [_request(one) for one in islice(self._venue.asked, after, None)]

    def state(self) -> object:
        """Connections and faults."""
        streams, faults = self._venue.streams, self._venue.faults
        kinds = Counter(one.kind for one in streams.connections)
        return {
            "userConnections": sum(1 for one in streams.connections if one.kind == "private" and one.account),
            "marketConnections": kinds["public"],
            "topics": sorted({" ".join(topic) for one in streams.connections for topic in one.topics}),
            "told": streams.told,
            "faults": faults.happened,
        }

    # -- the market

    def _quote(self, body: Body) -> None:
        sizes = (Decimal(body.get("bid_size", "1000")), Decimal(body.get("ask_size", "1000")))
        self._venue.exchange.quote(body["symbol"], Decimal(body["bid"]), Decimal(body["ask"]), *sizes)

    def _hit(self, body: Body) -> None:
        price = Decimal(body["price"]) if "price" in body else None
        self._venue.exchange.hit(body["symbol"], body["side"] == "BUY", Decimal(body["quantity"]), price)

    # -- somebody at the venue's own pages

    def _hand(self, body: Body) -> object:
        order = self._venue.exchange.place(
            self._account(body).name,
            body["symbol"],
            body["side"] == "BUY",
            Decimal(body["quantity"]),
            price=Decimal(body["price"]) if "price" in body else None,
            tif=Tif(body.get("tif", "GTC")),
            client_order_id=body.get("client_order_id", f"web{len(self._account(body).orders)}"),
        )
        return self._order_told(order)

    def _hand_cancel(self, body: Body) -> None:
        order = self._order(body)
        self._venue.exchange.cancel(
            self._account(body).name, order.symbol, order_id=order.order_id, client_order_id=None
        )

    def _hand_amend(self, body: Body) -> None:
        self._venue.exchange.amend(self._order(body), Decimal(body["quantity"]), Decimal(body["price"]))

    def _fill(self, body: Body) -> None:
        order = self._order(body)
        price = Decimal(body["price"]) if "price" in body else order.price
        if price is None:
            raise ValueError("a market order needs a price to fill at")
        quantity = Decimal(body["quantity"]) if "quantity" in body else order.left
        self._venue.exchange.fill(order, quantity, price)

    def _fill_often(self, body: Body) -> None:
        for _ in range(int(body["times"])):
            self._fill(body)

    def _expire(self, body: Body) -> None:
        self._venue.exchange.expire(self._order(body))

    def _fund(self, body: Body) -> None:
        self._venue.exchange.fund(body["symbol"], Decimal(body["rate"]))

    def _force_close(self, body: Body) -> None:
        exchange, is_buy = self._venue.exchange, body["side"] == "BUY"
        name = forced(body["cause"], exchange.now_ms())
        exchange.place(
            self._account(body).name, body["symbol"], is_buy, Decimal(body["quantity"]), client_order_id=name
        )

    def _account(self, body: Body) -> Account:
        accounts = self._venue.exchange.accounts
        return accounts[body["account"]] if "account" in body else next(iter(accounts.values()))

    def _order(self, body: Body) -> Order:
        account, name = self._account(body), body["client_order_id"]
        return next(one for one in reversed(account.orders.values()) if one.client_order_id == name)

    # -- what goes wrong

    def _fault(self, body: Body) -> None:
        self._venue.faults.waiting.append(Fault(**{**body, "kind": Kind(body["kind"])}))

    def _calm(self, _: Body) -> None:
        venue = self._venue
        venue.faults.waiting.clear()
        venue.faults.hidden_trades.clear()
        venue.faults.silent = False
        venue.clock.offset_ms = 0
        venue.position_mode = "net_mode"
        venue.is_in_maintenance = False

    def _forget(self, _: Body) -> None:
        accounts = self._venue.exchange.accounts
        for account in accounts.values():
            for order in account.open_orders():
                self._venue.exchange.cancel(account.name, order.symbol, order_id=order.order_id, client_order_id=None)
        accounts.clear()
        accounts.update(deepcopy(self._first))
        self._venue.asked.clear()

    def _silent(self, body: Body) -> None:
        self._venue.faults.silent = bool(body["silent"])

    def _hide_trades(self, body: Body) -> None:
        self._venue.faults.hidden_trades |= {int(one) for one in body["trade_ids"]}

    def _tell(self, body: Body) -> None:
        self._venue.streams.tell(self._account(body).name, body["message"])

    def _hang_up(self, body: Body) -> None:
        self._venue.streams.hang_up(body.get("what", "all"))

    def _end_streams(self, _: Body) -> None:
        self._venue.streams.forget_logins()

    def _position_mode(self, body: Body) -> None:
        self._venue.position_mode = str(body["mode"])

    def _clock(self, body: Body) -> None:
        self._venue.clock.offset_ms = int(body["offset_ms"])
        self._venue.exchange.expire_due()  # what is due by then has happened when this is answered

    def _limits(self, body: Body) -> None:
        for name in ("orders", "factor"):
            if name in body:
                setattr(self._venue.limits, name, int(body[name]))

    def _maintenance(self, body: Body) -> None:
        self._venue.is_in_maintenance = bool(body["on"])
        if body["on"]:
            self._venue.streams.hang_up("all")


def _request(one: Asked) -> payloads.Json:
    return {
        "at_ms": one.at_ms,
        "method": one.method,
        "path": one.path,
        "clientOrderId": one.client_order_id,
        "params": dict(one.params),
        "status": one.status,
        "code": one.code,
        "carriedOut": one.was_carried_out,
    }
