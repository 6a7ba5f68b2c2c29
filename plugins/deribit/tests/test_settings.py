"""What a session is told is checked before anything is opened, and its secrets are never shown."""

from __future__ import annotations

import pickle

import pytest

from livexec_deribit.factory import DeribitFactory
from livexec_deribit.settings import DeribitSettings
from ports.errors import InvalidInputError
from ports.instruments import InstrumentKey

LEAST = {"api_key": "a-key", "api_secret": "hunter2", "environment": "testnet"}
PERPETUAL = "DERIBIT:PERPETUAL:BTC-USD@INV"


@pytest.mark.parametrize(
    ("given", "url"),
    [
        ({"environment": "live"}, "wss://www.deribit.com/ws/api/v2"),
        ({"environment": "testnet"}, "wss://test.deribit.com/ws/api/v2"),
        ({"environment": "live", "base_url": "https://test.deribit.com"}, "wss://test.deribit.com/ws/api/v2"),
        ({"base_url": "ws://127.0.0.1:99/anything"}, "ws://127.0.0.1:99/ws/api/v2"),
    ],
)
def test_an_environment_or_an_address_says_where_orders_go(given: dict[str, str], url: str) -> None:
    rest = {"api_key": "a", "api_secret": "b"}
    assert DeribitSettings.read({**rest, **given}).url == url


def test_what_is_left_out_has_its_default() -> None:
    read = DeribitSettings.read(LEAST)
    assert (read.account, read.cancel_on_disconnect) == ("DERIBIT-MAIN", False)
    assert read.named == {PERPETUAL, "DERIBIT:PERPETUAL:ETH-USD@INV"}


def test_instruments_are_keys_and_patterns() -> None:
    read = DeribitSettings.read({**LEAST, "instruments": f"{PERPETUAL}, deribit:option:btc-usd-*@inv"})
    assert read.named == {PERPETUAL}
    assert read.wants(InstrumentKey("DERIBIT:OPTION:BTC-USD-70000-291228-CALL@INV"))
    assert not read.wants(InstrumentKey("DERIBIT:OPTION:BTC-USDC-70000-291228-CALL@LIN"))
    assert not read.wants(InstrumentKey("DERIBIT:PERPETUAL:ETH-USD@INV"))


@pytest.mark.parametrize(
    ("changed", "field", "remedy"),
    [
        ({"api_key": " "}, "api_key", "is required"),
        ({"api_secret": ""}, "api_secret", "is required"),
        ({"environment": ""}, "environment", "live or testnet"),
        ({"environment": "production"}, "environment", "live or testnet"),
        ({"base_url": "ftp://example.org"}, "base_url", "wss://"),
        ({"base_url": "wss://a:hunter2@example.org"}, "base_url", "wss://"),
        ({"instruments": "BTC-CS-19MAY26-70000_75000"}, "instruments", "combos are not traded"),
        ({"instruments": "OKX:PERPETUAL:BTC-USDT@LIN"}, "instruments", "of DERIBIT"),
        ({"instruments": "DERIBIT:SPOT_PAIR:BTC-USDC"}, "instruments", "of DERIBIT"),
        ({"instruments": "*"}, "instruments", "a pattern such as"),
        ({"account": "paper-1"}, "account", "PAPER"),
        ({"cancel_on_disconnect": "maybe"}, "cancel_on_disconnect", "true or false"),
        ({"dead_man_s": "10"}, "dead_man_s", "0, or seconds from 20 to 120"),
        ({"dead_man_s": "30", "cancel_on_disconnect": "true"}, "cancel_on_disconnect", "goes without dead_man_s"),
        ({"valid_ms": "1e9"}, "valid_ms", "a number from"),
        ({"answer_s": "soon"}, "answer_s", "a number from"),
        ({"nonsense": "1"}, "nonsense", "no setting"),
    ],
)
def test_a_wrong_setting_is_named_with_its_remedy(changed: dict[str, str], field: str, remedy: str) -> None:
    with pytest.raises(InvalidInputError) as wrong:
        DeribitFactory().session({**LEAST, **changed})
    assert wrong.value.field == field
    assert remedy in wrong.value.remedy
    assert "hunter2" not in str(wrong.value)


def test_a_secret_is_not_shown_and_does_not_travel() -> None:
    read = DeribitSettings.read(LEAST)
    assert "hunter2" not in f"{read} {read!r} {DeribitFactory().session(LEAST)!r}"
    with pytest.raises(TypeError):
        pickle.dumps(read)
