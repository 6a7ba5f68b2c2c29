"""The simulated Bybit says what the real one was recorded to say, in names, types and number formats."""

from __future__ import annotations

import json
from collections.abc import Collection
from decimal import Decimal
from typing import Any

import pytest

from simulators.bybit import account_payloads, payloads
from simulators.bybit.security import ApiKey
from simulators.bybit.venue import Venue, make_venue
from simulators.exchange.orders import Order, Trade
from simulators.recorded import differences, folder, load

FOLDER = folder()
pytestmark = pytest.mark.skipif(FOLDER is None, reason="no recorded venue payloads here (LIVEXEC_SHARED_DATA)")
SYMBOL, PAIR = "BTCUSDT", "BTCUSDT-SPOT"


class Heard:
    """Keeps the messages that an exchange brings about."""

    def __init__(self, venue: Venue) -> None:
        self.venue = venue
        self.orders: list[Any] = []
        self.executions: list[Any] = []

    def order_changed(self, order: Order, execution: str) -> None:
        exchange = self.venue.exchange
        self.orders.append((execution, payloads.order_update(order, exchange.contracts[order.symbol], exchange)))

    def traded(self, order: Order, trade: Trade) -> None:
        contract = self.venue.exchange.contracts[order.symbol]
        self.executions.append(payloads.execution_update(trade, order, contract))

    def quote_changed(self, symbol: str) -> None:
        """Prices are looked at directly."""


def busy_venue() -> tuple[Venue, Heard]:
    """Return a venue where an account has traded and has an order at work, and what it was told."""
    venue = make_venue([ApiKey("key", "secret", "main")], Decimal(100_000))
    heard = Heard(venue)
    venue.exchange.listeners.append(heard)
    exchange = venue.exchange
    for symbol in (SYMBOL, PAIR):
        exchange.quote(symbol, Decimal("60000.0"), Decimal("60000.1"), Decimal(10), Decimal(10))
    exchange.place("main", SYMBOL, True, Decimal("0.010"))
    exchange.place("main", SYMBOL, True, Decimal("0.010"), price=Decimal("59000.0"), client_order_id="a")
    return venue, heard


def said(name: str) -> Any:
    """Return what the simulator says, as JSON would carry it."""
    venue, heard = busy_venue()
    exchange, account = venue.exchange, venue.exchange.accounts["main"]
    contract, order = exchange.contracts[SYMBOL], account.open_orders()[0]
    trade = account.trades[0]
    made: dict[str, Any] = {
        "linear": account_payloads.instrument(contract),
        "spot": account_payloads.instrument(exchange.contracts[PAIR]),
        "fee": account_payloads.fee_rate(contract),
        "info": account_payloads.account_info(),
        "key": account_payloads.key_info("key"),
        "wallet": account_payloads.wallet(exchange, account),
        "position": payloads.position(exchange, contract, account.positions[SYMBOL]),
        "order": payloads.order(order, contract, exchange),
        "execution": payloads.execution(trade, account.orders[trade.order_id], contract),
        "order_update": heard.orders[-1][1],
        "execution_update": heard.executions[0],
        "position_update": payloads.position_update(exchange, contract, account),
        "wallet_update": account_payloads.wallet_update(exchange, account),
        "book": payloads.order_book(exchange, contract, 1),
    }
    return json.loads(json.dumps(made[name]))


def recorded(name: str) -> Any:
    """Return the first element that was recorded."""
    assert FOLDER is not None
    message = load(FOLDER / "bybit" / name)
    if "topic" in message:
        return message["data"][0] if isinstance(message["data"], list) else message
    listed = message["result"].get("list")
    return message["result"] if listed is None else listed[0]


# A price or amount that is none is written as 0 or as nothing, by kind of order; our orders have none of these.
UNSET = {
    *("blockTradeId", "isLeverage", "avgPrice", "orderIv", "triggerPrice", "takeProfit", "stopLoss", "smpOrderId"),
    *(
        "tpTriggerBy",
        "slTriggerBy",
        "triggerBy",
        "tpslMode",
        "tpLimitPrice",
        "slLimitPrice",
        "stopOrderType",
        "placeType",
    ),
    *("rejectReason", "cancelType", "lastPriceOnCreated"),
}
SINCE = {"execPnl", "createType", "feeCurrency", "extraFees", "marketUnit"}  # told by the venue, and not yet recorded
MARGINS = {"totalOrderIM", "totalPositionIM", "totalPositionMM"}  # of coins that margins are taken in
LISTED = {  # of the wallet's list, and left out of the recorded message
    *("accountType", "bonus", "usdValue", "unrealisedPnl", "cumRealisedPnl", "locked"),
    *("collateralSwitch", "marginCollateral"),
}
COIN = {"availableToWithdraw", "availableToBorrow"}
CASES: list[tuple[str, str, set[str], set[str], set[str]]] = [
    ("linear", "http_get_instruments_linear.json", set(), set(), {"deliveryFeeRate"}),
    ("spot", "http_get_instruments_spot.json", set(), set(), set()),
    ("fee", "http_get_fee_rate.json", set(), set(), set()),
    ("info", "http_get_account_info.json", set(), set(), set()),
    ("key", "http_get_user_query_api.json", set(), set(), set()),
    ("wallet", "http_get_wallet_balance.json", set(), MARGINS, COIN),
    ("position", "http_get_positions.json", set(), set(), {"liqPrice", "bustPrice"}),
    ("order", "http_get_orders_realtime.json", set(), set(), UNSET),
    ("execution", "http_get_executions.json", set(), set(), {"indexPrice"}),
    ("order_update", "ws_account_order.json", set(), set(), UNSET),
    ("order_update", "ws_account_order_filled.json", set(), set(), UNSET),
    ("execution_update", "ws_account_execution.json", set(), SINCE, set()),
    ("position_update", "ws_account_position.json", set(), set(), {"liqPrice"}),
    ("wallet_update", "ws_account_wallet.json", set(), LISTED, COIN),
    ("book", "ws_orderbook_snapshot.json", set(), {"cts"}, set()),
]


@pytest.mark.parametrize(("name", "recording", "absent", "extra", "unset"), CASES)
def test_a_message_has_the_shape_of_the_recorded_one(
    name: str, recording: str, absent: Collection[str], extra: Collection[str], unset: Collection[str]
) -> None:
    found = list(differences(said(name), recorded(recording), absent=absent, extra=extra))
    assert [one for one in found if one.split(" ")[0].rpartition(".")[2] not in unset] == []
