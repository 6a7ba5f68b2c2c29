"""`replay_identical`: the journal alone makes the same state, every time."""

from __future__ import annotations

from core.invariants.run import Finding, RecordedRun, Tally


def replay_identical(run: RecordedRun) -> Finding:
    """Fold the journal twice in new actors, and compare both states with the one that lived; examines facts."""
    tally = Tally()
    facts = [entry.fact for entry in run.entries]
    tally.saw(len(facts))
    for place, (before, entry) in enumerate(zip([None, *run.entries], run.entries, strict=False), start=1):
        tally.expect(entry.seq == place, f"entry {place} of the journal has sequence {entry.seq}")
        if before is not None:
            tally.expect(entry.epoch >= before.epoch, f"seq {entry.seq}: epoch {entry.epoch} after {before.epoch}")
    try:
        first, second = run.fold(facts), run.fold(facts)
    except (ArithmeticError, LookupError, TypeError, ValueError) as unfit:  # facts that do not follow one another
        tally.violated(f"the journal cannot be folded: {type(unfit).__name__}: {unfit}")
        return tally.finding()
    tally.expect(first == second, f"two folds of one journal differ: {first} and {second}")
    tally.expect(first == run.live_digest, f"folded {first}, lived {run.live_digest}")
    return tally.finding()
