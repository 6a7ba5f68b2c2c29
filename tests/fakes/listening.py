"""How a server on loopback stops without losing a connection that it has only just taken."""

from __future__ import annotations

import asyncio

_TURNS = 5  # of the loop: an accepted connection is made, and an aborted one says goodbye, within three


async def stop_listening(server: asyncio.Server) -> None:
    """Take no more connections; those accepted until now are made, and stay open.

    A server that closes between accepting a connection and making it drops it unclosed (CPython gh-109564), and its
    warning fails whichever test runs when that is noticed. So the listeners go quiet first, and close afterwards.
    """
    loop = asyncio.get_running_loop()
    for listener in server.sockets:
        loop.remove_reader(listener.fileno())
    await turns()
    server.close()


async def turns() -> None:
    """Let the loop do what is due."""
    for _ in range(_TURNS):
        await asyncio.sleep(0)
