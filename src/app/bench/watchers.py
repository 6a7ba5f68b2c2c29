"""The watchers of `livexec bench mixed`, in a process of their own, as strategy services are.

Started with a target and a number; says `ready` on standard output when every stream has begun, and, when its
standard input ends, how many updates the slowest of them has seen.
"""

from __future__ import annotations

import asyncio
import sys

from livexec.client import ExecutionClient


async def watch(target: str, watchers: int) -> int:
    """Watch one strategy each until the input ends; return what the slowest watcher has seen."""
    seen = [0] * watchers
    async with ExecutionClient(target) as client:
        streams = [asyncio.create_task(_one(client, place, seen)) for place in range(watchers)]
        lines = asyncio.StreamReader()
        await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(lines), sys.stdin)
        await client.positions()  # the connection stands, and the streams were asked for before
        _say("ready")
        await lines.read()
        for stream in streams:
            stream.cancel()
        await asyncio.gather(*streams, return_exceptions=True)
    return min(seen)


async def _one(client: ExecutionClient, place: int, seen: list[int]) -> None:
    async for _ in client.watch(strategy_id=f"bench-{place}"):
        seen[place] += 1


def _say(word: object) -> None:
    sys.stdout.write(f"{word}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    _say(asyncio.run(watch(sys.argv[1], int(sys.argv[2]))))
