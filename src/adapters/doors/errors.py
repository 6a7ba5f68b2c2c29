"""The one table from what went wrong to what each door answers: gRPC status, HTTP status, machine reason."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from secrets import token_hex
from typing import Final

from ports.errors import (
    InvalidInputError,
    JournalAwayError,
    JournalUnavailableError,
    LivexecError,
    MailboxFullError,
    NotYetVisibleError,
    ShuttingDownError,
    UnauthenticatedError,
)
from ports.replies import AmendReply, InvalidOrder, NotPermitted, OperationConflict, UnknownSubject
from ports.values import OperationId

_log: Final = logging.getLogger("livexec.doors")


class Kind(Enum):
    """One row of the table: the word for machines, the gRPC status, the HTTP status."""

    INVALID_INPUT = ("INVALID_INPUT", "INVALID_ARGUMENT", 422)
    OPERATION_CONFLICT = ("OPERATION_CONFLICT", "ALREADY_EXISTS", 409)
    AMEND_REFUSED = ("AMEND_REFUSED", "FAILED_PRECONDITION", 409)
    NOT_FOUND = ("NOT_FOUND", "NOT_FOUND", 404)
    MAILBOX_FULL = ("MAILBOX_FULL", "RESOURCE_EXHAUSTED", 429)
    TOO_MANY_REQUESTS = ("TOO_MANY_REQUESTS", "RESOURCE_EXHAUSTED", 429)
    TOO_MANY_STREAMS = ("TOO_MANY_STREAMS", "RESOURCE_EXHAUSTED", 429)
    BODY_TOO_LARGE = ("BODY_TOO_LARGE", "RESOURCE_EXHAUSTED", 413)
    JOURNAL_UNAVAILABLE = ("JOURNAL_UNAVAILABLE", "UNAVAILABLE", 503)
    SHUTTING_DOWN = ("SHUTTING_DOWN", "UNAVAILABLE", 503)
    VENUE_UNAVAILABLE = ("VENUE_UNAVAILABLE", "UNAVAILABLE", 503)
    NOT_YET_VISIBLE = ("NOT_YET_VISIBLE", "DEADLINE_EXCEEDED", 504)
    NOT_PERMITTED = ("NOT_PERMITTED", "PERMISSION_DENIED", 403)
    UNAUTHENTICATED = ("UNAUTHENTICATED", "UNAUTHENTICATED", 401)
    WRONG_HOST = ("WRONG_HOST", "PERMISSION_DENIED", 421)
    WRONG_CONTENT_TYPE = ("WRONG_CONTENT_TYPE", "INVALID_ARGUMENT", 415)
    WRONG_METHOD = ("WRONG_METHOD", "UNIMPLEMENTED", 405)
    NOT_IMPLEMENTED = ("NOT_IMPLEMENTED", "UNIMPLEMENTED", 501)
    INTERNAL = ("INTERNAL", "INTERNAL", 500)

    def __init__(self, reason: str, grpc_status: str, http_status: int) -> None:
        self.reason = reason
        self.grpc_status = grpc_status
        self.http_status = http_status


@dataclass(frozen=True, slots=True)
class Refusal:
    """What a caller is told. `message` names field, value and remedy; `field` is empty where no field is at fault.

    `word` is the book's own word for it, where it has one that says more than the row's.
    """

    kind: Kind
    message: str
    field: str = ""
    value: str = ""
    remedy: str = ""
    word: str = ""

    @property
    def reason(self) -> str:
        """The one word for machines."""
        return self.word or self.kind.reason

    def plain(self) -> dict[str, object]:
        """Return it as plain data, with the names that results use for the same things."""
        return {
            "reason_code": self.reason,
            "error_message": self.message,
            "field": self.field,
            "value": self.value,
            "remedy": self.remedy,
        }


class RefusedError(LivexecError):
    """A door's own refusal, raised where there is no error of the ports to raise."""

    def __init__(self, refusal: Refusal) -> None:
        self.refusal = refusal
        super().__init__(refusal.message)


_FAILURES: Final[Mapping[type[LivexecError], Refusal]] = {
    MailboxFullError: Refusal(
        Kind.MAILBOX_FULL, "the service is at its limit and took nothing; repeat with the same operation_id"
    ),
    JournalAwayError: Refusal(
        Kind.JOURNAL_UNAVAILABLE,
        "the journal is away, so nothing but cancels and halts is taken; repeat with the same operation_id",
    ),
    JournalUnavailableError: Refusal(
        Kind.JOURNAL_UNAVAILABLE,
        "the journal did not confirm; the outcome is not known yet: repeat with the same operation_id",
    ),
    ShuttingDownError: Refusal(
        Kind.SHUTTING_DOWN, "the service is stopping; repeat with the same operation_id when it is back"
    ),
    NotYetVisibleError: Refusal(
        Kind.NOT_YET_VISIBLE,
        "min_sequence: the reads did not reach it in time; repeat, or ask for a smaller one",
        "min_sequence",
        remedy="repeat, or ask for a smaller one",
    ),
}


def refusal_of(error: LivexecError) -> Refusal:
    """Return what a caller is told of an expected failure; any other becomes an incident."""
    if isinstance(error, InvalidInputError):
        return Refusal(Kind.INVALID_INPUT, str(error), error.field, error.value, error.remedy)
    if isinstance(error, UnauthenticatedError):
        return Refusal(Kind.UNAUTHENTICATED, str(error), "authorization")
    if isinstance(error, RefusedError):
        return error.refusal
    for kind, refusal in _FAILURES.items():
        if isinstance(error, kind):
            return refusal
    return incident(error)


def refusal_of_reply(reply: InvalidOrder | OperationConflict) -> Refusal:
    """Return what a caller is told of a command that the book refused to record."""
    if isinstance(reply, InvalidOrder):
        return refusal_of(InvalidInputError(reply.field, reply.value, reply.remedy))
    shown = repr(reply.operation_id)
    message = f"operation_id: {shown} is not usable: {reply.reason}"
    return Refusal(Kind.OPERATION_CONFLICT, message, "operation_id", shown, reply.reason)


def refusal_of_amend(reply: AmendReply) -> Refusal:
    """Return what a caller is told of an amend that cannot be now, in the book's own word."""
    kind = Kind.VENUE_UNAVAILABLE if reply.code == Kind.VENUE_UNAVAILABLE.reason else Kind.AMEND_REFUSED
    shown = repr(reply.operation_id)
    message = f"operation_id: {shown} is not amended: {reply.reason}"
    return Refusal(kind, message, "operation_id", shown, reply.reason, reply.code)


def unknown_subject(reply: UnknownSubject) -> Refusal:
    """Say that what a command is about (a break, a trade) is not there."""
    shown = repr(reply.value)
    message = f"{reply.field}: {shown} is not known: {reply.remedy}"
    return Refusal(Kind.NOT_FOUND, message, reply.field, shown, reply.remedy)


def not_permitted(reply: NotPermitted) -> Refusal:
    """Say that another person has to do that."""
    shown = repr(reply.value)
    message = f"{reply.field}: {shown} may not: {reply.remedy}"
    return Refusal(Kind.NOT_PERMITTED, message, reply.field, shown, reply.remedy)


def unknown_order(operation_id: OperationId, remedy: str) -> Refusal:
    """Say that no order has this operation id."""
    message = f"operation_id: {operation_id!r} is not known: {remedy}"
    return Refusal(Kind.NOT_FOUND, message, "operation_id", repr(operation_id), remedy)


def incident(error: BaseException) -> Refusal:
    """Log what nobody expected under a reference, and return a refusal that tells the caller the reference alone."""
    reference = token_hex(6)
    _log.error("a door met what it did not expect; reference %s", reference, exc_info=error)
    return Refusal(Kind.INTERNAL, f"something went wrong inside; tell the operator this reference: {reference}")
