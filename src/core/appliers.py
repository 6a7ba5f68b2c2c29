"""Who takes each kind of fact: the book itself, and parts of it after that."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Protocol

from ports.facts import Fact

type Apply = Callable[[Any], object]


class Part(Protocol):
    """A part of the book that takes facts by itself."""

    def appliers(self) -> Mapping[type[Fact], Apply]:
        """Return who takes each kind of fact."""


def joined(own: Mapping[type[Fact], Apply], *parts: Part) -> Mapping[type[Fact], Apply]:
    """Return one applier for each kind of fact: the book's own, then those of its parts, in their order."""
    together = dict(own)
    for part in parts:
        for kind, apply in part.appliers().items():
            first = together.get(kind)
            together[kind] = apply if first is None else _both(first, apply)
    return together


def _both(first: Apply, then: Apply) -> Apply:
    def apply(fact: Any) -> None:
        first(fact)
        then(fact)

    return apply
