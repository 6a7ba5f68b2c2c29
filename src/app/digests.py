"""One word for a whole book: what two equal ones have in common and two different ones do not."""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import blake2b

from core.orchestrator import Orchestrator
from ports.facts import Fact


def digest_of(actor: Orchestrator) -> str:
    """Return the digest of an actor's book."""
    return blake2b(repr(actor.book.canonical()).encode(), digest_size=16).hexdigest()


def folded(facts: Sequence[Fact]) -> str:
    """Return the digest of a new book made of `facts`."""
    actor = Orchestrator()
    actor.apply(facts)
    return digest_of(actor)
