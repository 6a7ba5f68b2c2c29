"""Names and numbers in both vocabularies."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from nautilus_trader.model.identifiers import InstrumentId
from nautilus_trader.model.objects import Currency as NautilusCurrency
from nautilus_trader.model.objects import Money as NautilusMoney

from adapters.nautilus.translate import (
    PLACES,
    UnholdableError,
    check_notional,
    instrument_id,
    instrument_key,
    money,
    nautilus_instrument,
    nautilus_price,
    nautilus_quantity,
    nautilus_venue,
    places_of,
    venue_id,
)
from ports.errors import InvalidInputError
from ports.instruments import InstrumentKey
from ports.values import Currency, Money, VenueId

from fakes.paper_trader import INVERSE, PERPETUAL, SPOT, listed

tickers = st.from_regex(r"[A-Z0-9][A-Z0-9._]{0,9}", fullmatch=True)
venues = st.from_regex(r"[A-Z][A-Z0-9]{0,6}(-[A-Z0-9]{1,6}){0,2}", fullmatch=True).filter(lambda name: name != "IBKR")
places = st.integers(0, PLACES)
LARGE = 10**12


@given(venues, tickers, tickers, st.sampled_from(["SPOT_PAIR", "PERPETUAL@LIN", "PERPETUAL@INV"]))
def test_an_instrument_key_goes_there_and_back(venue: str, base: str, quoted: str, kind: str) -> None:
    name, at, suffix = kind.partition("@")
    key = InstrumentKey(f"{venue}:{name}:{base}-{quoted}{at}{suffix}")
    identifier = instrument_id(key)
    assert instrument_key(identifier) == key
    assert instrument_key(InstrumentId.from_str(identifier.value)) == key


@given(venues)
def test_a_venue_goes_there_and_back_and_keeps_no_hyphen(venue: str) -> None:
    assert venue_id(nautilus_venue(VenueId(venue))) == venue
    assert "-" not in nautilus_venue(VenueId(venue)).value


def test_two_instruments_of_one_venue_never_share_an_id() -> None:
    keys = [InstrumentKey(f"BYBIT:{rest}") for rest in ("SPOT_PAIR:BTC-USD", "PERPETUAL:BTC-USD@LIN")] + [INVERSE]
    assert len({instrument_id(key) for key in keys}) == 3


@given(st.data(), places)
def test_a_price_goes_there_and_back_exactly(data: st.DataObject, digits: int) -> None:
    value = data.draw(st.decimals(-LARGE, LARGE, places=digits))
    price = nautilus_price(value, digits)
    assert price.as_decimal() == value
    assert price.precision == digits


@given(st.data(), places)
def test_a_quantity_goes_there_and_back_exactly(data: st.DataObject, digits: int) -> None:
    value = data.draw(st.decimals(0, LARGE, places=digits))
    quantity = nautilus_quantity(value, digits)
    assert quantity.as_decimal() == value
    assert quantity.precision == digits


def test_a_price_keeps_the_digits_that_a_double_would_lose() -> None:
    value = Decimal("12345678901.1234567890123456")
    assert nautilus_price(value, 16).as_decimal() == value


@pytest.mark.parametrize("value", ["0.123", "17014118346046", "1e30", "-1e30", "NaN", "Infinity"])
def test_a_price_that_cannot_be_held_is_refused_and_the_process_lives(value: str) -> None:
    with pytest.raises(UnholdableError):
        nautilus_price(Decimal(value), 2)


@pytest.mark.parametrize("value", ["0.123", "-1", "34028236692093", "1e30", "NaN"])
def test_a_quantity_that_cannot_be_held_is_refused_and_the_process_lives(value: str) -> None:
    with pytest.raises(UnholdableError):
        nautilus_quantity(Decimal(value), 2)


def test_a_value_beyond_nautilus_money_is_refused() -> None:
    check_notional(Decimal(10**6), Decimal(10**6), inverse=False)
    with pytest.raises(UnholdableError):
        check_notional(Decimal(10**7), Decimal(10**7), inverse=False)
    check_notional(Decimal(10**7), Decimal(10**7), inverse=True)


@pytest.mark.parametrize(("step", "digits"), [("0.01", 2), ("0.50", 1), ("1", 0), ("100", 0), ("1E+2", 0)])
def test_places_are_those_of_the_step(step: str, digits: int) -> None:
    assert places_of(Decimal(step)) == digits


@pytest.mark.parametrize(
    "key", ["DERIBIT:OPTION:BTC-USD-50000-241231-CALL@INV", "OKX:FUTURE:BTC-USDT-241231@LIN", "IBKR:EQUITY:AAPL-USD"]
)
def test_a_kind_that_no_paper_venue_lists_is_refused_by_name(key: str) -> None:
    with pytest.raises(InvalidInputError, match=key):
        instrument_id(InstrumentKey(key))


def test_steps_finer_than_nautilus_keeps_are_refused_by_name() -> None:
    with pytest.raises(InvalidInputError, match="BTC-USDT"):
        nautilus_instrument(listed(SPOT, "0.01", "0.00000000000000001", "0", "0"))


def test_an_instrument_carries_its_steps_and_its_fees_exactly() -> None:
    perpetual = nautilus_instrument(listed(PERPETUAL, "0.1", "0.001", "0.0002", "0.00055"))
    assert (perpetual.price_increment.as_decimal(), perpetual.size_increment.as_decimal()) == (
        Decimal("0.1"),
        Decimal("0.001"),
    )
    assert (perpetual.maker_fee, perpetual.taker_fee) == (Decimal("0.0002"), Decimal("0.00055"))
    assert not perpetual.is_inverse
    assert perpetual.settlement_currency.code == "USDT"
    inverse = nautilus_instrument(listed(INVERSE, "0.5", "1", "0", "0"))
    assert inverse.is_inverse
    assert inverse.settlement_currency.code == "BTC"


def test_money_keeps_its_amount_and_currency() -> None:
    amount = NautilusMoney.from_str("-0.00000001 BTC")
    assert money(amount) == Money(Decimal("-0.00000001"), Currency("BTC"))
    assert amount.currency == NautilusCurrency.from_str("BTC")
