"""Settings of an account of Bybit are checked before anything is opened, and keep their secrets."""

from __future__ import annotations

import pytest

from adapters.nautilus.bybit_settings import BybitSettings
from ports.errors import InvalidInputError

GIVEN = {
    "account": "MAIN",
    "api_key": "the-key",
    "api_secret": "the-secret",
    "instruments": "BYBIT:PERP:BTC-USDT, BYBIT:PERPETUAL:ETH-USDT@LIN",
}


def test_text_is_read_and_defaults_are_the_venues() -> None:
    settings = BybitSettings.read({**GIVEN, "recv_window_ms": "3000", "environment": "testnet"})
    assert settings.instruments == ("BYBIT:PERPETUAL:BTC-USDT@LIN", "BYBIT:PERPETUAL:ETH-USDT@LIN")
    assert (settings.recv_window_ms, settings.category) == (3000, "linear")
    assert settings.ws_public == "wss://stream-testnet.bybit.com/v5/public/linear"


def test_pairs_have_another_category() -> None:
    settings = BybitSettings.read({**GIVEN, "instruments": "BYBIT:SPOT_PAIR:BTC-USDT", "base_url_ws": "ws://x/public"})
    assert (settings.category, settings.ws_public) == ("spot", "ws://x/public/spot")


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"account": ""}, "account"),
        ({"api_secret": ""}, "api_secret"),
        ({"instruments": " "}, "instruments"),
        ({"instruments": "BYBIT:PERPETUAL:BTC-USDT@LIN BYBIT:SPOT_PAIR:BTC-USDT"}, "instruments"),
        ({"instruments": "BYBIT:PERPETUAL:BTC-USD@INV"}, "instruments"),
        ({"instruments": "OKX:SPOT_PAIR:BTC-USDT"}, "instruments"),
        ({"environment": "demo"}, "environment"),
        ({"base_url_http": "ws://127.0.0.1:1"}, "base_url_http"),
        ({"base_url_ws_trade": "127.0.0.1"}, "base_url_ws_trade"),
        ({"recv_window_ms": "60001"}, "recv_window_ms"),
        ({"orders_per_second": "0"}, "orders_per_second"),
        ({"answer_s": "nan"}, "answer_s"),
        ({"probe_s": "soon"}, "probe_s"),
        ({"api_keys": "x"}, "api_keys"),
    ],
)
def test_a_wrong_setting_is_named(changed: dict[str, str], field: str) -> None:
    with pytest.raises(InvalidInputError) as refusal:
        BybitSettings.read({**GIVEN, **changed})
    assert refusal.value.field == field


def test_secrets_are_never_shown() -> None:
    settings = BybitSettings.read(GIVEN)
    assert "the-key" not in repr(settings)
    assert "the-secret" not in repr(settings)
