"""Settings of a live account are checked before anything is opened, and keep their secrets."""

from __future__ import annotations

import pytest

from adapters.nautilus.binance_settings import BinanceFuturesSettings, BinanceSpotSettings
from ports.errors import InvalidInputError

GIVEN = {
    "account": "MAIN",
    "api_key": "the-key",
    "api_secret": "the-secret",
    "instruments": "BINANCE-FUTURES:PERP:BTC-USDT, BINANCE-FUTURES:FUTURE:ETH-USDT-20261225",
}


def test_text_is_read_and_defaults_are_the_venues() -> None:
    settings = BinanceFuturesSettings.read({**GIVEN, "recv_window_ms": "3000", "environment": "testnet"})
    assert settings.instruments == (
        "BINANCE-FUTURES:PERPETUAL:BTC-USDT@LIN",
        "BINANCE-FUTURES:FUTURE:ETH-USDT-261225@LIN",
    )
    assert (settings.recv_window_ms, settings.environment, settings.base_url_http) == (3000, "testnet", "")


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"account": ""}, "account"),
        ({"api_secret": ""}, "api_secret"),
        ({"instruments": " "}, "instruments"),
        ({"instruments": "BINANCE-SPOT:SPOT_PAIR:BTC-USDT"}, "instruments"),
        ({"instruments": "BINANCE-FUTURES:PERPETUAL:BTC-USD@INV"}, "instruments"),
        ({"environment": "paper"}, "environment"),
        ({"base_url_http": "ws://127.0.0.1:1"}, "base_url_http"),
        ({"base_url_ws": "127.0.0.1"}, "base_url_ws"),
        ({"recv_window_ms": "60001"}, "recv_window_ms"),
        ({"recv_window_ms": "5000.5"}, "recv_window_ms"),
        ({"orders_per_10s": "5"}, "orders_per_10s"),
        ({"answer_s": "nan"}, "answer_s"),
        ({"answer_s": "0"}, "answer_s"),
        ({"probe_s": "soon"}, "probe_s"),
        ({"api_keys": "x"}, "api_keys"),
    ],
)
def test_a_wrong_setting_is_named(changed: dict[str, str], field: str) -> None:
    with pytest.raises(InvalidInputError) as refusal:
        BinanceFuturesSettings.read({**GIVEN, **changed})
    assert refusal.value.field == field


def test_spot_has_pairs_and_limits_of_its_own() -> None:
    given = {**GIVEN, "instruments": "BINANCE-SPOT:SPOT_PAIR:BTC-USDT"}
    settings = BinanceSpotSettings.read(given)
    assert (settings.venue, settings.orders_per_10s) == ("BINANCE-SPOT", 100)
    with pytest.raises(InvalidInputError, match="spot pair of BINANCE-SPOT"):
        BinanceSpotSettings.read(GIVEN)
    with pytest.raises(InvalidInputError) as refusal:
        BinanceSpotSettings.read({**given, "orders_per_minute": "1200"})  # of futures
    assert refusal.value.field == "orders_per_minute"


def test_secrets_are_never_shown() -> None:
    settings = BinanceFuturesSettings.read(GIVEN)
    assert "the-key" not in repr(settings)
    assert "the-secret" not in repr(settings)
    with pytest.raises(InvalidInputError) as refusal:
        BinanceFuturesSettings.read({**GIVEN, "instruments": "", "api_secret": "the-secret"})
    assert "the-secret" not in str(refusal.value)
