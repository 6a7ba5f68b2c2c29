"""Limits through Redis: the newest document reaches who follows, whatever was missed meanwhile; strange ones do not."""

import asyncio
import shutil
import subprocess
from collections.abc import AsyncIterator, Iterator
from contextlib import aclosing
from decimal import Decimal
from pathlib import Path

import orjson
import pytest

from adapters.redis import RedisLimits
from ports.commands import Limits
from ports.errors import LimitsChannelError
from ports.facts import LimitChange, LimitsSet
from ports.secrets import Secret
from ports.shared_limits import SharedLimits
from ports.values import Principal

from fakes.redis_server import FakeRedis

KEY = "livexec:limits"
WITHIN_S = 60.0  # nothing waits so long unless it is broken


def shared(number: int) -> SharedLimits:
    """A document that can be told from others, with everything that a fact can have."""
    fact = LimitsSet(
        limits=Limits(max_orders_per_second=number, max_order_quantity={"*": Decimal("0.50")}),
        principal=Principal("ann"),
        reason="busy",
        set_ns=number,
        changes=(LimitChange(name="max_orders_per_second", old="", new=str(number), loosens=False),),
        approved_by=Principal("ben"),
    )
    return SharedLimits(origin="london", sequence=number, fact=fact)


@pytest.fixture(name="real")
def real_redis(tmp_path: Path) -> Iterator[Path]:
    """A real Redis behind a socket of its own, where this machine has one."""
    program = shutil.which("redis-server")
    if program is None:
        pytest.skip("redis-server is not installed here")
    path = tmp_path / "redis.sock"
    command: list[str | Path] = [program, "--port", "0", "--unixsocket", path, "--save", "", "--dir", tmp_path]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    try:
        yield path
    finally:
        process.terminate()
        process.wait()


@pytest.fixture(params=["fake", "real"])
async def url(request: pytest.FixtureRequest) -> AsyncIterator[str]:
    """A Redis of one's own: the one in memory, and the real one."""
    if request.param == "fake":
        async with FakeRedis() as server:
            yield server.url
        return
    path: Path = request.getfixturevalue("real")
    async with asyncio.timeout(WITHIN_S):
        while not path.is_socket():  # noqa: ASYNC110, ASYNC240 - another process makes it
            await asyncio.sleep(0)
    yield f"unix://{path}"


async def to_its_end(following: AsyncIterator[SharedLimits]) -> None:
    """Follow for as long as it goes on."""
    async for _ in following:
        pass


@pytest.fixture
async def channel(url: str) -> AsyncIterator[RedisLimits]:
    made = RedisLimits(Secret(url), KEY)
    yield made
    await made.close()


async def test_who_begins_to_follow_gets_the_newest_as_it_was_put(channel: RedisLimits) -> None:
    await channel.put(shared(1))
    await channel.put(shared(2))
    async with asyncio.timeout(WITHIN_S), aclosing(channel.follow()) as following:
        assert await anext(following) == shared(2)


async def test_who_follows_is_told_of_the_next_without_waiting_for_the_time_to_look(url: str) -> None:
    writer, reader = RedisLimits(Secret(url), KEY), RedisLimits(Secret(url), KEY, look_s=10 * WITHIN_S)
    try:
        await writer.put(shared(1))
        async with asyncio.timeout(WITHIN_S), aclosing(reader.follow()) as following:
            seen = [await anext(following)]
            await writer.put(shared(2))
            while seen[-1] != shared(2):  # the subscription itself is an answer, and the key is read again at it
                seen.append(await anext(following))
        assert seen[0] == shared(1)
    finally:
        await writer.close()
        await reader.close()


async def test_a_key_that_is_not_there_yet_is_waited_for(url: str) -> None:
    writer, reader = RedisLimits(Secret(url), KEY), RedisLimits(Secret(url), KEY, look_s=0.01)
    try:
        async with asyncio.timeout(WITHIN_S), aclosing(reader.follow()) as following:
            first = asyncio.ensure_future(anext(following))
            await writer.put(shared(1))
            assert await first == shared(1)
    finally:
        await writer.close()
        await reader.close()


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"[]",
        b"{}",
        b"no json",
        orjson.dumps({"origin": "x", "sequence": 1, "kind": "HaltRaised", "version": 1, "body": {}}),
        orjson.dumps({"origin": "x", "sequence": 1, "kind": "LimitsSet", "version": 9, "body": {}}),
        orjson.dumps({"origin": "x", "sequence": 1, "kind": "LimitsSet", "version": 1, "body": {"limits": 3}}),
    ],
)
async def test_what_is_no_document_of_ours_is_refused(text: bytes) -> None:
    async with FakeRedis() as server:
        server.data[KEY.encode()] = text
        channel = RedisLimits(Secret(server.url), KEY)
        try:
            async with asyncio.timeout(WITHIN_S), aclosing(channel.follow()) as following:
                with pytest.raises(LimitsChannelError, match="no document of limits"):
                    await anext(following)
        finally:
            await channel.close()


async def test_a_redis_that_is_away_is_said_so_without_its_password() -> None:
    async with FakeRedis() as server:
        port = server.port
    channel = RedisLimits(Secret(f"redis://:hunter2@127.0.0.1:{port}/0"), KEY)
    try:
        with pytest.raises(LimitsChannelError) as away:
            await channel.put(shared(1))
        assert "hunter2" not in str(away.value)
        async with aclosing(channel.follow()) as following:
            with pytest.raises(LimitsChannelError) as away:
                await anext(following)
        assert "hunter2" not in str(away.value)
    finally:
        await channel.close()


async def test_one_that_hangs_up_ends_the_following_and_what_was_put_is_there_when_it_is_back() -> None:
    async with FakeRedis() as server:
        channel = RedisLimits(Secret(server.url), KEY)
        try:
            await channel.put(shared(1))
            async with asyncio.timeout(WITHIN_S), aclosing(channel.follow()) as following:
                assert await anext(following) == shared(1)
                await server.go()
                with pytest.raises(LimitsChannelError):
                    await to_its_end(following)
            await server.come()
            async with asyncio.timeout(WITHIN_S), aclosing(channel.follow()) as following:
                assert await anext(following) == shared(1)
        finally:
            await channel.close()
