"""The simulated Deribit says what the real one was recorded to say, in names, types and number formats."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection
from decimal import Decimal
from typing import Any

import pytest

from simulators.deribit import payloads, trading
from simulators.deribit.methods import METHODS
from simulators.deribit.security import ApiKey
from simulators.deribit.streams import Connection, Streams
from simulators.deribit.trading import Caller
from simulators.deribit.venue import Venue, make_venue
from simulators.recorded import differences, folder, load

FOLDER = folder()
pytestmark = pytest.mark.skipif(FOLDER is None, reason="no recorded venue payloads here (LIVEXEC_SHARED_DATA)")
PERPETUAL = {"instrument_name": "BTC-PERPETUAL"}
LINEAR = {"instrument_name": "BTC_USDC-PERPETUAL"}
OPTION = {"instrument_name": "BTC-28DEC29-70000-C"}
TRADER = Caller("main")


def busy_venue() -> tuple[Venue, Connection]:
    """Return a venue where an account has traded and has an order at work, and somebody who follows everything."""
    venue = make_venue([ApiKey("key", "secret", "main")])
    streams = Streams(venue)
    follower = Connection(user="main", channels={"trades.BTC-PERPETUAL.100ms", "user.trades.any.any.raw"})
    streams.connections.add(follower)
    trading.place(venue, TRADER, {**PERPETUAL, "amount": 60_000, "type": "market", "label": "a"}, is_buy=True)
    trading.place(venue, TRADER, {**OPTION, "amount": 1, "type": "market", "label": "b"}, is_buy=True)
    return venue, follower


def resting(venue: Venue, *, is_buy: bool = True) -> Any:
    price = 59_000 if is_buy else 70_000
    order = {**LINEAR, "amount": 0.01, "price": price, "label": "resting", "post_only": True}
    return trading.place(venue, TRADER, order, is_buy=is_buy)


def asked(venue: Venue, method: str, **params: Any) -> Any:
    return METHODS[method](venue, TRADER, params)


def told(follower: Connection, channel: str) -> Any:
    while not follower.outbox.empty():
        message = json.loads(follower.outbox.get_nowait() or "null")
        if message["params"]["channel"] == channel:
            return message["params"]["data"]
    raise AssertionError(f"nothing was told on {channel}")


def shown(venue: Venue, follower: Connection, channel: str) -> Any:
    streams = Streams(venue)
    streams.show(follower, [channel])
    return told(follower, channel)


def waiting(venue: Venue) -> Any:
    stop = {**LINEAR, "amount": 0.01, "type": "stop_market", "trigger": "mark_price", "trigger_price": 50_000}
    return trading.place(venue, TRADER, {**stop, "label": "stop", "reduce_only": True}, is_buy=False)


def edited(venue: Venue) -> Any:
    order = trading.by_id(venue, "main", resting(venue)["order"]["order_id"])
    return trading.edit(venue, order, {"amount": 0.02, "price": 58_000, "post_only": True})


def canceled(venue: Venue) -> Any:
    return trading.cancel(venue, trading.by_id(venue, "main", resting(venue)["order"]["order_id"]))


def listed(venue: Venue) -> Any:
    names = ("BTC-PERPETUAL", "BTC-28DEC29")
    return [one for one in asked(venue, "public/get_instruments", currency="BTC") if one["instrument_name"] in names]


MADE: dict[str, Callable[[Venue, Connection], Any]] = {
    "http_get_instrument.json": lambda venue, _: asked(venue, "public/get_instrument", **PERPETUAL),
    "http_get_instrument_option.json": lambda venue, _: asked(venue, "public/get_instrument", **OPTION),
    "http_get_instruments.json": lambda venue, _: listed(venue),
    "http_get_instruments_future_combo.json": lambda venue, _: asked(
        venue, "public/get_instruments", currency="any", kind="future_combo"
    ),
    "http_get_account_summaries.json": lambda venue, _: asked(venue, "private/get_account_summaries", extended=True),
    "http_get_order_book.json": lambda venue, _: asked(venue, "public/get_order_book", **PERPETUAL),
    "http_get_time.json": lambda venue, _: asked(venue, "public/get_time"),
    "http_test.json": lambda venue, _: asked(venue, "public/test"),
    "ws_order_buy_response.json": lambda venue, _: resting(venue),
    "ws_order_sell_response.json": lambda venue, _: resting(venue, is_buy=False),
    "ws_order_edit_response.json": lambda venue, _: edited(venue),
    "ws_order_cancel_response.json": lambda venue, _: canceled(venue),
    "ws_order_stop_market_no_filled_amount.json": lambda venue, _: waiting(venue),
    "ws_trades.json": lambda _, follower: told(follower, "trades.BTC-PERPETUAL.100ms"),
    "ws_quote.json": lambda venue, _: payloads.quote(venue, venue.listings["BTC-PERPETUAL"]),
    "ws_ticker.json": lambda venue, _: payloads.ticker(venue, venue.listings["BTC-PERPETUAL"]),
    "ws_portfolio.json": lambda venue, _: payloads.portfolio(venue, venue.account("main", "BTC")),
    "ws_book_snapshot.json": lambda venue, follower: shown(venue, follower, "book.BTC-PERPETUAL.100ms"),
    "ws_book_grouped_snapshot.json": lambda venue, follower: shown(venue, follower, "book.BTC-PERPETUAL.none.10.100ms"),
}


def said(name: str) -> Any:
    """Return what the simulator says, as JSON would carry it."""
    return json.loads(json.dumps(MADE[name](*busy_venue())))


def comparable(value: Any) -> Any:
    """Return a message with its rows by place, and its numbers alike: the venue writes 0 and 0.0 as it comes."""
    if isinstance(value, dict):
        return {name: comparable(one) for name, one in value.items()}
    if isinstance(value, list) and value and not isinstance(value[0], dict | list):
        return {str(place): comparable(one) for place, one in enumerate(value)}
    if isinstance(value, list):
        return [comparable(one) for one in value]
    return float(value) if isinstance(value, int) and not isinstance(value, bool) else value


# An account that is one of a cross-collateral group tells what all of it is worth in dollars.
IN_DOLLARS = {
    f"total_{name}_usd" for name in ("maintenance_margin", "delta_total", "initial_margin", "equity", "margin_balance")
}
RATIOS = {"estimated_liquidation_ratio", "estimated_liquidation_ratio_map"}
# By recording: the names of the fields that may be missing, and of those that may be more.
ABSENT: dict[str, Collection[str]] = {
    "http_get_instrument.json": {"max_non_default_leverage"},  # the list of all instruments has none either
    "http_get_account_summaries.json": {"btc_usd"},
    "ws_trades.json": {"combo_trade_id"},
    "ws_portfolio.json": IN_DOLLARS,
}
EXTRA: dict[str, Collection[str]] = {
    "http_get_account_summaries.json": {"options_theta_map", "additional_reserve", "locked_balance"},
    "ws_portfolio.json": RATIOS,
}


@pytest.mark.parametrize("name", MADE)
def test_a_payload_has_the_recorded_names_and_types(name: str) -> None:
    assert FOLDER is not None
    recorded = load(FOLDER / "deribit" / name)
    recorded = recorded.get("params", {}).get("data", recorded.get("result"))
    absent, extra = ABSENT.get(name, ()), EXTRA.get(name, ())
    assert list(differences(comparable(said(name)), comparable(recorded), absent=absent, extra=extra)) == []


def test_an_error_has_the_recorded_shape() -> None:
    assert FOLDER is not None
    recorded = load(FOLDER / "deribit" / "ws_error.json")
    assert set(recorded["error"]) == {"code", "message", "data"}
    assert recorded["error"]["code"] == 10028


def test_money_of_an_inverse_market_is_counted_in_the_coin() -> None:
    venue, _ = busy_venue()
    bought = Decimal(60_000) / Decimal("60000.5")
    wallet = venue.account("main", "BTC").wallet
    option_fee = Decimal("0.0003")
    assert wallet == 100 - (bought * Decimal("0.0005")).quantize(Decimal("1e-8")) - option_fee
