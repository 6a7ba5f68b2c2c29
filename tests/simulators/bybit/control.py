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
from simulators.bybit import names
from simulators.bybit.payloads import at
from simulators.bybit.venue import Venue
from simulators.exchange.orders import Account, Order, Refused, Status, Tif, Trade, forced

type Body = Mapping[str, Any]


class Control:
    """Commands: `POST /_control/<name>` with a JSON object; lists: `GET /_control/orders`, `/requests`, `/state`.

    `/requests?after=N` leaves the first N out. Symbols are the exchange's: of spot pairs with `-SPOT` behind them.
    """

    def __init__(self, venue: Venue) -> None:
        self._venue = venue
        self._first = deepcopy(venue.exchange.accounts)  # as they are with nothing done yet
        self._commands: Mapping[str, Callable[[Body], object]] = {
            "quote": self._quote,
            "hit": self._hit,
            "hand": self._hand,
            "hand_cancel": self._hand_cancel,
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
        except (KeyError, ValueError, TypeError, Refused) as wrong:
            return JSONResponse({"error": f"{type(wrong).__name__}: {wrong}"}, 400)

    # -- what is recorded

    def orders(self) -> object:
        """Every order and trade of every account, and how often each client order id was asked for as a new order."""
        accounts = self._venue.exchange.accounts.values()
        return {
            "asked": Counter(one.client_order_id for one in self._venue.asked if one.is_new_order),
            "orders": [self._order_told(one) for each in accounts for one in each.orders.values()],
            "trades": [self._trade_told(one, each.orders[one.order_id]) for each in accounts for one in each.trades],
            "positions": {
                each.name: {symbol: str(held.quantity) for symbol, held in each.positions.items()} for each in accounts
            },
        }

    def _order_told(self, one: Order) -> Mapping[str, object]:
        contract = self._venue.exchange.contracts[one.symbol]
        return {
            "orderId": names.order_id(one),
            "clientOrderId": one.client_order_id,
            "symbol": one.symbol,
            "side": "BUY" if one.is_buy else "SELL",
            "status": "CANCELED" if one.status is Status.EXPIRED else one.status.value,  # the venue has no other word
            "origQty": at(contract.lot, one.quantity),
            "executedQty": at(contract.lot, one.filled),
            "price": at(contract.tick, one.price or Decimal(0)),
            "reduceOnly": one.reduce_only,
            "time": one.time_ms,
        }

    def _trade_told(self, one: Trade, order: Order) -> Mapping[str, object]:
        contract = self._venue.exchange.contracts[one.symbol]
        return {
            "id": names.trade_id(one),
            "orderId": names.order_id(order),
            "symbol": one.symbol,
            "side": "BUY" if one.is_buy else "SELL",
            "qty": at(contract.lot, one.quantity),
            "price": at(contract.tick, one.price),
            "commission": format(one.fee, "f"),
            "commissionAsset": one.fee_asset,
            "time": one.time_ms,
        }

    def requests(self, after: int = 0) -> object:
        """Every request but the first `after`, oldest first."""
        return [
            {
                "at_ms": one.at_ms,
                "method": one.method,
                "path": one.path,
                "clientOrderId": one.client_order_id,
                "params": one.params,
                "status": one.status,
                "code": one.code,
                "carriedOut": one.was_carried_out,
            }
            for one in islice(self._venue.asked, after, None)
        ]

    def state(self) -> object:
        """Connections, topics and faults."""
        streams, faults = self._venue.streams, self._venue.faults
        return {
            "privateConnections": len(streams.private),
            "privateTopics": sorted({topic for connection in streams.private for topic in connection.topics}),
            "tradeConnections": len(streams.trade),
            "marketConnections": len(streams.market),
            "marketTopics": sorted({topic for connection in streams.market for topic in connection.topics}),
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
            client_order_id=body.get("client_order_id", ""),
        )
        return self._order_told(order)

    def _hand_cancel(self, body: Body) -> None:
        order = self._order(body)
        self._venue.exchange.cancel(
            self._account(body).name, order.symbol, order_id=order.order_id, client_order_id=None
        )

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
        faults = self._venue.faults
        faults.waiting.clear()
        faults.hidden_trades.clear()
        faults.silent = False
        self._venue.is_in_maintenance = False
        self._venue.clock.offset_ms = 0

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
        by_name = {names.trade_id(one): one.trade_id for one in self._account(body).trades}
        self._venue.faults.hidden_trades |= {by_name[one] for one in body["trade_ids"]}

    def _tell(self, body: Body) -> None:
        self._venue.streams.send(self._account(body).name, body["topic"], dict(body["element"]))

    def _hang_up(self, body: Body) -> None:
        self._venue.streams.hang_up(body.get("what", "all"))

    def _clock(self, body: Body) -> None:
        self._venue.clock.offset_ms = int(body["offset_ms"])
        self._venue.exchange.expire_due()  # what is due by then has happened when this is answered

    def _limits(self, body: Body) -> None:
        for name in ("orders", "questions", "ip_5s"):
            if name in body:
                setattr(self._venue.limits, name, int(body[name]))

    def _maintenance(self, body: Body) -> None:
        self._venue.is_in_maintenance = bool(body["on"])
        if body["on"]:
            self._venue.streams.hang_up("all")
