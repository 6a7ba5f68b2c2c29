"""Doors over a service in memory, and what a test says to them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

import grpc
import httpx

from adapters.doors import AlgorithmView, Authenticator, HaltView, ParameterView, PartHealth, Service, VenueView
from adapters.grpc import GrpcDoor
from adapters.http import HttpDoor
from ports.commands import HaltMode, HaltScope
from ports.secrets import Secret
from ports.values import AccountId, Principal, VenueId

from fakes.gateway import ACCOUNT, NOW_NS, MemoryService
from fakes.signals import signal_desk

HORIZON = ParameterView(
    name="horizon_secs", says="how long", unit="seconds", bounds="1 to 604800", default="", required=True
)
TOKEN = "a-token-of-one-trader"
JSON = {"Content-Type": "application/json"}
ONCE_IN_A_WHILE_S = 3_600.0  # no heartbeat within a test


class Health:
    """Parts that a test can make unwell."""

    def __init__(self) -> None:
        self.parts = {"journal": True, "BINANCE-FUTURES": True}

    def __call__(self) -> list[PartHealth]:
        return [PartHealth(name=name, healthy=healthy) for name, healthy in self.parts.items()]


def service_over(memory: MemoryService, health: Health | None = None, *, tokens: bool = False) -> Service:
    """Return what doors open onto; with `tokens`, only `trader` may come in."""
    return Service(
        gateway=memory,
        queries=memory,
        feed=memory,
        health=health or Health(),
        venues=lambda: [
            VenueView(
                venue=VenueId(name),
                venue_type="NAUTILUS",
                mode="PAPER",
                state="CONNECTED",
                accounts=[AccountId(ACCOUNT)],
                instrument_types=["PERPETUAL"],
            )
            for name in ("OKX", "BINANCE-FUTURES")
        ],
        halts=lambda: [
            HaltView(
                scope=HaltScope.STRATEGY,
                value="momentum-btc-v1",
                mode=HaltMode.HALT,
                reason="stale prices",
                principal=Principal("trader"),
                since_ns=NOW_NS,
            )
        ],
        breaks=lambda: memory.breaks,
        streams=lambda: memory.attending,
        limits=lambda: memory.limits,
        known_venues=frozenset({"BINANCE-FUTURES", "OKX", "DERIBIT"}),
        proposal=lambda: memory.proposal,
        exposure=lambda: memory.lines,
        listed_in=memory.listed_in,
        strategies=signal_desk(memory, NOW_NS),
        algorithms=[AlgorithmView(name="TWAP", says="equal parts", parameters=[HORIZON])],
        auth=Authenticator({Principal("trader"): Secret(TOKEN)} if tokens else None),
        clock=lambda: NOW_NS,
    )


@asynccontextmanager
async def grpc_door(service: Service, heartbeat_s: float = ONCE_IN_A_WHILE_S, port: int = 0) -> AsyncIterator[int]:
    """Open a gRPC door and give its port."""
    door = GrpcDoor(service, port=port, heartbeat_s=heartbeat_s)
    try:
        yield await door.start()
    finally:
        await door.stop(0)


@asynccontextmanager
async def grpc_channel(service: Service, heartbeat_s: float = ONCE_IN_A_WHILE_S) -> AsyncIterator[grpc.aio.Channel]:
    """Open a gRPC door and a channel to it."""
    async with grpc_door(service, heartbeat_s) as port, grpc.aio.insecure_channel(f"127.0.0.1:{port}") as channel:
        yield channel


@asynccontextmanager
async def rest(
    service: Service, headers: Mapping[str, str] | None = None, heartbeat_s: float = ONCE_IN_A_WHILE_S
) -> AsyncIterator[httpx.AsyncClient]:
    """Open a REST door and a client of it."""
    door = HttpDoor(service, port=0, heartbeat_s=heartbeat_s)
    port = await door.start()
    try:
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", headers=headers, trust_env=False) as client:
            yield client
    finally:
        await door.stop(0.1)
