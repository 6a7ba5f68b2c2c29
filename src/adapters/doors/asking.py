"""Cancels, halts, limits and corrections, handed in the same way at every door."""

from __future__ import annotations

from typing import Final

from adapters.doors.errors import RefusedError, not_permitted, unknown_order, unknown_subject
from adapters.doors.limits import limit_warnings, limits_plain, proposal_plain
from adapters.doors.render import Plain, halt_plain, order_plain
from adapters.doors.service import Service
from adapters.doors.submitting import unexpected
from ports.actor import Command
from ports.commands import (
    AdjustPosition,
    ApproveLimits,
    BustTrade,
    CancelAll,
    CancelOrder,
    LiftHalt,
    RaiseHalt,
    ResolveBreak,
    SetLimits,
    TransferPosition,
)
from ports.errors import NotYetVisibleError
from ports.replies import CancelAllReply, CancelReply, ControlReply, NotPermitted, UnknownSubject

_UNHEARD_OF: Final = "nothing here is of {} {} so far: look whether it is spelled right"


async def cancel(service: Service, command: CancelOrder) -> Plain:
    """Ask for one order's cancellation and return the order as it now is.

    Raises:
        RefusedError: no such order; its submit will be refused if it still comes.
        MailboxFullError, JournalUnavailableError, ShuttingDownError: as the gateway.
    """
    answer = await service.gateway.ask(command)
    if not isinstance(answer.reply, CancelReply):
        raise unexpected(answer.reply)
    if answer.reply.order is None:
        remedy = "a submit with this operation_id is refused from now on"
        raise RefusedError(unknown_order(command.operation_id, remedy))
    return order_plain(answer.reply.order, answer.sequence)


async def cancel_all(service: Service, command: CancelAll) -> Plain:
    """Ask for the cancellation of every open order that matches, and name those it concerns.

    Raises:
        MailboxFullError, JournalUnavailableError, ShuttingDownError: as the gateway.
    """
    answer = await service.gateway.ask(command)
    if not isinstance(answer.reply, CancelAllReply):
        raise unexpected(answer.reply)
    return {"operation_ids": list(answer.reply.operation_ids), "sequence": answer.sequence}


async def control(service: Service, command: RaiseHalt | LiftHalt) -> Plain:
    """Raise or lift a halt, and return every halt then in force.

    Raises:
        RefusedError: a control raised it by itself, and another person has to undo it.
        MailboxFullError, JournalUnavailableError, ShuttingDownError: as the gateway.
    """
    reply, sequence = await _changed(service, command)
    return {
        "halts": [halt_plain(halt) for halt in service.halts()],
        "changed": reply.changed,
        "cancelled_operation_ids": list(reply.cancelled),
        "closing_operation_ids": list(reply.closing),
        "sequence": sequence,
        "warning": _UNHEARD_OF.format(command.scope, command.value) if reply.is_unheard_of else "",
    }


async def set_limits(service: Service, command: SetLimits | ApproveLimits) -> Plain:
    """Put limits in force, or say a word on those that wait, and return those then in force and what waits.

    Raises:
        RefusedError: nothing waits under that name, or its word has to be another person's.
        MailboxFullError, JournalUnavailableError, ShuttingDownError: as the gateway.
    """
    changed = await change(service, command)
    return {**limits_now(service), **changed}


def limits_now(service: Service) -> Plain:
    """Return the limits in force, which of them hold nothing, and what waits for a second person."""
    limits = service.limits()
    return {
        "limits": limits_plain(limits),
        "warnings": limit_warnings(limits, service.known_venues),
        "pending": proposal_plain(service.proposal(), service.clock()),
    }


async def change(
    service: Service,
    command: RaiseHalt
    | LiftHalt
    | SetLimits
    | ApproveLimits
    | AdjustPosition
    | TransferPosition
    | BustTrade
    | ResolveBreak,
) -> Plain:
    """Hand in what changes the record; return whether it did, and the sequence that the answer stands on.

    Raises:
        RefusedError: what it is about (a break, a trade) is not there.
        MailboxFullError, JournalUnavailableError, ShuttingDownError: as the gateway.
    """
    reply, sequence = await _changed(service, command)
    return {"changed": reply.changed, "sequence": sequence}


async def _changed(service: Service, command: Command) -> tuple[ControlReply, int]:
    answer = await service.gateway.ask(command)
    if isinstance(answer.reply, UnknownSubject):
        raise RefusedError(unknown_subject(answer.reply))
    if isinstance(answer.reply, NotPermitted):
        raise RefusedError(not_permitted(answer.reply))
    if not isinstance(answer.reply, ControlReply):
        raise unexpected(answer.reply)
    return answer.reply, answer.sequence


def read_at(service: Service, min_sequence: int) -> int:
    """Return the sequence that a read of the book itself stands on; the book is never behind the journal.

    Raises:
        NotYetVisibleError: the journal has not reached `min_sequence`.
    """
    durable = service.feed.sequence
    if min_sequence > durable:
        raise NotYetVisibleError(f"the journal is at {durable}")
    return durable
