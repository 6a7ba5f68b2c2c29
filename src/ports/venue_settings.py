"""What a venue's factory can be told, as a list that others can read: people, `livexec doctor`, a form."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol, runtime_checkable

from ports.records import record


@record
class Setting:
    """One key of a venue's section of the configuration; its value reaches the factory as text.

    `default` None: it is required. `choices`: nothing else is taken; empty: any text.
    """

    name: str
    says: str
    default: str | None = None
    is_secret: bool = False
    choices: tuple[str, ...] = ()


@runtime_checkable
class HasSettings(Protocol):
    """A factory that lists its settings; they are checked, and shown, before a session is made."""

    @property
    def settings(self) -> Sequence[Setting]:
        """Every key that there is."""
