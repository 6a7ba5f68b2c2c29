"""What is configured for a plugin's venue is held against what the plugin says it takes."""

import pytest

from plugins.settings_schema import read_settings, said
from ports.errors import InvalidInputError
from ports.venue_settings import Setting

SCHEMA = (
    Setting(name="api_secret", says="the key's secret", is_secret=True, choices=("right",)),
    Setting(name="environment", says="which one", choices=("live", "testnet")),
    Setting(name="account", says="its name", default="MAIN"),
)
GIVEN = {"api_secret": "right", "environment": "live"}


def test_defaults_stand_in_for_what_is_left_out() -> None:
    assert read_settings(GIVEN, SCHEMA) == GIVEN | {"account": "MAIN"}


@pytest.mark.parametrize(
    ("given", "field", "words"),
    [
        ({"environment": "live"}, "api_secret", "is required"),
        (GIVEN | {"enviroment": "live"}, "enviroment", "did you mean environment?"),
        (GIVEN | {"zzz": "x"}, "zzz", "settings are: api_secret, environment, account"),
        (GIVEN | {"environment": "paper"}, "environment", "write one of: live, testnet"),
        (GIVEN | {"api_secret": "hunter2"}, "api_secret", "write one of"),
    ],
)
def test_what_is_wrong_is_named_and_no_secret_is_shown(given: dict[str, str], field: str, words: str) -> None:
    with pytest.raises(InvalidInputError) as refused:
        read_settings(given, SCHEMA)
    assert refused.value.field == field
    assert words in str(refused.value)
    assert "hunter2" not in str(refused.value)


def test_a_schema_is_said_in_one_line() -> None:
    assert said(SCHEMA) == "api_secret (required, secret), environment (required), account (else MAIN)"
