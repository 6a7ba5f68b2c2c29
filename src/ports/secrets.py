"""Secrets: where they come from, and a wrapper that does not show them."""

from __future__ import annotations

from typing import Protocol


class Secret:
    """A text that its repr, str, format and pickle do not show; `reveal` is called only where it is used."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        """Return the text itself."""
        return self._value

    def __repr__(self) -> str:
        return "Secret(…)"

    def __reduce__(self) -> tuple[object, ...]:
        raise TypeError("a Secret does not travel")


class Secrets(Protocol):
    """A source of secrets by name."""

    def get(self, name: str) -> Secret:
        """Return one secret.

        Raises:
            SecretMissingError: it is not set; names it.
        """
