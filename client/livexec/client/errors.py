"""What can go wrong with a call: the service said no, or nothing is known."""

from __future__ import annotations

import grpc


class ClientError(Exception):
    """The root of every failure of this client."""


class RefusedError(ClientError):
    """The service answered no; repeating the same call would give the same answer.

    `reason` is one word for machines, such as INVALID_INPUT or OPERATION_CONFLICT, `field` the field at fault (empty:
    none); the message names the field, its value and what would pass.
    """

    def __init__(self, status: str, reason: str, field: str, message: str) -> None:
        self.status = status
        self.reason = reason
        self.field = field
        super().__init__(message)


class NoAnswerError(ClientError):
    """No answer came in time, so nothing is known: what was asked may have happened. The same call can be repeated."""


def refused(error: grpc.aio.AioRpcError) -> RefusedError:
    """Return what the service said."""
    words = {name: value for name, value in error.trailing_metadata() if isinstance(value, str)}
    status = error.code().name
    return RefusedError(status, words.get("reason-code", status), words.get("field", ""), error.details() or status)
