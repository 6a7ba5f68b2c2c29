"""What a session of OKX has to be told, and what it says of wrong words."""

from __future__ import annotations

import pytest

from adapters.nautilus.okx_settings import OkxSettings
from ports.errors import InvalidInputError

GIVEN = {
    "account": "OKX-MAIN",
    "api_key": "a-key",
    "api_secret": "hunter2",
    "api_passphrase": "swordfish",
    "instruments": "OKX:PERPETUAL:BTC-USDT@LIN, OKX:SPOT_PAIR:BTC-USDT",
}


def test_text_is_read_and_secrets_are_not_shown() -> None:
    settings = OkxSettings.read({**GIVEN, "deadline_ms": "2000", "answer_s": "3.5"})
    assert (len(settings.instruments), settings.deadline_ms, settings.answer_s) == (2, 2_000, 3.5)
    assert settings.kinds == ("SPOT", "SWAP")
    assert "hunter2" not in repr(settings)
    assert "swordfish" not in repr(settings)


def test_every_address_follows_from_that_of_private_messages() -> None:
    live = OkxSettings.read(GIVEN)
    demo = OkxSettings.read({**GIVEN, "environment": "demo"})
    assert live.ws("public").startswith("wss://")
    assert live.ws("private") != demo.ws("private")
    near = OkxSettings.read({**GIVEN, "base_url_ws": "ws://127.0.0.1:9/ws/v5/private"})
    assert (near.ws("public"), near.ws("business")) == (
        *("ws://127.0.0.1:9/ws/v5/public", "ws://127.0.0.1:9/ws/v5/business"),
    )


@pytest.mark.parametrize(
    ("field", "text"),
    [
        ("account", " "),
        ("api_passphrase", ""),
        ("instruments", "OKX:PERPETUAL:BTC-USD@INV"),
        ("instruments", "OKX:FUTURE:BTC-USDT-261225@LIN"),
        ("instruments", "BYBIT:SPOT_PAIR:BTC-USDT"),
        ("environment", "testnet"),
        ("base_url_http", "ftp://127.0.0.1"),
        ("base_url_ws", "http://127.0.0.1"),
        ("orders_per_2s", "0"),
        ("deadline_ms", "61000"),
        ("answer_s", "0"),
        ("probe_s", "inf"),
        ("nonsense", "1"),
    ],
)
def test_what_is_wrong_is_named_and_no_secret_is_shown(field: str, text: str) -> None:
    with pytest.raises(InvalidInputError, match=field) as refusal:
        OkxSettings.read({**GIVEN, field: text})
    assert "hunter2" not in str(refusal.value)
    assert "swordfish" not in str(refusal.value)
