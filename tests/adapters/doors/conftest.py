"""Both doors, open on free ports over one service in memory, for all tests of a module."""

from __future__ import annotations

from collections.abc import AsyncIterator

import grpc
import httpx
import pytest
import pytest_asyncio

from adapters.doors import Service
from livexec.v1 import control_pb2_grpc, execution_pb2_grpc
from ports.commands import Limits

from fakes.doors import grpc_door, rest, service_over
from fakes.gateway import MemoryService


@pytest.fixture(scope="module")
def memory() -> MemoryService:
    """Return the service behind the doors of one module."""
    return MemoryService()


@pytest.fixture(scope="module")
def service(memory: MemoryService) -> Service:
    """Return what the doors open onto."""
    return service_over(memory)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def grpc_port(service: Service) -> AsyncIterator[int]:
    """Open the gRPC door and return its port."""
    async with grpc_door(service) as port:
        yield port


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def stub(grpc_port: int) -> AsyncIterator[execution_pb2_grpc.ExecutionServiceAsyncStub]:
    """Return a client of the gRPC door."""
    options = [("grpc.max_send_message_length", -1)]
    async with grpc.aio.insecure_channel(f"127.0.0.1:{grpc_port}", options) as channel:
        yield execution_pb2_grpc.ExecutionServiceStub(channel)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def control(grpc_port: int) -> AsyncIterator[control_pb2_grpc.ControlServiceAsyncStub]:
    """Return an operator's client of the gRPC door."""
    async with grpc.aio.insecure_channel(f"127.0.0.1:{grpc_port}") as channel:
        yield control_pb2_grpc.ControlServiceStub(channel)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def web(service: Service) -> AsyncIterator[httpx.AsyncClient]:
    """Return a client of the REST door."""
    async with rest(service) as client:
        yield client


@pytest.fixture(autouse=True)
def forgotten(memory: MemoryService) -> None:
    """Begin every test with a service that nobody has asked anything."""
    memory.asked.clear()
    memory.breaks.clear()
    memory.settled.clear()
    memory.changes.clear()
    memory.lines.clear()
    memory.limits = Limits()
