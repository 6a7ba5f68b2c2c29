"""Secrets from environment variables."""

from __future__ import annotations

from collections.abc import Mapping

from ports.errors import SecretMissingError
from ports.secrets import Secret


class EnvironmentSecrets:
    """The variables of `environ`, as they were when this was made; a later change of the environment is not seen."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._secrets = {name: Secret(value) for name, value in environ.items()}

    def get(self, name: str) -> Secret:
        """Return the secret in the variable `name`.

        Raises:
            SecretMissingError: it is not set, or empty: an empty secret guards nothing.
        """
        secret = self._secrets.get(name)
        if secret is None or not secret.reveal():
            raise SecretMissingError(f"set the environment variable {name}")
        return secret
