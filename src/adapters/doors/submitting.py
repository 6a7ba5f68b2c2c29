"""Handing an order in, the same way at every door."""

from __future__ import annotations

from adapters.doors.errors import RefusedError, refusal_of_reply
from adapters.doors.orders import OrderFields, read_order
from adapters.doors.render import Plain, order_plain
from adapters.doors.service import Service
from ports.commands import OrderTerms
from ports.errors import InvalidInputError
from ports.replies import InvalidOrder, OperationConflict, OrderReply
from ports.values import Principal


async def submit(service: Service, order: OrderFields, principal: Principal) -> tuple[Plain, bool]:
    """Submit an order; return it as it now is, and whether its operation id and content were known before.

    Raises:
        InvalidInputError: the order cannot be read; the book was not asked.
        RefusedError: the book refused to record it, or the operation id belongs to another order.
        MailboxFullError, JournalUnavailableError, ShuttingDownError: as the gateway.
    """
    now_ns = service.clock()
    command = read_order(order, principal, now_ns)
    if command.terms.expire_time_ns is not None and command.terms.expire_time_ns <= now_ns:
        await _refuse_unless_known(service, command.terms, now_ns)
    answer = await service.gateway.ask(command)
    reply = answer.reply
    if isinstance(reply, OrderReply):
        return order_plain(reply.order, answer.sequence), reply.repeated
    if isinstance(reply, (InvalidOrder, OperationConflict)):
        raise RefusedError(refusal_of_reply(reply))
    raise unexpected(reply)


def unexpected(reply: object) -> TypeError:
    """Say that the book gave an answer that does not belong to the question."""
    return TypeError(f"{type(reply).__name__} does not answer this command")


async def _refuse_unless_known(service: Service, terms: OrderTerms, now_ns: int) -> None:
    # A retry of an order that has expired meanwhile is still answered with that order, for ever.
    known = await service.queries.order(terms.operation_id, service.feed.sequence)
    if known is None:
        raise InvalidInputError(
            "expire_time_ns",
            terms.expire_time_ns,
            f"a GTD order needs a time in the future, in UTC nanoseconds; now is {now_ns}",
        )
