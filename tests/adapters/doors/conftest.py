"""Both doors, open on free ports over one service in memory."""

from __future__ import annotations

from collections.abc import AsyncIterator

import grpc
import httpx
import pytest
import pytest_asyncio

from adapters.doors import PartHealth, Service, VenueView
from adapters.grpc import GrpcDoor
from adapters.http import HttpDoor
from livexec.v1 import execution_pb2_grpc
from ports.values import VenueId

from fakes.gateway import NOW_NS, MemoryService


@pytest.fixture(scope="module")
def memory() -> MemoryService:
    """Return the service behind the doors of one module."""
    return MemoryService()


@pytest.fixture(scope="module")
def service(memory: MemoryService) -> Service:
    """Return what the doors open onto."""
    return Service(
        gateway=memory,
        queries=memory,
        feed=memory,
        health=lambda: [PartHealth(name="journal", healthy=True)],
        venues=lambda: [
            VenueView(venue=VenueId("BINANCE-FUTURES"), venue_type="NAUTILUS", mode="PAPER", state="CONNECTED")
        ],
        halts=lambda: [],
        clock=lambda: NOW_NS,
    )


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def grpc_port(service: Service) -> AsyncIterator[int]:
    """Open the gRPC door and return its port."""
    door = GrpcDoor(service, port=0)
    yield await door.start()
    await door.stop(0)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def stub(grpc_port: int) -> AsyncIterator[execution_pb2_grpc.ExecutionServiceAsyncStub]:
    """Return a client of the gRPC door."""
    options = [("grpc.max_send_message_length", -1)]
    async with grpc.aio.insecure_channel(f"127.0.0.1:{grpc_port}", options) as channel:
        yield execution_pb2_grpc.ExecutionServiceStub(channel)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def web(service: Service) -> AsyncIterator[httpx.AsyncClient]:
    """Return a client of the REST door."""
    door = HttpDoor(service, port=0)
    port = await door.start()
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", trust_env=False) as client:
        yield client
    await door.stop(0.1)


@pytest.fixture(autouse=True)
def forgotten(memory: MemoryService) -> None:
    """Begin every test with a service that nobody has asked anything."""
    memory.asked.clear()
