"""Halts and limits: what people with authority change."""

from __future__ import annotations

from collections.abc import Collection

from core.cancelling import cancel_scope
from core.flattening import begin_flattening, flatten
from core.reconciliation.patience import Patience
from core.reconciliation.steps import open_break
from core.turn import Turn
from ports.commands import HaltMode, HaltScope, LiftHalt, RaiseHalt, SetLimits
from ports.facts import BreakKind, BreakOpened, HaltLifted, HaltRaised, LimitsSet, MessageQuarantined
from ports.instruments import InstrumentKey
from ports.replies import ControlReply
from ports.values import SYSTEM, Principal

_LONGEST_MESSAGE = 4000


def raise_halt(turn: Turn, message: RaiseHalt, patience: Patience) -> None:
    """Halt a scope; a repeat changes nothing but cancels and closes again where that is its mode."""
    changed = halt(turn, message.scope, message.value, message.mode, message.principal, message.reason)
    cancelled, closing = [], []
    if message.mode in (HaltMode.CANCEL, HaltMode.FLATTEN):
        cancelled = cancel_scope(turn, message, patience)
    if message.mode is HaltMode.FLATTEN:
        closing = flatten(turn, patience)
        raised = turn.book.halts.get(message.scope, message.value)
        if changed and raised is not None:
            begin_flattening(turn, raised, patience)
    turn.reply(ControlReply(changed=changed, cancelled=tuple(cancelled), closing=tuple(closing)))


def lift_halt(turn: Turn, message: LiftHalt) -> None:
    """Let a scope trade again."""
    halted = turn.book.halts.get(message.scope, message.value) is not None
    if halted:
        turn.fact(
            HaltLifted(
                scope=message.scope,
                value=message.value,
                principal=message.principal,
                reason=message.reason,
                lifted_ns=turn.now_ns,
            )
        )
    turn.reply(ControlReply(changed=halted))


def set_limits(turn: Turn, message: SetLimits) -> None:
    """Put limits in force; the same limits again change nothing."""
    changed = turn.book.limits != message.limits
    if changed:
        turn.fact(
            LimitsSet(limits=message.limits, principal=message.principal, reason=message.reason, set_ns=turn.now_ns)
        )
    turn.reply(ControlReply(changed=changed))


def quarantine(turn: Turn, text: str, instrument: InstrumentKey | None, error: str) -> None:
    """Set a message aside that could not be processed, open a break, and halt its instrument where it is not."""
    break_id = f"quarantine-{turn.book.sequence}"  # two of one instant are two
    turn.fact(
        MessageQuarantined(
            message=text[:_LONGEST_MESSAGE], error=error, instrument=instrument, quarantined_ns=turn.now_ns
        )
    )
    open_break(turn, break_id, BreakKind.QUARANTINE, None, instrument, error)
    in_force = None if instrument is None else turn.book.halts.get(HaltScope.INSTRUMENT, instrument)
    # What a person asked for is more, and goes on: a poison message must not stop a flattening.
    if instrument is not None and (in_force is None or in_force.mode is HaltMode.REDUCE):
        reason = f"a message could not be processed: {break_id}"
        halt(turn, HaltScope.INSTRUMENT, instrument, HaltMode.HALT, SYSTEM, reason)


def halt_broken(turn: Turn, kinds: Collection[BreakKind]) -> None:
    """Halt the instruments of breaks of these kinds that this turn has opened, where nobody has halted them already."""
    for fact in list(turn.facts):
        if isinstance(fact, BreakOpened) and fact.kind in kinds and fact.instrument is not None:
            in_force = turn.book.halts.get(HaltScope.INSTRUMENT, fact.instrument)
            if in_force is None or in_force.mode is HaltMode.REDUCE:
                reason = f"break {fact.kind}: {fact.break_id}"
                halt(turn, HaltScope.INSTRUMENT, fact.instrument, HaltMode.HALT, SYSTEM, reason)


def halt(turn: Turn, scope: HaltScope, value: str, mode: HaltMode, principal: Principal, reason: str) -> bool:
    """Raise a halt unless one of that mode is in force; say whether anything changed."""
    in_force = turn.book.halts.get(scope, value)
    if in_force is not None and in_force.mode is mode:
        return False
    turn.fact(
        HaltRaised(scope=scope, value=value, mode=mode, principal=principal, reason=reason, raised_ns=turn.now_ns)
    )
    return True
