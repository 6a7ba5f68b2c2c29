"""What a unit is worth in USD: by its price, by its currency, and for an option by its underlying."""

from __future__ import annotations

from decimal import Decimal

import pytest

from core.market.view import MarketView
from ports.instruments import InstrumentKey
from ports.market_data import Quote
from ports.values import Price

CALL = InstrumentKey("DERIBIT:OPTION:BTC-USD-70000-291228-CALL@INV")
LINEAR_CALL = InstrumentKey("DERIBIT:OPTION:BTC-USDC-70000-291228-CALL@LIN")
PERPETUAL = InstrumentKey("DERIBIT:PERPETUAL:BTC-USD@INV")
ELSEWHERE = InstrumentKey("BINANCE-SPOT:SPOT_PAIR:BTC-USDC")
FUTURE = InstrumentKey("DERIBIT:FUTURE:BTC-USD-291228@INV")


def quoted(instrument: InstrumentKey, bid: str, ask: str, received_ns: int = 2) -> Quote:
    one = Decimal(1)
    return Quote(
        instrument=instrument,
        bid=Price(Decimal(bid)),
        ask=Price(Decimal(ask)),
        bid_size=one,
        ask_size=one,
        event_time_ns=1,
        received_ns=received_ns,
    )


@pytest.fixture
def view() -> MarketView:
    made = MarketView()
    made.value_currencies_at({"USD": Decimal(1), "USDC": Decimal(1)})
    return made


@pytest.mark.parametrize("option", [CALL, LINEAR_CALL])
def test_an_option_counts_as_its_whole_underlying_whatever_its_own_price(
    view: MarketView, option: InstrumentKey
) -> None:
    view.take(quoted(option, "0.0500", "0.0505"))
    assert view.unit_usd(option) is None  # what the underlying is worth, nobody said
    view.take(quoted(PERPETUAL, "60000", "60001"))
    assert view.unit_usd(option) == Decimal("60000.5")
    assert view.unit_usd_at(option, Decimal("0.0001")) == Decimal("60000.5")
    view.take(quoted(PERPETUAL, "61000", "61001"))
    assert view.unit_usd(option) == Decimal("61000.5")


def test_an_options_price_values_nothing_else(view: MarketView) -> None:
    view.take(quoted(LINEAR_CALL, "1000", "1001"))
    assert view.usd_per("BTC") is None
    assert view.quote_of_currency("BTC") is None


def test_a_currency_is_valued_by_an_inverse_market_of_it_and_a_rate_outranks_that(view: MarketView) -> None:
    view.take(quoted(PERPETUAL, "60000", "60001"))
    assert view.usd_per("BTC") == Decimal("60000.5")
    found = view.quote_of_currency("BTC")
    assert found is not None
    assert found.instrument == PERPETUAL
    view.value_currencies_at({"USD": Decimal(1), "BTC": Decimal(50_000)})
    assert (view.usd_per("BTC"), view.quote_of_currency("BTC")) == (Decimal(50_000), None)


def test_a_currency_is_valued_by_the_newest_quote_of_any_venue(view: MarketView) -> None:
    view.take(quoted(PERPETUAL, "60000", "60001", received_ns=5))
    view.take(quoted(ELSEWHERE, "59000", "59001", received_ns=6))
    assert view.usd_per("BTC") == Decimal("59000.5")
    view.take(quoted(PERPETUAL, "61000", "61001", received_ns=7))
    assert view.usd_per("BTC") == Decimal("61000.5")


def test_a_future_values_a_currency_only_where_nothing_else_is_quoted(view: MarketView) -> None:
    view.take(quoted(FUTURE, "66000", "66001", received_ns=5))
    assert view.usd_per("BTC") == Decimal("66000.5")
    view.take(quoted(PERPETUAL, "60000", "60001", received_ns=4))
    assert view.usd_per("BTC") == Decimal("60000.5")


def test_an_inverse_amount_is_its_own_notional(view: MarketView) -> None:
    assert view.unit_usd_at(PERPETUAL, Decimal(60_000)) == Decimal(1)
