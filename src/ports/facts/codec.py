"""From plain data (what a JSON reader returns) back to facts, by the types that the facts declare.

The other direction needs no code of ours: a fact is a dataclass of text, whole numbers, enums, mappings, tuples and
decimals, and any JSON writer that writes a decimal as plain text (`ports.values.plain`) writes what this reads.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from ports.errors import JournalCorruptError
from ports.facts.union import FACTS, Fact
from ports.plain import reader_of

_BY_KIND: Final[Mapping[str, Any]] = {kind.__name__: kind for kind in FACTS}


def kind_of(fact: Fact) -> str:
    """Return the name a fact's kind has in the journal."""
    return type(fact).__name__


def version_of(fact: Fact) -> int:
    """Return the version a fact is written in."""
    return FACTS[type(fact)]


def decode_fact(kind: str, version: int, body: Mapping[str, Any]) -> Fact:
    """Make a fact from its plain data.

    Raises:
        JournalCorruptError: a kind or version this program does not know (it is older than the journal), or a
            body that is not one of that kind.
    """
    fact_type = _BY_KIND.get(kind)
    if fact_type is None:
        raise JournalCorruptError(f"fact kind {kind!r} is not known: this journal was written by a newer livexec")
    if version > FACTS[fact_type]:
        raise JournalCorruptError(f"{kind} version {version} is not known: upgrade livexec")
    try:
        fact: Fact = reader_of(fact_type)(body)
    except (KeyError, TypeError, ValueError, ArithmeticError) as unreadable:
        raise JournalCorruptError(f"the body of a {kind} (version {version}) cannot be read") from unreadable
    return fact
