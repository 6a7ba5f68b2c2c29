"""Amends, from untrusted text to the command, and what its caller is told."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Protocol

from adapters.doors.errors import RefusedError, refusal_of_amend, refusal_of_reply, unknown_order
from adapters.doors.render import Plain, order_plain
from adapters.doors.service import Service
from adapters.doors.submitting import unexpected
from adapters.doors.text import read_note
from ports.commands import AmendOrder
from ports.errors import InvalidInputError
from ports.replies import AmendReply, InvalidOrder
from ports.values import AmendId, Price, Principal, Quantity, parse_operation_id, parse_price, parse_quantity, plain

_LATER: Final = ("expire_time_ns", "display_amount")


class AmendFields(Protocol):
    """New values as received: `livexec.v1.AmendOrderRequest` is one, and so is `AmendDraft`. Empty: as it is."""

    @property
    def operation_id(self) -> str: ...
    @property
    def amount(self) -> str: ...
    @property
    def price(self) -> str: ...
    @property
    def amend_id(self) -> str: ...
    @property
    def reason(self) -> str: ...
    @property
    def trigger_price(self) -> str: ...
    @property
    def expire_time_ns(self) -> int: ...
    @property
    def display_amount(self) -> str: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class AmendDraft:
    """New values as JSON said them: types are right, contents are not judged yet."""

    operation_id: str
    amount: str = ""
    price: str = ""
    amend_id: str = ""
    reason: str = ""
    trigger_price: str = ""
    expire_time_ns: int = 0
    display_amount: str = ""


def read_amend(given: AmendFields, principal: Principal) -> AmendOrder:
    """Read the amend of one order; without an `amend_id` it is computed from the values asked for.

    Raises:
        InvalidInputError: names the field, its value, and what would pass.
    """
    operation_id = parse_operation_id("operation_id", given.operation_id)
    for name in _LATER:
        if value := getattr(given, name):
            raise InvalidInputError(name, value, "amending it is not supported yet: leave it out")
    quantity = parse_quantity("amount", given.amount) if given.amount else None
    price = parse_price("price", given.price) if given.price else None
    trigger_price = parse_price("trigger_price", given.trigger_price) if given.trigger_price else None
    if quantity is None and price is None and trigger_price is None:
        raise InvalidInputError("amount", "", "say what is to change: a new whole amount, price or trigger price")
    named = AmendId(parse_operation_id("amend_id", given.amend_id)) if given.amend_id else None
    return AmendOrder(
        operation_id=operation_id,
        amend_id=named or id_of(quantity, price, trigger_price),
        quantity=quantity,
        price=price,
        trigger_price=trigger_price,
        principal=principal,
        reason=read_note("reason", given.reason),
        is_named_by_values=named is None,
    )


def id_of(quantity: Quantity | None, price: Price | None, trigger_price: Price | None = None) -> AmendId:
    """Return the name of an amend that was given none: the same values make the same name, however they are written."""
    named = {"amount": quantity, "price": price, "trigger_price": trigger_price}
    return AmendId(":".join(f"{name}:{plain(value)}" for name, value in named.items() if value is not None))


async def amend(service: Service, command: AmendOrder) -> Plain:
    """Ask for an amend and return the order as it now is: as a rule PENDING_AMEND, until its venue has spoken.

    Raises:
        RefusedError: no such order; it cannot be amended now, or risk refused; or what it would become cannot be an
            order of its instrument. Nothing was recorded.
        MailboxFullError, JournalUnavailableError, ShuttingDownError: as the gateway.
    """
    answer = await service.gateway.ask(command)
    reply = answer.reply
    if isinstance(reply, InvalidOrder):
        raise RefusedError(refusal_of_reply(reply))
    if not isinstance(reply, AmendReply):
        raise unexpected(reply)
    if reply.order is None:
        raise RefusedError(unknown_order(command.operation_id, "submit it before it is amended"))
    if reply.code:
        raise RefusedError(refusal_of_amend(reply))
    return order_plain(reply.order, answer.sequence)
