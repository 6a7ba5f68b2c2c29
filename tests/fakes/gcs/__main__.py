"""`python -m fakes.gcs BUCKET...`: the fake in a process of its own, until its standard input ends."""

from __future__ import annotations

import asyncio
import os
import sys

import uvloop

from fakes.gcs.api import Api
from fakes.gcs.server import Service, listen


async def _serve(buckets: list[str]) -> None:
    server, port = await listen(Service(Api(*buckets)))
    print(port, flush=True)
    await asyncio.to_thread(_wait_for_the_end)
    server.close()


def _wait_for_the_end() -> None:
    while os.read(sys.stdin.fileno(), 1024):
        pass


if __name__ == "__main__":
    uvloop.run(_serve(sys.argv[1:]))
