"""Secrets come from the environment by name, and never show themselves."""

import pytest

from adapters.secrets import EnvironmentSecrets
from ports.errors import SecretMissingError
from ports.secrets import Secrets


def test_a_set_variable_is_a_secret() -> None:
    secrets: Secrets = EnvironmentSecrets({"TOKEN": "hunter2"})
    assert secrets.get("TOKEN").reveal() == "hunter2"
    assert "hunter2" not in repr(secrets.get("TOKEN"))


@pytest.mark.parametrize("environ", [{}, {"TOKEN": ""}, {"token": "hunter2"}])
def test_a_variable_that_is_not_set_or_empty_is_missing_and_named(environ: dict[str, str]) -> None:
    with pytest.raises(SecretMissingError, match="TOKEN"):
        EnvironmentSecrets(environ).get("TOKEN")


def test_a_later_change_of_the_environment_is_not_seen() -> None:
    environ = {"TOKEN": "before"}
    secrets = EnvironmentSecrets(environ)
    environ["TOKEN"] = "after"
    assert secrets.get("TOKEN").reveal() == "before"
