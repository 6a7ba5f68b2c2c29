"""The control port: what people and tests command, and what TWS itself has recorded."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from decimal import Decimal
from itertools import islice
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from simulators.binance_futures.faults import Fault, Kind
from simulators.exchange.orders import Refused
from simulators.ibkr import payloads, trading
from simulators.ibkr.orders import Placed
from simulators.ibkr.streams import Streams
from simulators.ibkr.venue import ACCOUNT, Venue

type Body = Mapping[str, Any]
_STATUSES = {"Filled": "FILLED", "Cancelled": "CANCELED", "Submitted": "NEW", "PreSubmitted": "NEW"}


class Control:
    """Commands: `POST /_control/<name>` with a JSON object; lists: `GET /_control/orders`, `/requests`, `/state`."""

    def __init__(self, venue: Venue, streams: Streams) -> None:
        self._venue = venue
        self._streams = streams
        self._commands: Mapping[str, Callable[[Body], object]] = {
            "quote": self._quote,
            "hand": self._hand,
            "hand_cancel": self._hand_cancel,
            "fill": self._fill,
            "fill_often": self._fill,
            "hide_trades": self._hide_trades,
            "tell": self._tell,
            "maintenance": self._maintenance,
            "end_streams": self._end_streams,
            "correct": self._correct,
            "fault": self._fault,
            "calm": self._calm,
            "silent": self._silent,
            "commissions": self._commissions,
            "say": self._say,
            "lose_ib": self._lose_ib,
            "set": self._set,
            "limits": self._limits,
            "hang_up": self._hang_up,
            "clock": self._clock,
        }

    async def answer(self, request: Request) -> Response:
        """Carry out a command, or show a list."""
        name = request.path_params["name"]
        try:
            if request.method == "GET" and name == "requests":
                return JSONResponse(self.requests(int(request.query_params.get("after", "0"))))
            if request.method == "GET":
                return JSONResponse({"orders": self.orders, "state": self.state}[name]())
            return JSONResponse(self._commands[name](await request.json()) or {})
        except (KeyError, ValueError, TypeError, StopIteration, Refused, trading.VenueError) as wrong:
            return JSONResponse({"error": f"{type(wrong).__name__}: {wrong}"}, 400)

    # -- what is recorded

    def orders(self) -> object:
        """Every order and trade, in the units of livexec, and how often each reference was asked for as a new order."""
        venue = self._venue
        placed = venue.all_placed()
        trades = [(one, trade) for one in placed for trade in one.trades]
        return {
            "asked": Counter(one.ref for one in venue.asked if one.is_new),
            "orders": [self._order(one) for one in placed],
            "trades": [self._trade(*each) for each in sorted(trades, key=lambda each: each[1].trade_id)],
            "positions": {
                name: {symbol: self._units(symbol, held.quantity) for symbol, held in each.positions.items()}
                for name, each in venue.exchange.accounts.items()
            },
        }

    def _units(self, symbol: str, contracts: Decimal) -> str:
        return str(contracts * self._venue.listings[int(symbol)].units)

    def _order(self, one: Placed) -> object:
        is_partial = one.is_open and one.filled
        return {
            "orderId": one.perm_id,
            "clientOrderId": one.ref or str(one.perm_id),
            "status": "PARTIALLY_FILLED" if is_partial else _STATUSES[one.status],
            "executedQty": str(one.filled * one.listing.units),
            "symbol": str(one.listing.conid),
            "type": one.kind,
            "price": str(one.price),
        }

    def _trade(self, one: Placed, trade: Any) -> object:
        return {
            "id": payloads.execution_id(trade, 1).rpartition(".")[0],
            "orderId": one.perm_id,
            "symbol": trade.symbol,
            "side": "BUY" if trade.is_buy else "SELL",
            "qty": str(trade.quantity * one.listing.units),
            "price": str(trade.price),
        }

    def requests(self, after: int = 0) -> object:
        """Every message but the first `after`, oldest first."""
        return [
            {
                "at_ms": one.at_ms,
                "method": one.method,
                "path": one.method,
                "clientOrderId": one.ref,
                "fields": one.fields,
                "status": one.status,
                "code": None if one.status == 200 else one.status,
            }
            for one in islice(self._venue.asked, after, None)
        ]

    def state(self) -> object:
        """Connections, codes and faults."""
        return {
            "connections": sorted(one.client_id for one in self._streams.connections),
            "codes": Counter(map(str, self._venue.codes)),
            "faults": self._venue.faults.happened,
        }

    # -- the market

    def _quote(self, body: Body) -> None:
        sizes = (Decimal(body.get("bid_size", "1000000")), Decimal(body.get("ask_size", "1000000")))
        self._venue.exchange.quote(body["symbol"], Decimal(body["bid"]), Decimal(body["ask"]), *sizes)

    def _fill(self, body: Body) -> None:
        one = self._venue.named(body["client_order_id"])
        price = Decimal(body["price"]) if "price" in body else one.price
        if price is None or one.order is None:
            raise ValueError("an order without price needs one to fill at")
        for _ in range(int(body.get("times", 1))):
            self._venue.exchange.fill(one.order, Decimal(body["quantity"]) / one.listing.units, price)

    def _hand(self, body: Body) -> object:
        """Let somebody place an order in TWS itself: of client 0, without number and reference."""
        listing = self._venue.listings[int(body["symbol"])]
        one = Placed(
            number=-len(self._venue.placed) - 1,
            client_id=int(body.get("client_id", 0)),
            perm_id=0,
            account=ACCOUNT,
            ref="",
            listing=listing,
            is_buy=body["side"] == "BUY",
            quantity=Decimal(body["quantity"]),
            kind="LMT" if "price" in body else "MKT",
            price=Decimal(body["price"]) if "price" in body else None,
            aux=None,
            tif="GTC",
            good_till="",
        )
        trading.place(self._venue, one)
        return {"perm_id": one.perm_id}

    def _hand_cancel(self, body: Body) -> None:
        one = self._venue.named(body["client_order_id"])
        trading.cancel(self._venue, one)
        if one.order is None:
            self._streams.tell_order(one, "CANCELED")

    def _correct(self, body: Body) -> None:
        """Let the newest trade of an order be corrected, with the next revision of its id."""
        one = self._venue.named(body["client_order_id"])
        trade = one.trades[-1]
        revision, _ = self._venue.price_of(trade)
        self._venue.revisions[trade.trade_id] = (revision + 1, Decimal(body["price"]))
        self._streams.tell_trade(one, trade)

    def _commissions(self, body: Body) -> None:
        """Keep commissions back, or tell all that were."""
        self._venue.holds_commissions = bool(body["held"])
        if body["held"]:
            return
        for one in self._venue.all_placed():
            for trade in one.trades:
                revision, _ = self._venue.price_of(trade)
                self._streams.tell(one, "commissionReport", payloads.commission(one, trade, revision))

    # -- what goes wrong

    def _fault(self, body: Body) -> None:
        self._venue.faults.waiting.append(Fault(**{**body, "kind": Kind(body["kind"])}))

    def _calm(self, _: Body) -> None:
        faults = self._venue.faults
        faults.waiting.clear()
        faults.hidden_trades.clear()
        faults.silent = False
        self._venue.clock.offset_ms = self._venue.turned_away_until_ms = 0
        self._venue.is_read_only = self._venue.has_lost_ib = self._venue.is_in_maintenance = False

    def _silent(self, body: Body) -> None:
        self._venue.faults.silent = bool(body["silent"])

    def _hide_trades(self, body: Body) -> None:
        """Leave trades out of lists; they go by their execution ids without the revision."""
        self._venue.faults.hidden_trades |= {int(str(one).split(".")[1], 16) for one in body["trade_ids"]}

    def _tell(self, body: Body) -> None:
        """Send a message as it is to everybody."""
        for connection in self._streams.connections:
            connection.send(body["message"])

    def _maintenance(self, body: Body) -> None:
        """Let TWS be gone, as it is each night, or come back."""
        self._venue.is_in_maintenance = bool(body["on"])
        if body["on"]:
            self._hang_up(body)

    def _end_streams(self, _: Body) -> None:
        self._lose_ib({"lost": True})

    def _say(self, body: Body) -> None:
        """Send an error or a warning to everybody."""
        for connection in self._streams.connections:
            connection.complain(int(body.get("number", -1)), int(body["code"]), str(body.get("text", "")))

    def _lose_ib(self, body: Body) -> None:
        """Let TWS lose Interactive Brokers, or find it again; `lossy` as it does where subscriptions are gone."""
        self._venue.has_lost_ib = bool(body["lost"])
        code = 1100 if body["lost"] else 1101 if body.get("lossy") else 1102
        self._say({"code": code, "text": "Connectivity between IB and TWS"})

    def _set(self, body: Body) -> None:
        """Change what kind of TWS this is: read_only, splits_shares, market_data, accounts, margin_times."""
        for name, value in body.items():
            match name:
                case "accounts":
                    self._venue.accounts = tuple(value)
                case "margin_times":
                    self._venue.margin_times = Decimal(value)
                case "is_read_only" | "splits_shares":
                    setattr(self._venue, name, bool(value))
                case "market_data":
                    self._venue.market_data = str(value)
                case _:
                    raise ValueError(name)

    def _limits(self, body: Body) -> None:
        self._venue.messages_a_second = float(body["messages_a_second"])  # limits of other venues are passed over

    def _hang_up(self, _: Body) -> None:
        for connection in list(self._streams.connections):
            connection.hang_up()

    def _clock(self, body: Body) -> None:
        self._venue.clock.offset_ms = int(body["offset_ms"])
