"""`python -m fakes.gcs BUCKET...`: the fake in a process of its own, until its standard input ends."""

from __future__ import annotations

import asyncio
import os
import sys

import uvloop

from fakes.gcs.api import Api
from fakes.gcs.server import Service, close, listen


async def _serve(buckets: list[str]) -> None:
    service = Service(Api(*buckets))
    server, port = await listen(service)
    sys.stdout.write(f"{port}\n")
    sys.stdout.flush()
    await asyncio.to_thread(_wait_for_the_end)
    await close(service, server)


def _wait_for_the_end() -> None:
    while os.read(sys.stdin.fileno(), 1024):
        pass


if __name__ == "__main__":
    uvloop.run(_serve(sys.argv[1:]))
