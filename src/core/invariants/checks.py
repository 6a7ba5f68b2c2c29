"""Every invariant by its name, and the one call that judges a run by all of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from core.invariants.evidence import terminal_on_evidence
from core.invariants.halts import halt_holds
from core.invariants.limits import limits_hold
from core.invariants.quantities import never_overfilled, position_equals_fills
from core.invariants.replay import replay_identical
from core.invariants.run import Finding, RecordedRun
from core.invariants.sending import durable_before_release, one_order_per_operation, sent_once

INVARIANTS: Final[Mapping[str, Callable[[RecordedRun], Finding]]] = {
    "sent_once": sent_once,
    "one_order_per_operation": one_order_per_operation,
    "never_overfilled": never_overfilled,
    "position_equals_fills": position_equals_fills,
    "limits_hold": limits_hold,
    "durable_before_release": durable_before_release,
    "replay_identical": replay_identical,
    "halt_holds": halt_holds,
    "terminal_on_evidence": terminal_on_evidence,
}


def check(run: RecordedRun) -> Mapping[str, Finding]:
    """Judge a run by every invariant; a finding that examined nothing proves nothing, and says so by its count."""
    return {name: judge(run) for name, judge in INVARIANTS.items()}
