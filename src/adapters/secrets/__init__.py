"""Where secrets come from."""

from adapters.secrets.environment import EnvironmentSecrets

__all__ = ["EnvironmentSecrets"]
