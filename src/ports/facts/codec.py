"""From plain data (what a JSON reader returns) back to facts, by the types that the facts declare.

The other direction needs no code of ours: a fact is a dataclass of text, whole numbers, enums, mappings, tuples and
decimals, and any JSON writer that writes a decimal as plain text (`ports.values.plain`) writes what this reads.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from ports.errors import JournalCorruptError
from ports.facts.union import FACTS, Fact
from ports.plain import reader_of

type Body = Mapping[str, Any]
type Upcasters = Mapping[tuple[str, int], Callable[[Body], Body]]

_KINDS: Final[Mapping[Any, int]] = FACTS
_BY_KIND: Final = {kind.__name__: (kind, reader_of(kind)) for kind in _KINDS}


def kind_of(fact: Fact) -> str:
    """Return the name a fact's kind has in the journal."""
    return type(fact).__name__


def version_of(fact: Fact) -> int:
    """Return the version a fact is written in."""
    return FACTS[type(fact)]


# How a body that was written in a version becomes one of the next version: pure, and here for ever. A field that was
# only added, with a default, needs none, and its kind keeps its version.
UPCASTERS: Final[dict[tuple[str, int], Callable[[Body], Body]]] = {}


def decode_fact(kind: str, version: int, body: Body, upcasters: Upcasters = UPCASTERS) -> Fact:
    """Make a fact from its plain data, whatever version it was written in.

    Raises:
        JournalCorruptError: a kind or version this program does not know (it is older than the journal), or a
            body that is not one of that kind.
    """
    newest = upcast(kind, version, body, upcasters)
    try:
        fact: Fact = _BY_KIND[kind][1](newest)
    except (KeyError, TypeError, ValueError, ArithmeticError) as unreadable:
        raise _unreadable(kind, version) from unreadable
    return fact


def upcast(kind: str, version: int, body: Body, upcasters: Upcasters = UPCASTERS) -> Body:
    """Return a fact's plain data as its newest version writes it.

    Raises:
        JournalCorruptError: a kind or version this program does not know, or a body that is not one of that kind.
    """
    known = _BY_KIND.get(kind)
    if known is None:
        raise JournalCorruptError(f"fact kind {kind!r} is not known: this journal was written by a newer livexec")
    newest = _KINDS[known[0]]
    if version > newest:
        raise JournalCorruptError(f"{kind} version {version} is not known: upgrade livexec")
    if version == newest:  # nearly always
        return body
    try:
        for earlier in range(version, newest):
            body = upcasters[kind, earlier](body)
    except (KeyError, TypeError, ValueError, ArithmeticError) as unreadable:
        raise _unreadable(kind, version) from unreadable
    return body


def _unreadable(kind: str, version: int) -> JournalCorruptError:
    return JournalCorruptError(f"the body of a {kind} (version {version}) cannot be read")
