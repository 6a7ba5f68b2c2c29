"""The simulated OKX says what the real one was recorded to say, in names, types and number formats."""

from __future__ import annotations

import json
from collections.abc import Collection
from decimal import Decimal
from typing import Any

import pytest

from simulators.exchange.orders import Order, Tif, Trade
from simulators.okx import account_payloads, payloads
from simulators.okx.security import ApiKey
from simulators.okx.venue import Venue, make_venue
from simulators.recorded import differences, folder, load

FOLDER = folder()
pytestmark = pytest.mark.skipif(FOLDER is None, reason="no recorded venue payloads here (LIVEXEC_SHARED_DATA)")
SWAP, SPOT = "BTC-USDT-SWAP", "BTC-USDT"


class Heard:
    """Keeps the order messages that an exchange brings about."""

    def __init__(self, venue: Venue) -> None:
        self.venue = venue
        self.updates: list[Any] = []

    def order_changed(self, order: Order, execution: str) -> None:
        """What is compared carries a trade."""

    def traded(self, order: Order, trade: Trade) -> None:
        self.updates.append(payloads.order_update(order, self.venue.listings[order.symbol], trade))

    def quote_changed(self, symbol: str) -> None:
        """Prices are looked at directly."""


def said(name: str) -> Any:
    """Return what the simulator says of an account that has traded, as JSON would carry it."""
    venue = make_venue([ApiKey("key", "secret", "phrase", "main")], Decimal(100_000))
    heard = Heard(venue)
    venue.exchange.listeners.append(heard)
    exchange, account = venue.exchange, venue.exchange.accounts["main"]
    for symbol in (SWAP, SPOT):
        exchange.quote(symbol, Decimal("60000.0"), Decimal("60000.1"), Decimal(10), Decimal(10))
    done = exchange.place("main", SWAP, True, Decimal("0.010"), client_order_id="a")
    open_order = exchange.place("main", SWAP, True, Decimal("0.010"), price=Decimal("59000.0"), client_order_id="b")
    exchange.place("main", SPOT, True, Decimal("0.5"), price=Decimal("60000.1"), tif=Tif.FOK, client_order_id="c")
    swap, spot = venue.listings[SWAP], venue.listings[SPOT]
    quote = venue.streams.quote(SPOT)
    assert quote is not None
    made: dict[str, Any] = {
        "pending": payloads.order(open_order, swap),
        "history": payloads.order(done, swap),
        "update": heard.updates[0],
        "update of spot": heard.updates[1],
        "fill": payloads.fill(account.trades[1], "c", spot),
        "balance": account_payloads.balance(exchange, account),
        "positions": account_payloads.position(account.positions[SWAP], account, swap),
        "fee": account_payloads.trade_fee("SPOT", Decimal("0.0008"), Decimal("0.001"), 1),
        "spot": account_payloads.instrument(spot),
        "swap": account_payloads.instrument(swap),
        "bbo": quote["data"][0],
    }
    return json.loads(json.dumps(made[name]))


# Fields of the venue's documentation that the recordings, which were shortened, do not have.
TOLD_OF_TRADES = {
    *("fillFee", "fillFeeCcy", "reqId", "amendResult", "amendSource", "code", "msg", "lastPx", "notionalUsd"),
}
OF_FILLS = {
    *("fillIdxPx", "fillPnl", "fillPxVol", "fillPxUsd", "fillMarkVol", "fillFwdPx", "fillMarkPx", "posSide", "tag"),
    *("fillTime", "feeRate", "subType"),
}
NEWER = {"contTdSwTime", "futureSettlement", "instIdCode", "maxPlatOILmt", "openType", "posLmtAmt", "posLmtPct"}
NEWER_TOO = {"preMktSwTime", "tradeQuoteCcyList"}
AS_TEXT = {"billId", "clOrdId"}  # whose form is the owner's or was made up
CASES = [
    ("pending", "http_get_orders_pending.json", (), ()),
    ("history", "http_get_orders_history.json", (), ()),
    ("update", "ws_orders.json", (), TOLD_OF_TRADES),
    ("update of spot", "ws_orders_fok.json", (), TOLD_OF_TRADES),
    ("fill", "http_transaction_detail.json", (), OF_FILLS),
    ("balance", "http_get_account_balance.json", (), ()),
    ("positions", "http_get_positions.json", (), ()),
    ("fee", "http_get_trade_fee_response.json", (), ()),
    ("spot", "http_get_instruments_spot.json", (), {*NEWER, *NEWER_TOO}),
    ("swap", "http_get_instruments_swap.json", (), ()),
    ("bbo", "ws_bbo_tbt.json", (), ()),
]


@pytest.mark.parametrize(("name", "recording", "absent", "extra"), CASES)
def test_a_message_has_the_shape_of_the_recorded_one(
    name: str, recording: str, absent: Collection[str], extra: Collection[str]
) -> None:
    assert FOLDER is not None
    recorded = load(FOLDER / "okx" / recording)
    recorded = recorded["data"][0] if "data" in recorded else recorded
    ours = said(name)
    told = [one for one in differences(ours, recorded, absent=absent, extra=extra) if _matters(one)]
    assert told == []


def _matters(difference: str) -> bool:
    """Say whether a difference is one of shape: the venue writes "" where a number is not there."""
    field = difference.split(" ", maxsplit=1)[0].rpartition(".")[2]
    return field not in AS_TEXT and "('')" not in difference
