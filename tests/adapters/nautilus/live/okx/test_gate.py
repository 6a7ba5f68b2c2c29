"""The gate to OKX: each channel once, nobody else, and the end of one side is the end of the other."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from websockets.asyncio.client import connect
from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed, InvalidStatus

from adapters.nautilus.okx_gate import Gate

SOON_S = 10.0


class Desk:
    """Lets everything pass but what says `keep`, and keeps what it is told."""

    def __init__(self) -> None:
        self.heard: list[tuple[str, str]] = []
        self.over: asyncio.Queue[tuple[str, str]] = asyncio.Queue()

    def outgoing(self, channel: str, frame: str) -> str | None:
        return None if "keep" in frame else f"{channel} {frame}"

    def incoming(self, channel: str, frame: str) -> None:
        self.heard.append((channel, frame))

    def ended(self, channel: str, reason: str) -> None:
        self.over.put_nowait((channel, reason))


@pytest_asyncio.fixture
async def venue() -> AsyncIterator[str]:
    """Somebody who says everything again, and hangs up when told to."""

    async def echo(connection: ServerConnection) -> None:
        async for frame in connection:
            if "hang up" in str(frame):
                return
            await connection.send(frame)

    async with serve(echo, "127.0.0.1", 0) as server:
        port = next(iter(server.sockets)).getsockname()[1]
        yield f"ws://127.0.0.1:{port}"


@pytest_asyncio.fixture
async def gate(venue: str) -> AsyncIterator[tuple[Gate, Desk]]:
    desk = Desk()
    made = Gate(lambda channel: f"{venue}/{channel}", ("private", "business"), desk, SOON_S)
    await made.open()
    yield made, desk
    await made.close()


async def test_frames_pass_in_sight_and_as_the_desk_says(gate: tuple[Gate, Desk]) -> None:
    made, desk = gate
    async with connect(made.address, proxy=None) as socket, asyncio.timeout(SOON_S):
        await socket.send("keep this")
        await socket.send("hello")
        assert await socket.recv() == "private hello"
    assert desk.heard == [("private", "private hello")]


async def test_a_channel_is_led_to_the_venue_once(gate: tuple[Gate, Desk]) -> None:
    """Nautilus connects anew by itself, and would send what it still holds."""
    made, desk = gate
    async with asyncio.timeout(SOON_S):
        async with connect(made.address, proxy=None):
            pass
        assert await desk.over.get() == ("private", "Nautilus hung up")
        with pytest.raises(InvalidStatus):
            await connect(made.address, proxy=None)
        async with connect(made.address.replace("/private", "/business"), proxy=None) as other:
            await other.send("hello")
            assert await other.recv() == "business hello"


async def test_nobody_passes_who_does_not_know_the_address(gate: tuple[Gate, Desk]) -> None:
    made, _ = gate
    host = made.address.split("/")[2]
    for path in ("ws/v5/private", "x/ws/v5/private", f"{made.address.split('/')[3]}/ws/v5/public"):
        with pytest.raises(InvalidStatus):
            await connect(f"ws://{host}/{path}", proxy=None)


async def test_when_the_venue_hangs_up_so_does_the_gate(gate: tuple[Gate, Desk]) -> None:
    made, desk = gate
    async with connect(made.address, proxy=None) as socket, asyncio.timeout(SOON_S):
        await socket.send("hang up")
        with pytest.raises(ConnectionClosed):
            await socket.recv()
        channel, reason = await desk.over.get()
    assert (channel, "broke" in reason) == ("private", True)


async def test_a_venue_that_is_not_there_ends_the_channel() -> None:
    desk = Desk()
    made = Gate(lambda _: "ws://127.0.0.1:9/private", ("private",), desk, SOON_S)
    await made.open()
    try:
        async with asyncio.timeout(SOON_S), connect(made.address, proxy=None) as socket:
            with pytest.raises(ConnectionClosed):
                await socket.recv()
            channel, reason = await desk.over.get()
    finally:
        await made.close()
    assert channel == "private"
    assert "127.0.0.1:9" in reason


async def test_after_the_close_nobody_is_admitted(venue: str) -> None:
    made = Gate(lambda channel: f"{venue}/{channel}", ("private",), Desk(), SOON_S)
    await made.open()
    address = made.address
    await made.close()
    await made.close()
    with pytest.raises(OSError, match=r"refused|Connect"):
        await connect(address, proxy=None)
