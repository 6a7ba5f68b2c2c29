"""Instrument keys: many spellings in, one out, and what is none is refused with what is wrong."""

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ports.errors import InvalidInputError
from ports.instruments import SMART, Instrument, InstrumentKey, InstrumentType
from ports.values import Price, Quantity, VenueId, plain

venues = st.sampled_from(
    ["BINANCE-SPOT", "BINANCE-FUTURES", "BYBIT", "OKX", "DERIBIT", "IBKR", "SMART"]
) | st.from_regex(r"[A-Z][A-Z0-9]{0,8}(-[A-Z0-9]{1,5})?", fullmatch=True)
tickers = st.from_regex(r"[A-Z0-9][A-Z0-9._]{0,9}", fullmatch=True)
expiries = st.dates(date(2000, 1, 1), date(2099, 12, 31)).map(lambda day: day.strftime("%y%m%d"))
strikes = st.decimals("0.001", 10**6, places=3).map(plain)
suffixes = st.sampled_from(["LIN", "INV"])
DERIVATIVES = {InstrumentType.PERPETUAL, InstrumentType.FUTURE, InstrumentType.OPTION}


@st.composite
def canonical_keys(draw: st.DrawFn, kind: InstrumentType) -> str:
    """Any key of a kind, as it is always printed."""
    venue, base = draw(venues), draw(tickers)
    symbol = [base]
    if kind is not InstrumentType.INDEX or draw(st.booleans()):
        symbol.append(draw(tickers))
    if kind is InstrumentType.FUTURE:
        symbol.append(draw(expiries))
    if kind is InstrumentType.OPTION:
        symbol += [draw(strikes), draw(expiries), draw(st.sampled_from(["CALL", "PUT"]))]
    suffix = f"@{draw(suffixes)}" if kind in DERIVATIVES and venue != "IBKR" else ""
    return f"{venue}:{kind}:{'-'.join(symbol)}{suffix}"


any_key = st.sampled_from(list(InstrumentType)).flatmap(canonical_keys)


@pytest.mark.parametrize("kind", InstrumentType)
def test_a_key_of_every_type_comes_back_as_it_was_written(kind: InstrumentType) -> None:
    @given(canonical_keys(kind))
    def comes_back(text: str) -> None:
        key = InstrumentKey(text)
        assert key == str(key) == text
        assert key.type is kind
        suffix = f"@{key.suffix}" if key.suffix else ""
        assert f"{key.venue}:{key.type}:{key.symbol}{suffix}" == text
        assert key.symbol.startswith(key.base)

    comes_back()


@given(any_key)
def test_lower_case_is_the_same_key(text: str) -> None:
    assert InstrumentKey(text.lower()) == text


@given(any_key, venues)
def test_an_equivalent_instrument_differs_in_its_venue_alone(text: str, venue: str) -> None:
    key = InstrumentKey(text)
    if (venue == "IBKR") != (key.venue == "IBKR") and key.type in DERIVATIVES:
        return  # IBKR's derivatives carry no suffix: none is equivalent
    there = key.at(VenueId(venue))
    assert (there.venue, there.partition(":")[2]) == (venue, key.partition(":")[2])
    assert there.at(key.venue) == key


@given(st.text(max_size=40))
def test_any_text_is_a_key_or_is_refused_and_nothing_else(text: str) -> None:
    refused: InvalidInputError | None = None
    try:
        key = InstrumentKey(text)
    except InvalidInputError as raised:
        refused = raised
    else:
        assert InstrumentKey(str(key)) == key
    assert refused is None or (refused.field, bool(refused.remedy)) == ("instrument_key", True)


SPELLINGS = [
    ("BINANCE-FUTURES:PERP:BTC-USDT", "BINANCE-FUTURES:PERPETUAL:BTC-USDT@LIN"),
    ("deribit:perpetual:btc-usd", "DERIBIT:PERPETUAL:BTC-USD@INV"),
    ("DERIBIT:PERPETUAL:BTC-USD@LIN", "DERIBIT:PERPETUAL:BTC-USD@LIN"),
    ("DERIBIT:OPTION:BTC-USD-50000-20241231-C", "DERIBIT:OPTION:BTC-USD-50000-241231-CALL@INV"),
    ("DERIBIT:OPTION:BTC-USDC-050.50-241231-P", "DERIBIT:OPTION:BTC-USDC-50.5-241231-PUT@LIN"),
    ("OKX:FUTURE:BTC-USDT-20241227", "OKX:FUTURE:BTC-USDT-241227@LIN"),
    (" IBKR:EQUITY:aapl-usd ", "IBKR:EQUITY:AAPL-USD"),
    ("IBKR:FUTURE:ES-USD-251219", "IBKR:FUTURE:ES-USD-251219"),
    ("SMART:PERP:BTC-USDT", "SMART:PERPETUAL:BTC-USDT@LIN"),
    ("IBKR:INDEX:SPX", "IBKR:INDEX:SPX"),
    ("IBKR:EQUITY:BRK.B-USD", "IBKR:EQUITY:BRK.B-USD"),
]


@pytest.mark.parametrize(("written", "printed"), SPELLINGS)
def test_many_spellings_are_read_and_one_is_printed(written: str, printed: str) -> None:
    assert InstrumentKey(written) == printed


MALFORMED = [
    ("", "write VENUE:TYPE:SYMBOL"),
    ("BTC-USDT", "write VENUE:TYPE:SYMBOL"),
    ("A:SPOT_PAIR:BTC-USDT:X", "write VENUE:TYPE:SYMBOL"),
    ("BYBIT:SPOT_PAIR:" + "A" * 120 + "-USDT", "write VENUE:TYPE:SYMBOL"),
    (":SPOT_PAIR:BTC-USDT", "no venue name"),
    ("BY BIT:SPOT_PAIR:BTC-USDT", "no venue name"),
    ("-BYBIT:SPOT_PAIR:BTC-USDT", "no venue name"),
    ("BYBIT:SWAP:BTC-USDT", "no instrument type; known: SPOT_PAIR"),
    ("BYBIT:SPOT_PAIR:BTC", "write BASE-QUOTE"),
    ("BYBIT:SPOT_PAIR:BTC-USDT-X", "write BASE-QUOTE"),
    ("BYBIT:SPOT_PAIR:-USDT", "write BASE-QUOTE"),
    ("BYBIT:SPOT_PAIR:BTC/USDT", "write BASE-QUOTE"),
    ("IBKR:INDEX:A-B-C", "write NAME or NAME-QUOTE"),
    ("OKX:FUTURE:BTC-USDT", "write BASE-QUOTE-YYMMDD"),
    ("OKX:FUTURE:BTC-USDT-241332", "no expiry date"),
    ("OKX:FUTURE:BTC-USDT-2412", "no expiry date"),
    ("OKX:FUTURE:BTC-USDT-19241231", "no expiry date"),
    ("OKX:FUTURE:BTC-USDT-DEC24", "no expiry date"),
    ("DERIBIT:OPTION:BTC-USD-50000-241231", "write BASE-QUOTE-STRIKE-YYMMDD-CALL|PUT"),
    ("DERIBIT:OPTION:BTC-USD-0-241231-CALL", "greater than zero"),
    ("DERIBIT:OPTION:BTC-USD-5X-241231-CALL", "no strike"),
    ("DERIBIT:OPTION:BTC-USD-5-241231-STRADDLE", "write CALL or PUT"),
    ("BYBIT:PERPETUAL:BTC-USDT@", "suffix after @ is empty"),
    ("BYBIT:PERPETUAL:BTC-USDT@QUANTO", "write @LIN or @INV"),
    ("BYBIT:PERPETUAL:BTC-USDT@LIN@INV", "write @LIN or @INV"),
    ("BYBIT:SPOT_PAIR:BTC-USDT@LIN", "takes no suffix"),
    ("IBKR:FUTURE:ES-USD-251219@LIN", "takes no suffix"),
]


@pytest.mark.parametrize(("text", "reason"), MALFORMED)
def test_a_malformed_key_is_refused_with_what_is_wrong(text: str, reason: str) -> None:
    with pytest.raises(InvalidInputError) as refused:
        InstrumentKey(text)
    assert reason in refused.value.remedy


def test_a_key_says_what_it_is_made_of() -> None:
    option = InstrumentKey("DERIBIT:OPTION:BTC-USD-50000-241231-CALL@INV")
    assert (option.venue, option.base, option.quote, option.suffix) == ("DERIBIT", "BTC", "USD", "INV")
    assert (option.settlement, option.is_inverse) == ("BTC", False)  # its amount is of the underlying
    perpetual = InstrumentKey("DERIBIT:PERPETUAL:BTC-USD@INV")
    assert (perpetual.settlement, perpetual.is_inverse) == ("BTC", True)
    linear = InstrumentKey("DERIBIT:OPTION:BTC-USDC-50000-241231-CALL@LIN")
    assert (linear.settlement, linear.is_inverse) == ("USDC", False)
    index = InstrumentKey("IBKR:INDEX:SPX")
    assert (index.base, index.quote, index.suffix, index.is_inverse) == ("SPX", "", "", False)
    assert InstrumentKey("SMART:PERP:BTC-USDT").venue == SMART


def test_keys_sort_and_hash_as_text() -> None:
    key = InstrumentKey("BYBIT:PERP:BTC-USDT")
    assert {key: 1}["BYBIT:PERPETUAL:BTC-USDT@LIN"] == 1  # type: ignore[index] # that plain text finds it is the point
    assert sorted([key, InstrumentKey("BYBIT:PERP:AAVE-USDT")])[1] is key


@pytest.mark.parametrize(
    ("key", "currency"),
    [
        ("BYBIT:SPOT_PAIR:ETH-USDT", "USDT"),
        ("BYBIT:PERPETUAL:ETH-USDT@LIN", "USDT"),
        ("DERIBIT:PERPETUAL:ETH-USD@INV", "ETH"),
        ("IBKR:EQUITY:AAPL-USD", "USD"),
    ],
)
def test_profit_is_paid_in_the_quote_and_by_inverse_contracts_in_the_base(key: str, currency: str) -> None:
    one = Instrument(
        key=InstrumentKey(key),
        tick_size=Price(Decimal(1)),
        lot_size=Quantity(Decimal(1)),
        min_quantity=Quantity(Decimal(1)),
    )
    assert one.settlement == currency
