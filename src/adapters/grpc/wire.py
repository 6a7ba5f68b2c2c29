"""Bytes to messages and refusals to statuses: the few places where gRPC's own words stand."""

from __future__ import annotations

from functools import cache
from typing import Any, Final, NoReturn

import grpc
from google.protobuf.descriptor import Descriptor
from google.protobuf.message import DecodeError, Message
from google.protobuf.unknown_fields import UnknownFieldSet
from google.rpc.error_details_pb2 import BadRequest, ErrorInfo  # type: ignore[import-untyped]  # no py.typed
from google.rpc.status_pb2 import Status  # type: ignore[import-untyped]  # no py.typed

from adapters.doors.errors import Refusal
from ports.errors import InvalidInputError

type Context = grpc.aio.ServicerContext[Any, Any]

DOMAIN: Final = "livexec"
DETAILS_KEY: Final = "grpc-status-details-bin"  # where every gRPC library looks for google.rpc.Status
REASON_KEY: Final = "reason-code"
FIELD_KEY: Final = "field"


def parse[M: Message](kind: type[M], raw: bytes) -> M:
    """Read one message, whole and without anything in it that we do not know.

    Raises:
        InvalidInputError: it is not one, its text is not UTF-8, or it has fields that this service does not know.
    """
    try:
        message = kind.FromString(raw)
    except DecodeError as broken:
        name = kind.DESCRIPTOR.full_name
        remedy = f"send a {name} as protobuf, every text in it UTF-8 ({_without_prefix(str(broken))})"
        raise InvalidInputError("message", f"{len(raw)} bytes", remedy) from broken
    _refuse_unknown(message, "")
    for name in _nested(kind.DESCRIPTOR):
        if message.HasField(name):
            _refuse_unknown(getattr(message, name), f"{name}.")
    return message


def _refuse_unknown(message: Message, path: str) -> None:
    unknown = UnknownFieldSet(message)
    if len(unknown):
        field = unknown[0]
        raise InvalidInputError(
            f"{path}field {field.field_number}",
            field.data,
            f"{message.DESCRIPTOR.full_name} has no such field here: leave it out, or ask for a newer service",
        )


@cache
def _nested(kind: Descriptor) -> tuple[str, ...]:
    return tuple([each.name for each in kind.fields if each.message_type is not None and not each.is_repeated])


def _without_prefix(text: str) -> str:
    return text.rpartition(": ")[2]


async def abort(context: Context, refusal: Refusal) -> NoReturn:
    """End a call with the status of the one table, and with details that programs can read."""
    code: grpc.StatusCode = grpc.StatusCode[refusal.kind.grpc_status]
    status = Status(code=code.value[0], message=refusal.message)
    status.details.add().Pack(ErrorInfo(reason=refusal.reason, domain=DOMAIN))
    if refusal.field:
        violation = BadRequest.FieldViolation(field=refusal.field, description=refusal.message)
        status.details.add().Pack(BadRequest(field_violations=[violation]))
    metadata = (
        (DETAILS_KEY, status.SerializeToString()),
        (REASON_KEY, refusal.reason),
        (FIELD_KEY, refusal.field.encode("ascii", "backslashreplace").decode()),
    )
    await context.abort(code, refusal.message, metadata)
