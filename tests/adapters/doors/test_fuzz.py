"""Bytes and documents that nobody would send: every answer is one of the table, and none is an incident."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any

import grpc
import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from adapters.doors.errors import Kind
from adapters.doors.pacing import Streams
from adapters.http import HttpDoor
from adapters.http.guard import Guard
from livexec.v1 import control_pb2, execution_pb2

from fakes.doors import ONCE_IN_A_WHILE_S, grpc_channel, service_over
from fakes.gateway import MemoryService

STREAMS = {"/api/events", "/api/executions"}  # never end
INCIDENT = Kind.INTERNAL.http_status
KNOWN = {kind.http_status for kind in Kind} - {INCIDENT} | {200, 201, 204}
QUICK = settings(
    max_examples=3, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck)
)
CALLS = [
    (f"/{service.full_name}/{method.name}", method)
    for file in (execution_pb2, control_pb2)
    for service in file.DESCRIPTOR.services_by_name.values()
    for method in service.methods
    if not method.server_streaming
]


@pytest.fixture(scope="module")
def operations() -> Any:
    service = service_over(MemoryService())
    door = HttpDoor(service, heartbeat_s=ONCE_IN_A_WHILE_S)
    guarded = Guard(door.application(Streams()), service.auth, ["testserver"])
    schema: Any = schemathesis.openapi.from_asgi("/openapi.json", guarded)
    found = [each.ok() for each in schema.get_all_operations()]
    return [one for one in found if one.path not in STREAMS]


def test_whatever_the_document_allows_is_answered_by_the_table(operations: Any) -> None:
    assert len(operations) >= 30
    for operation in operations:

        @QUICK
        @given(case=operation.as_strategy())
        def answered(case: Any) -> None:
            answer = case.call(headers={"X-Livexec": "1"})
            assert answer.status_code in KNOWN, (case.as_curl_command(), answer.text)

        answered()


@pytest.fixture(scope="module")
def loop() -> Iterator[asyncio.AbstractEventLoop]:
    loop = asyncio.new_event_loop()
    yield loop
    loop.close()


def test_whatever_bytes_a_call_is_sent_its_answer_is_of_the_table(loop: asyncio.AbstractEventLoop) -> None:
    assert len(CALLS) >= 20
    codes: set[grpc.StatusCode] = set()

    async def say(messages: list[bytes]) -> None:
        async with grpc_channel(service_over(MemoryService())) as channel:
            for path, _ in CALLS:
                call: Any = channel.unary_unary(path)
                for message in messages:
                    try:
                        await call(message, timeout=20)
                    except grpc.aio.AioRpcError as refused:
                        codes.add(refused.code())

    @QUICK
    @given(messages=st.lists(st.binary(max_size=60), min_size=1, max_size=10))
    def answered(messages: list[bytes]) -> None:
        loop.run_until_complete(say(messages))

    answered()
    assert codes
    assert grpc.StatusCode.INTERNAL not in codes
    assert grpc.StatusCode.UNKNOWN not in codes
