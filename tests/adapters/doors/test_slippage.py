"""Slippage: by hand, on both sides, and not guessed where nothing was quoted or nothing has traded."""

from __future__ import annotations

from decimal import Decimal

from adapters.doors.slippage import slippage_plain
from ports.values import Side

QUOTES = [{"bid": "99.5", "ask": "100.9"}, {"bid": "99.9", "ask": "100.1"}]


def test_it_is_what_the_average_price_is_worse_than_the_best_mid() -> None:
    bought = slippage_plain(Side.BUY, Decimal("100.1"), QUOTES)
    assert bought == {"bid": "99.9", "ask": "100.1", "mid": "100", "slippage_bps": "10"}
    sold = slippage_plain(Side.SELL, Decimal("100.1"), QUOTES)
    assert sold is not None
    assert sold["slippage_bps"] == "-10"


def test_what_is_not_known_is_not_guessed() -> None:
    assert slippage_plain(Side.BUY, None, QUOTES) is None
    assert slippage_plain(Side.BUY, Decimal(100), []) is None
