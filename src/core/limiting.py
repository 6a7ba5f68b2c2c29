"""Limits changed live: at once where they let less through, after a second person's word where that is asked for."""

from __future__ import annotations

from core.control_rules import ControlRules
from core.limit_changes import changes_between
from core.turn import Turn
from ports.commands import ApproveLimits, SetLimits
from ports.facts import LimitsProposalEnded, LimitsProposed, LimitsSet, ProposalEnd
from ports.replies import ControlReply, NotPermitted, UnknownSubject
from ports.values import CONFIGURATION, SYSTEM, Principal


def set_limits(turn: Turn, message: SetLimits, rules: ControlRules) -> None:
    """Put limits in force; the same limits again change nothing. What loosens any waits whole, where two are asked for.

    A configuration is whoever deployed it speaking, and takes effect at a start; its changes are facts as well.
    """
    changes = changes_between(turn.book.limits, message.limits)
    if not changes:
        turn.reply(ControlReply(changed=False))
        return
    waits = rules.two_person_limits and message.approved_by is None and message.principal != CONFIGURATION
    if waits and any(change.loosens for change in changes):
        turn.reply(_propose(turn, message, rules))
        return
    _end(turn, ProposalEnd.SUPERSEDED, message.principal, "other limits were set")
    turn.fact(
        LimitsSet(
            limits=message.limits,
            principal=message.principal,
            reason=message.reason,
            set_ns=turn.now_ns,
            changes=changes,
            approved_by=message.approved_by,
        )
    )
    turn.reply(ControlReply(changed=True))


def approve_limits(turn: Turn, message: ApproveLimits, rules: ControlRules) -> None:
    """Put proposed limits in force, or refuse them, by the word of somebody else than who proposed them."""
    expire_proposal(turn)
    proposed = turn.book.proposals.waiting
    if proposed is None or proposed.proposal_id != message.proposal_id:
        remedy = "nothing waits under that name: it has ended, or expired; propose the limits again"
        turn.reply(UnknownSubject(field="proposal_id", value=message.proposal_id, remedy=remedy))
        return
    wrong = _may_not(message.principal, proposed, rules)
    if message.approve and wrong is not None:
        turn.reply(wrong)
        return
    end = ProposalEnd.APPROVED if message.approve else ProposalEnd.REFUSED
    _end(turn, end, message.principal, message.reason)
    if message.approve:
        turn.fact(
            LimitsSet(
                limits=proposed.limits,
                principal=proposed.principal,
                reason=proposed.reason,
                set_ns=turn.now_ns,
                changes=changes_between(turn.book.limits, proposed.limits),
                approved_by=message.principal,
            )
        )
    turn.reply(ControlReply(changed=message.approve))


def expire_proposal(turn: Turn) -> None:
    """End what has waited for too long."""
    waiting = turn.book.proposals.waiting
    if waiting is not None and turn.now_ns >= waiting.expires_ns:
        _end(turn, ProposalEnd.EXPIRED, SYSTEM, "nobody approved it in time")


def _propose(turn: Turn, message: SetLimits, rules: ControlRules) -> ControlReply:
    waiting = turn.book.proposals.waiting
    if waiting is not None and (waiting.limits, waiting.principal) == (message.limits, message.principal):
        return ControlReply(changed=False, waits_as=waiting.proposal_id)  # asked again
    _end(turn, ProposalEnd.SUPERSEDED, message.principal, "other limits were proposed")
    proposal_id = f"limits-{turn.book.sequence}"
    turn.fact(
        LimitsProposed(
            proposal_id=proposal_id,
            limits=message.limits,
            changes=changes_between(turn.book.limits, message.limits),
            principal=message.principal,
            reason=message.reason,
            proposed_ns=turn.now_ns,
            expires_ns=turn.now_ns + rules.approval_within_ns,
        )
    )
    return ControlReply(changed=False, waits_as=proposal_id)


def _may_not(principal: Principal, proposed: LimitsProposed, rules: ControlRules) -> NotPermitted | None:
    if principal == proposed.principal:
        return NotPermitted(field="principal", value=principal, remedy="who proposed it cannot approve it: ask another")
    if not rules.may_resume(principal):
        named = ", ".join(rules.risk_officers)
        return NotPermitted(field="principal", value=principal, remedy=f"that is for one of {named}")
    return None


def _end(turn: Turn, end: ProposalEnd, principal: Principal, reason: str) -> None:
    waiting = turn.book.proposals.waiting
    if waiting is not None:
        turn.fact(
            LimitsProposalEnded(
                proposal_id=waiting.proposal_id, end=end, principal=principal, reason=reason, ended_ns=turn.now_ns
            )
        )
