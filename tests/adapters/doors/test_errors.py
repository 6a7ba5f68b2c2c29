"""The one table: what a failure is called at each door, and what it must never tell."""

import logging

import grpc
import pytest

from adapters.doors.errors import Kind, incident, refusal_of, refusal_of_reply
from adapters.doors.supervision import supervised
from ports.errors import (
    InvalidInputError,
    JournalCorruptError,
    JournalUnavailableError,
    LivexecError,
    MailboxFullError,
    NotYetVisibleError,
    ShuttingDownError,
)
from ports.replies import InvalidOrder, OperationConflict
from ports.values import OperationId


@pytest.mark.parametrize(
    ("error", "status", "code", "reason"),
    [
        (InvalidInputError("amount", "-1", "must be greater than zero"), "INVALID_ARGUMENT", 422, "INVALID_INPUT"),
        (MailboxFullError("full"), "RESOURCE_EXHAUSTED", 429, "MAILBOX_FULL"),
        (JournalUnavailableError("disk"), "UNAVAILABLE", 503, "JOURNAL_UNAVAILABLE"),
        (ShuttingDownError("bye"), "UNAVAILABLE", 503, "SHUTTING_DOWN"),
        (NotYetVisibleError("late"), "DEADLINE_EXCEEDED", 504, "NOT_YET_VISIBLE"),
        (JournalCorruptError("record 7 of /var/lib/x is torn"), "INTERNAL", 500, "INTERNAL"),
    ],
)
def test_every_failure_has_one_row(error: LivexecError, status: str, code: int, reason: str) -> None:
    refusal = refusal_of(error)
    assert (refusal.kind.grpc_status, refusal.kind.http_status, refusal.reason) == (status, code, reason)


def test_every_row_is_a_row_of_its_own_and_a_status_that_grpc_has() -> None:
    assert len({kind.reason for kind in Kind}) == len(Kind.__members__)
    assert all(kind.grpc_status in grpc.StatusCode.__members__ for kind in Kind)
    assert all(kind.reason == kind.name for kind in Kind)


def test_a_refused_order_is_told_like_an_unreadable_one() -> None:
    said = refusal_of_reply(InvalidOrder(field="price", value="1.05", remedy="use a multiple of 0.1"))
    assert said == refusal_of(InvalidInputError("price", "1.05", "use a multiple of 0.1"))
    assert said.message == "price: '1.05' is not usable: use a multiple of 0.1"


def test_a_conflict_names_the_operation_id() -> None:
    said = refusal_of_reply(OperationConflict(operation_id=OperationId("op-1"), reason="it has other content"))
    assert (said.kind, said.field, said.value) == (Kind.OPERATION_CONFLICT, "operation_id", "'op-1'")
    assert "op-1" in said.message


async def test_a_surprise_is_answered_with_a_reference_and_logged_with_it(caplog: pytest.LogCaptureFixture) -> None:
    async def work() -> str:
        raise KeyError("password=hunter2 at /srv/private")

    with caplog.at_level(logging.ERROR, "livexec.doors"):
        refusal = await supervised(work())
    assert not isinstance(refusal, str)
    assert refusal.kind is Kind.INTERNAL
    assert "hunter2" not in refusal.message
    assert "private" not in refusal.message
    reference = refusal.message.rpartition(" ")[2]
    assert reference in caplog.text


def test_two_incidents_have_two_references() -> None:
    assert incident(KeyError()).message != incident(KeyError()).message
