"""The control port: what people and tests command, and what the venue itself has recorded."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from decimal import Decimal
from itertools import islice
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from simulators.binance_futures.faults import Fault, Kind
from simulators.deribit import errors, payloads, trading, triggers
from simulators.deribit.streams import Streams
from simulators.deribit.venue import Meta, Venue
from simulators.deribit.waiting import Waiting
from simulators.exchange.orders import Order, Refused

type Body = Mapping[str, Any]
_PLACE = ("private/buy", "private/sell")


class Control:
    """Commands: `POST /_control/<name>` with a JSON object; lists: `GET /_control/orders`, `/requests`, `/state`.

    `/requests?after=N` leaves the first N out.
    """

    def __init__(self, venue: Venue, streams: Streams) -> None:
        self._venue = venue
        self._streams = streams
        self._commands: Mapping[str, Callable[[Body], object]] = {
            "quote": self._quote,
            "hit": self._hit,
            "hand": self._hand,
            "hand_cancel": self._hand_cancel,
            "fill": self._fill,
            "fill_often": self._fill,
            "fault": self._fault,
            "calm": self._calm,
            "silent": self._silent,
            "freeze": self._freeze,
            "hide_trades": self._hide_trades,
            "tell": self._tell,
            "hang_up": self._hang_up,
            "expire_tokens": self._expire_tokens,
            "end_streams": self._expire_tokens,
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
        except (KeyError, ValueError, TypeError, StopIteration, Refused, errors.VenueError) as wrong:
            return JSONResponse({"error": f"{type(wrong).__name__}: {wrong}"}, 400)

    # -- what is recorded

    def orders(self) -> object:
        """Every order and trade of every user, and how often each label was asked for as a new order."""
        venue = self._venue
        users = sorted({name.partition("/")[0] for name in venue.exchange.accounts})
        orders = {user: {one.order_id: one for one in venue.orders(user)} for user in users}
        return {
            "asked": Counter(one.label for one in venue.asked if one.method in _PLACE),
            "orders": [
                *(payloads.order(venue, one) | self._anywhere(one) for user in users for one in orders[user].values()),
                *(_waiting(one) for user in users for one in triggers.waiting(venue, user)),
            ],
            "trades": [
                payloads.user_trade(venue, one, orders[user][one.order_id])
                | {"id": venue.order_id(one.trade_id, one.symbol)}
                for user in users
                for one in venue.trades(user)
            ],
            "positions": {
                each.name: {symbol: str(held.quantity) for symbol, held in each.positions.items()}
                for each in venue.exchange.accounts.values()
            },
            "wallets": {each.name: str(each.wallet) for each in venue.exchange.accounts.values()},
        }

    def _anywhere(self, order: Order) -> dict[str, object]:
        """Return what every simulated venue shows of an order in the same words."""
        words = {"open": "PARTIALLY_FILLED" if order.filled else "NEW", "filled": "FILLED", "cancelled": "CANCELED"}
        return {
            "clientOrderId": self._venue.meta(order).label,
            "status": words[payloads.state(order)],
            "executedQty": str(order.filled),
        }

    def requests(self, after: int = 0) -> object:
        """Every request but the first `after`, oldest first."""
        return [
            {
                "at_ms": one.at_ms,
                "method": one.method,
                "path": one.method,
                "clientOrderId": one.label,
                "params": one.params,
                "code": one.code,
                "carriedOut": one.was_carried_out,
            }
            for one in islice(self._venue.asked, after, None)
        ]

    def state(self) -> object:
        """Connections, channels, errors and faults."""
        connections = self._streams.connections
        return {
            "connections": len(connections),
            "channels": sorted({name for one in connections for name in one.channels}),
            "told": self._streams.told,
            "codes": Counter(str(one.code) for one in self._venue.asked if one.code is not None),
            "faults": self._venue.faults.happened,
        }

    # -- the market

    def _quote(self, body: Body) -> None:
        sizes = (Decimal(body.get("bid_size", "1000000")), Decimal(body.get("ask_size", "1000000")))
        self._venue.exchange.quote(body["symbol"], Decimal(body["bid"]), Decimal(body["ask"]), *sizes)

    def _hit(self, body: Body) -> None:
        price = Decimal(body["price"]) if "price" in body else None
        self._venue.exchange.hit(body["symbol"], body["side"] == "BUY", Decimal(body["quantity"]), price)

    # -- somebody at the venue's own pages

    def _hand(self, body: Body) -> object:
        listing = self._venue.listings[body["symbol"]]
        self._venue.coming = Meta(label=body.get("client_order_id", ""), api=False)
        order = self._venue.exchange.place(
            f"{body.get('user', 'main')}/{listing.currency}",
            listing.name,
            body["side"] == "BUY",
            Decimal(body["quantity"]),
            price=Decimal(body["price"]) if "price" in body else None,
        )
        return payloads.order(self._venue, order)

    def _hand_cancel(self, body: Body) -> None:
        trading.cancel(self._venue, self._order(body))

    def _fill(self, body: Body) -> None:
        order = self._order(body)
        price = Decimal(body["price"]) if "price" in body else order.price
        if price is None:
            raise ValueError("a market order needs a price to fill at")
        for _ in range(int(body.get("times", 1))):
            self._venue.exchange.fill(order, Decimal(body["quantity"]), price)

    def _order(self, body: Body) -> Order:
        named = trading.by_label(self._venue, body.get("user", "main"), body["client_order_id"])
        return named[-1]

    # -- what goes wrong

    def _fault(self, body: Body) -> None:
        self._venue.faults.waiting.append(Fault(**{**body, "kind": Kind(body["kind"])}))

    def _calm(self, _: Body) -> None:
        faults = self._venue.faults
        faults.waiting.clear()
        faults.hidden_trades.clear()
        faults.silent = self._streams.is_frozen = self._venue.is_in_maintenance = False
        self._venue.turned_away_until_ms = 0
        self._venue.clock.offset_ms = 0

    def _silent(self, body: Body) -> None:
        self._venue.faults.silent = bool(body["silent"])

    def _freeze(self, body: Body) -> None:
        self._streams.is_frozen = bool(body["frozen"])

    def _hide_trades(self, body: Body) -> None:
        self._venue.faults.hidden_trades |= {int(str(one).rpartition("-")[2]) for one in body["trade_ids"]}

    def _tell(self, body: Body) -> None:
        for connection in self._streams.connections:
            connection.send(body["message"])

    def _hang_up(self, _: Body) -> None:
        for connection in list(self._streams.connections):
            connection.hang_up()

    def _expire_tokens(self, _: Body) -> None:
        self._venue.tokens.held.clear()

    def _clock(self, body: Body) -> None:
        self._venue.clock.offset_ms = int(body["offset_ms"])
        self._venue.exchange.expire_due()  # what is due by then has happened when this is answered

    def _limits(self, body: Body) -> None:
        limits = self._venue.limits
        for name in ("matching", "general", "subscriptions", "listings"):
            if name in body:
                bucket = getattr(limits, name)
                bucket.capacity, bucket.refill = (float(one) for one in body[name])
                bucket.level = bucket.capacity

    def _maintenance(self, body: Body) -> None:
        self._venue.is_in_maintenance = bool(body["on"])
        if body["on"]:
            self._hang_up(body)


def _waiting(order: Waiting) -> payloads.Json:
    """Return an order that waits for the market, in the same words as one that works."""
    said = triggers.shown(order)
    return said | {"clientOrderId": said["label"], "status": "NEW", "executedQty": "0"}
