"""Deribit's names and our keys spell each other, and what no key names is none."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from livexec_deribit.names import currency_of, key_of, name_of
from ports.instruments import InstrumentKey

PAIRS = [
    ("BTC-PERPETUAL", "DERIBIT:PERPETUAL:BTC-USD@INV", "BTC"),
    ("ETH_USDC-PERPETUAL", "DERIBIT:PERPETUAL:ETH-USDC@LIN", "USDC"),
    ("BTC-5JUN26", "DERIBIT:FUTURE:BTC-USD-260605@INV", "BTC"),
    ("BTC_USDC-27DEC24", "DERIBIT:FUTURE:BTC-USDC-241227@LIN", "USDC"),
    ("BTC-27DEC24-100000-C", "DERIBIT:OPTION:BTC-USD-100000-241227-CALL@INV", "BTC"),
    ("XRP_USDC-30JUN25-0d625-P", "DERIBIT:OPTION:XRP-USDC-0.625-250630-PUT@LIN", "USDC"),
]


@pytest.mark.parametrize(("name", "key", "currency"), PAIRS)
def test_a_name_and_its_key_spell_each_other(name: str, key: str, currency: str) -> None:
    assert key_of(name) == key
    assert name_of(InstrumentKey(key)) == name
    assert currency_of(InstrumentKey(key)) == currency


@pytest.mark.parametrize(
    "name",
    [
        *("BTC-FS-27DEC24_PERP", "BTC-CS-19MAY26-70000_75000", "BTC-BOX-25DEC26-58000_60000"),  # combos
        *("BTC_USDC", "BTC", "", "BTC-PERP", "BTC-31FEB26", "BTC-1XYZ26", "BTC-27DEC24-0-C", "btc-perpetual"),
    ],
)
def test_what_no_key_names_is_none(name: str) -> None:
    assert key_of(name) is None


expiries = st.integers(0, 36_000).map(lambda days: date(2000, 1, 1) + timedelta(days=days))
strikes = st.decimals("0.001", "1000000", places=3).map(lambda strike: f"{strike.normalize():f}")


@given(st.sampled_from(["BTC", "SOL", "1INCH"]), st.sampled_from(["@INV", "C@LIN"]), expiries, strikes)
def test_every_option_and_future_comes_back_as_it_went(base: str, tail: str, expiry: date, strike: str) -> None:
    coin, suffix = tail.split("@")
    pair, day = f"{base}-USD{coin}", f"{expiry:%y%m%d}"
    for text in (f"FUTURE:{pair}-{day}@{suffix}", f"OPTION:{pair}-{strike}-{day}-PUT@{suffix}"):
        key = InstrumentKey(f"DERIBIT:{text}")
        assert key_of(name_of(key)) == key
