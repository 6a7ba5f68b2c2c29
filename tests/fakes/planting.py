"""Ways to spoil a recorded run, so that a judge that misses it is found out."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from core.invariants import RecordedRun
from ports.facts import Fact
from ports.journal import Entry

type Plant = Callable[[RecordedRun], RecordedRun]
type Plants = dict[str, tuple[str, Plant]]  # by name: the invariant that is broken, and how


def into(plants: Plants) -> Callable[[str], Callable[[Plant], Plant]]:
    """Return a decorator that notes a way to break an invariant, which its judge has to find."""

    def plant(invariant: str) -> Callable[[Plant], Plant]:
        def note(spoil: Plant) -> Plant:
            plants[spoil.__name__] = (invariant, spoil)
            return spoil

        return note

    return plant


def rewritten(run: RecordedRun, entries: list[Entry]) -> RecordedRun:
    """The run with other entries, numbered anew."""
    return replace(run, entries=[replace(entry, seq=seq) for seq, entry in enumerate(entries, start=1)])


def find[Kind](run: RecordedRun, kind: type[Kind], operation_id: str | None = None) -> Entry:
    """The first entry of a kind, of one operation."""
    return next(
        entry
        for entry in run.entries
        if isinstance(entry.fact, kind) and operation_id in (None, getattr(entry.fact, "operation_id", None))
    )


def changed(run: RecordedRun, victim: Entry, **values: Any) -> RecordedRun:
    """The run with some values of one fact altered."""
    fact: Any = victim.fact
    spoilt = replace(victim, fact=replace(fact, **values))
    return rewritten(run, [spoilt if entry is victim else entry for entry in run.entries])


def without(run: RecordedRun, unwanted: Callable[[Fact], bool]) -> RecordedRun:
    """The run as if some facts had never been written."""
    return rewritten(run, [entry for entry in run.entries if not unwanted(entry.fact)])


def inserted(run: RecordedRun, after: Entry, *facts: Fact, cause: str | None = None) -> RecordedRun:
    """The run with facts put in behind an entry, of the same cause unless another is given."""
    more = [replace(after, fact=fact, cause=after.cause if cause is None else cause) for fact in facts]
    entries: list[Entry] = []
    for entry in run.entries:
        entries += [entry, *more] if entry is after else [entry]
    return rewritten(run, entries)
