"""The simulated Binance Spot says what the real one was recorded to say, in names, types and number formats."""

from __future__ import annotations

import json
from collections.abc import Collection
from decimal import Decimal
from typing import Any

import pytest

from simulators.binance_futures.security import ApiKey
from simulators.binance_spot import account_payloads, payloads
from simulators.binance_spot.venue import SpotVenue, make_venue
from simulators.exchange.orders import Order, Status, Tif, Trade
from simulators.recorded import differences, folder, load

FOLDER = folder()
pytestmark = pytest.mark.skipif(FOLDER is None, reason="no recorded venue payloads here (LIVEXEC_SHARED_DATA)")
SYMBOL = "BTCUSDT"


class Heard:
    """Keeps what an exchange brings about."""

    def __init__(self) -> None:
        self.updates: list[Any] = []

    def order_changed(self, order: Order, execution: str) -> None:
        self.updates.append(payloads.execution_report(order, execution, None, 1))

    def traded(self, order: Order, trade: Trade) -> None:
        self.updates.append(payloads.execution_report(order, "TRADE", trade, 1))

    def quote_changed(self, symbol: str) -> None:
        """Prices are looked at directly."""


def busy_venue() -> tuple[SpotVenue, Heard]:
    """Return a venue where an account has bought, has an order at work, and took one back; and what it was told."""
    venue, heard = make_venue([ApiKey("key", "secret", "main")], Decimal(100_000)), Heard()
    venue.exchange.listeners.append(heard)
    exchange = venue.exchange
    exchange.quote(SYMBOL, Decimal("60000.00"), Decimal("60000.01"), Decimal(10), Decimal(10))
    exchange.place("main", SYMBOL, True, Decimal("0.010"), client_order_id="bought")
    for name in ("a", "b"):
        exchange.place("main", SYMBOL, True, Decimal("0.010"), price=Decimal(59000), tif=Tif.GTC, client_order_id=name)
    exchange.cancel("main", SYMBOL, order_id=None, client_order_id="b")
    return venue, heard


def said(name: str) -> Any:
    """Return what the simulator says, as JSON would carry it."""
    venue, heard = busy_venue()
    exchange, account = venue.exchange, venue.exchange.accounts["main"]
    bought, working, canceled = account.orders.values()
    reports = {(one["c"] if one["x"] != "CANCELED" else one["C"], one["x"]): one for one in heard.updates}
    bought.price = Decimal(60_000)  # so that the recorded orders of type LIMIT compare
    info: Any = account_payloads.exchange_info(exchange, venue.limits, 1, ())
    made: dict[str, Any] = {
        "order": payloads.order(working),
        "orders": [payloads.order(working)],
        "placed": payloads.placed(bought, account.trades),
        "canceled": payloads.canceled(canceled, "mine"),
        "trades": [payloads.trade(one) for one in account.trades],
        "new": reports["a", "NEW"],
        "trade": reports["bought", "TRADE"],
        "cancel": reports["b", "CANCELED"],
        "wrapped": {"subscriptionId": 0, "event": reports["a", "NEW"]},
        "account": account_payloads.account_info(exchange, account),
        "position": account_payloads.account_position(exchange, account, exchange.contracts[SYMBOL], 1),
        "info": info,
        "recorded info": _with_filters(info, ("PRICE_FILTER", "LOT_SIZE")),
        "ticker": payloads.book_ticker(exchange, SYMBOL),
        "time": {"serverTime": venue.clock()},
    }
    return json.loads(json.dumps(made[name]))


def _with_filters(info: Any, kinds: Collection[str]) -> Any:
    """Return what is listed with filters of some kinds alone: others were recorded of other kinds."""
    symbols = [
        {**one, "filters": [each for each in one["filters"] if each["filterType"] in kinds]} for one in info["symbols"]
    ]
    return {**info, "symbols": symbols}


LATER = {"V", "W", "F", "g", "I", "M", "Y", "Q"}  # left out of some of the recorded messages
NO_TIMES = {"T", "E"}  # futures' tickers have them, spot's have not; one is recorded with them
OLDER_INFO = {"sors", "filters", "permissions", "baseCommissionPrecision"}
NEWER_LISTING = {
    *("otoAllowed", "opoAllowed", "allowTrailingStop", "cancelReplaceAllowed", "amendAllowed", "permissionSets"),
    *("pegInstructionsAllowed", "defaultSelfTradePreventionMode", "allowedSelfTradePreventionModes"),
    *("baseCommissionPrecision", "quoteCommissionPrecision"),
}
CASES = [
    ("order", "binance-spot/http_json/order_response.json", (), ()),
    ("orders", "binance-spot/http_json/open_orders_response.json", (), ()),
    ("orders", "binance-spot/http_json/all_orders_response.json", (), ()),
    ("placed", "binance-spot/http_json/new_order_full_response.json", (), ()),
    ("canceled", "binance-spot/http_json/cancel_order_response.json", (), ()),
    ("trades", "binance-spot/http_json/account_trades_response.json", (), ()),
    ("account", "binance-spot/http_json/account_response.json", (), ()),
    ("time", "binance-spot/http_json/server_time_response.json", (), ()),
    ("info", "binance-spot/http_json/exchange_info_response.json", OLDER_INFO, ()),
    ("recorded info", "binance-http/http_spot_market_exchange_info.json", (), NEWER_LISTING),
    ("new", "binance-spot/user_data_json/execution_report_new.json", (), LATER),
    ("trade", "binance-spot/user_data_json/execution_report_trade.json", (), LATER),
    ("cancel", "binance-spot/user_data_json/execution_report_canceled.json", (), LATER),
    ("wrapped", "binance-spot/user_data_json/execution_report_wrapped.json", (), ()),
    ("new", "binance-ws/ws_spot_execution_report_new.json", (), {"W", "V"}),
    ("trade", "binance-ws/ws_spot_execution_report_trade.json", (), {"W", "V"}),
    ("cancel", "binance-ws/ws_spot_execution_report_canceled.json", (), {"W", "V"}),
    ("position", "binance-spot/user_data_json/account_position.json", (), ()),
    ("ticker", "binance-ws/ws_spot_ticker_book.json", NO_TIMES, ()),
]


@pytest.mark.parametrize(("name", "recording", "absent", "extra"), CASES)
def test_a_message_has_the_shape_of_the_recorded_one(
    name: str, recording: str, absent: Collection[str], extra: Collection[str]
) -> None:
    assert FOLDER is not None
    assert list(differences(said(name), load(FOLDER / recording), absent=absent, extra=extra)) == []


def test_an_order_that_ended_says_so_in_the_venues_words() -> None:
    venue, _ = busy_venue()
    states = [one.status for one in venue.exchange.accounts["main"].orders.values()]
    assert states == [Status.FILLED, Status.NEW, Status.CANCELED]
