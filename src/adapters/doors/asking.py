"""Cancels, halts and resumes, handed in the same way at every door."""

from __future__ import annotations

from adapters.doors.errors import RefusedError, unknown_order
from adapters.doors.render import Plain, halt_plain, order_plain
from adapters.doors.service import Service
from adapters.doors.submitting import unexpected
from ports.commands import CancelAll, CancelOrder, LiftHalt, RaiseHalt
from ports.replies import CancelAllReply, CancelReply, ControlReply


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
        MailboxFullError, JournalUnavailableError, ShuttingDownError: as the gateway.
    """
    answer = await service.gateway.ask(command)
    if not isinstance(answer.reply, ControlReply):
        raise unexpected(answer.reply)
    return {
        "halts": [halt_plain(halt) for halt in service.halts()],
        "sequence": answer.sequence,
        "changed": answer.reply.changed,
    }
