"""Halts: what people with authority raise and lift, and messages that cannot be processed."""

from __future__ import annotations

from core.cancelling import cancel_scope
from core.control_rules import ControlRules, is_weaker
from core.flattening import begin_flattening, flatten
from core.reconciliation.patience import Patience
from core.reconciliation.steps import open_break
from core.scopes import is_heard_of
from core.tripping import look_at_failures, trip
from core.turn import Turn
from ports.commands import HaltMode, HaltScope, LiftHalt, RaiseHalt
from ports.facts import BreakKind, HaltLifted, HaltRaised, MessageQuarantined, TripKind
from ports.instruments import InstrumentKey
from ports.replies import ControlReply, NotPermitted
from ports.values import SYSTEM, Principal

_LONGEST_MESSAGE = 4000


def raise_halt(turn: Turn, message: RaiseHalt, patience: Patience, rules: ControlRules) -> None:
    """Halt a scope; a repeat changes nothing but cancels and closes again where that is its mode.

    What a control halted by itself, only who may resume it makes weaker; it stays the control's whatever its mode.
    """
    in_force = turn.book.halts.get(message.scope, message.value)
    if in_force is not None and is_weaker(message.mode, in_force.mode):
        refused = _refused(in_force, message.principal, rules)
        if refused is not None:
            turn.reply(refused)
            return
    changed = _halt(turn, message, in_force)
    cancelled, closing = [], []
    if message.mode in (HaltMode.CANCEL, HaltMode.FLATTEN):
        cancelled = cancel_scope(turn, message, patience)
    if message.mode is HaltMode.FLATTEN:
        closing = flatten(turn, patience)
        raised = turn.book.halts.get(message.scope, message.value)
        if changed and raised is not None:
            begin_flattening(turn, raised, patience)
    unheard_of = not is_heard_of(turn.book, message.scope, message.value)
    turn.reply(
        ControlReply(changed=changed, cancelled=tuple(cancelled), closing=tuple(closing), is_unheard_of=unheard_of)
    )


def lift_halt(turn: Turn, message: LiftHalt, rules: ControlRules) -> None:
    """Let a scope trade again; what a control halted by itself, only by the word of a person who may."""
    halted = turn.book.halts.get(message.scope, message.value)
    if halted is not None:
        refused = _refused(halted, message.principal, rules)
        if refused is not None:
            turn.reply(refused)
            return
        turn.fact(
            HaltLifted(
                scope=message.scope,
                value=message.value,
                principal=message.principal,
                reason=message.reason,
                lifted_ns=turn.now_ns,
            )
        )
    unheard_of = halted is None and not is_heard_of(turn.book, message.scope, message.value)
    turn.reply(ControlReply(changed=halted is not None, is_unheard_of=unheard_of))


def quarantine(
    turn: Turn, text: str, instrument: InstrumentKey | None, error: str, patience: Patience, rules: ControlRules
) -> None:
    """Set a message aside that could not be processed, open a break, and halt its instrument where it is not."""
    break_id = f"quarantine-{turn.book.sequence}"  # two of one instant are two
    turn.fact(
        MessageQuarantined(
            message=text[:_LONGEST_MESSAGE], error=error, instrument=instrument, quarantined_ns=turn.now_ns
        )
    )
    open_break(turn, break_id, BreakKind.QUARANTINE, None, instrument, error)
    # What a person asked for is more, and goes on: a poison message must not stop a flattening.
    if instrument is not None:
        reason = f"a message could not be processed: {break_id}"
        trip(turn, TripKind.FAILURES, (HaltScope.INSTRUMENT, instrument), HaltMode.HALT, reason, patience)
    look_at_failures(turn, rules, patience)


def _refused(halt: HaltRaised, principal: Principal, rules: ControlRules) -> NotPermitted | None:
    """Say why somebody may not undo a halt; None: they may."""
    if (halt.trip is None and halt.principal != SYSTEM) or rules.may_resume(principal):
        return None
    who = f"one of {', '.join(rules.risk_officers)}" if rules.risk_officers else "a person"
    remedy = f"{halt.scope} {halt.value or 'halt'} was raised by a control ({halt.reason}): {who} has to resume it"
    return NotPermitted(field="principal", value=principal, remedy=remedy)


def _halt(turn: Turn, message: RaiseHalt, in_force: HaltRaised | None) -> bool:
    """Raise a halt unless one of that mode is in force; say whether anything changed."""
    if in_force is not None and in_force.mode is message.mode:
        return False
    turn.fact(
        HaltRaised(
            scope=message.scope,
            value=message.value,
            mode=message.mode,
            principal=message.principal,
            reason=message.reason,
            raised_ns=turn.now_ns,
            trip=None if in_force is None else in_force.trip,
        )
    )
    return True
