"""The simulated Binance says what the real one was recorded to say, in names, types and number formats."""

from __future__ import annotations

import json
from collections.abc import Collection
from decimal import Decimal
from typing import Any

import pytest

from simulators.binance_futures import account_payloads, payloads
from simulators.binance_futures.security import ApiKey
from simulators.binance_futures.venue import Venue, make_venue
from simulators.exchange.orders import Tif
from simulators.recorded import differences, folder, load

FOLDER = folder()
pytestmark = pytest.mark.skipif(FOLDER is None, reason="no recorded venue payloads here (LIVEXEC_SHARED_DATA)")
SYMBOL = "BTCUSDT"
CONDITIONAL = {"AP", "cr", "sp"}  # of conditional orders; sp is written as 0 by others


class Heard:
    """Keeps the order messages that an exchange brings about."""

    def __init__(self, venue: Venue) -> None:
        self.venue = venue
        self.updates: list[Any] = []

    def order_changed(self, order: Any, execution: str) -> None:
        contract = self.venue.exchange.contracts[order.symbol]
        self.updates.append(payloads.order_update(order, contract, execution, None, 1))

    def traded(self, order: Any, trade: Any) -> None:
        contract = self.venue.exchange.contracts[order.symbol]
        self.updates.append(payloads.order_update(order, contract, "TRADE", trade, 1))

    def quote_changed(self, symbol: str) -> None:
        """Prices are looked at directly."""


def busy_venue() -> tuple[Venue, Heard]:
    """Return a venue where an account has traded and has an order at work, and what it was told."""
    venue = make_venue([ApiKey("key", "secret", "main")], Decimal(100_000))
    heard = Heard(venue)
    venue.exchange.listeners.append(heard)
    exchange = venue.exchange
    exchange.quote(SYMBOL, Decimal("60000.00"), Decimal("60000.10"), Decimal(10), Decimal(10))
    exchange.place("main", SYMBOL, True, Decimal("0.010"))
    exchange.place("main", SYMBOL, True, Decimal("0.010"), price=Decimal("59000.00"), tif=Tif.GTC, client_order_id="a")
    return venue, heard


def said(name: str) -> Any:
    """Return what the simulator says, as JSON would carry it."""
    venue, heard = busy_venue()
    exchange, account = venue.exchange, venue.exchange.accounts["main"]
    contract, order = exchange.contracts[SYMBOL], account.open_orders()[0]
    made: dict[str, Any] = {
        "order": payloads.order(order, contract),
        "orders": [payloads.order(order, contract)],
        "trades": [payloads.trade(one, contract) for one in account.trades],
        "new": heard.updates[-1],
        "trade": heard.updates[1],
        "account_update": payloads.account_update(account, SYMBOL, "ORDER", 1),
        "account": account_payloads.account_info(exchange, account),
        "balance": account_payloads.balance(exchange, account),
        "positions": [payloads.position_risk(exchange, SYMBOL, account.positions[SYMBOL])],
        "config": [account_payloads.symbol_config(contract)],
        "dual": {"dualSidePosition": False},
        "rate": account_payloads.commission_rate(contract),
        "info": account_payloads.exchange_info(exchange, 1, 2400, 1200, 300),
        "ticker": payloads.book_ticker(exchange, SYMBOL, 1),
    }
    return json.loads(json.dumps(made[name]))


VERSION_2 = {"marginType", "isAutoAddMargin", "leverage", "maxNotionalValue"}  # of positionRisk, gone in version 3
VERSION_3 = {
    *("marginAsset", "initialMargin", "maintMargin", "positionInitialMargin", "openOrderInitialMargin", "adl"),
    *("bidNotional", "askNotional"),
}
OLDER = {"selfTradePreventionMode", "goodTillDate", "priceMatch", "stopPrice"}
CASES = [
    ("order", "binance-futures/http_json/order_response.json", (), ()),
    ("orders", "binance-http/http_futures_account_orders.json", {"activatePrice", "priceRate"}, OLDER),
    ("trades", "binance-http/http_futures_account_trades.json", (), ()),
    ("new", "binance-ws/ws_futures_order_update_new_price_match.json", {*CONDITIONAL, "W", "N", "n"}, {"pm", "V"}),
    ("new", "binance-futures/user_data_json/order_update_new.json", {*CONDITIONAL, "N", "n"}, {"pm", "gtd"}),
    ("trade", "binance-futures/user_data_json/order_update_trade.json", CONDITIONAL, {"pm", "gtd"}),
    ("trade", "binance-futures/user_data_json/order_update_trade_partial.json", CONDITIONAL, {"pm", "gtd"}),
    ("trade", "binance-ws/ws_futures_order_update_trade_reduce_only_qty.json", {*CONDITIONAL, "W"}, {"pm"}),
    ("account_update", "binance-futures/user_data_json/account_update.json", (), ()),
    ("account", "binance-futures/http_json/account_info_v2.json", (), ()),
    ("balance", "binance-futures/http_json/balance.json", (), ()),
    ("positions", "binance-futures/http_json/position_risk.json", VERSION_2, VERSION_3),
    ("config", "binance-http/http_futures_account_symbol_config.json", (), ()),
    ("dual", "binance-http/http_futures_account_position_side_dual.json", (), ()),
    ("rate", "binance-http/http_futures_wallet_commission_rate_btcusdt.json", (), ()),
    ("info", "binance-http/http_futures_market_exchange_info.json", (), ()),
    ("ticker", "binance-ws/ws_futures_book_ticker.json", {"st", "ps"}, ()),
    ("ticker", "binance-futures/market_data_json/book_ticker_stream.json", {"st", "ps"}, ()),
]


@pytest.mark.parametrize(("name", "recording", "absent", "extra"), CASES)
def test_a_message_has_the_shape_of_the_recorded_one(
    name: str, recording: str, absent: Collection[str], extra: Collection[str]
) -> None:
    assert FOLDER is not None
    assert list(differences(said(name), load(FOLDER / recording), absent=absent, extra=extra)) == []


def test_a_difference_in_shape_is_found() -> None:
    recorded = {"price": "1.50", "time": 1, "side": "BUY", "rest": [{"a": True}]}
    ours = {"price": 1.5, "time": "1", "more": 1, "rest": [{"a": "yes"}]}
    assert sorted(differences(ours, recorded)) == [
        ".more is not in the recording",
        ".price is float (1.5), recorded as a number as text ('1.50')",
        ".rest[0].a is text ('yes'), recorded as bool (True)",
        ".side is missing",
        ".time is a number as text ('1'), recorded as int (1)",
    ]
