"""A Redis that knows what limits need of one (RESP2): SET, GET, PUBLISH, SUBSCRIBE; and how to be away."""

import asyncio
from collections import defaultdict
from types import TracebackType
from typing import Self

OK = b"+OK\r\n"


class FakeRedis:
    """A server on a free port of loopback, used in a `with` block; `data` is what it holds."""

    def __init__(self) -> None:
        self.data: dict[bytes, bytes] = {}
        self.port = 0
        self.commands: list[bytes] = []
        self._subscribers: defaultdict[bytes, set[asyncio.StreamWriter]] = defaultdict(set)
        self._writers: set[asyncio.StreamWriter] = set()
        self._server: asyncio.Server | None = None

    @property
    def url(self) -> str:
        """Where it is."""
        return f"redis://127.0.0.1:{self.port}/0"

    async def __aenter__(self) -> Self:
        await self.come()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.go()

    async def come(self) -> None:
        """Listen, on the same port as before."""
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def go(self) -> None:
        """Hang up on everybody, and listen no more; what it holds stays."""
        assert self._server is not None
        self._server.close()
        for writer in list(self._writers):
            writer.close()
        await self._server.wait_closed()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writers.add(writer)
        try:
            while line := await reader.readline():
                words = [await self._bulk(reader) for _ in range(int(line[1:]))]
                writer.write(self._answer(words, writer))
                await writer.drain()
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            self._writers.discard(writer)
            for listening in self._subscribers.values():
                listening.discard(writer)
            writer.close()

    async def _bulk(self, reader: asyncio.StreamReader) -> bytes:
        length = int((await reader.readline())[1:])
        return (await reader.readexactly(length + 2))[:-2]

    def _answer(self, words: list[bytes], writer: asyncio.StreamWriter) -> bytes:
        command = words[0].upper()
        self.commands.append(command)
        match command:
            case b"SET":
                self.data[words[1]] = words[2]
                return OK
            case b"GET":
                return bulk(self.data.get(words[1]))
            case b"PUBLISH":
                told = [one for one in self._subscribers[words[1]] if not one.is_closing()]
                for one in told:
                    one.write(array(b"message", words[1], words[2]))
                return b":%d\r\n" % len(told)
            case b"SUBSCRIBE":
                self._subscribers[words[1]].add(writer)
                return b"*3\r\n" + bulk(b"subscribe") + bulk(words[1]) + b":1\r\n"
            case b"CLIENT" | b"SELECT":
                return OK
            case _:
                return b"-ERR unknown command\r\n"


def bulk(text: bytes | None) -> bytes:
    """One text as RESP writes it; None: there is none."""
    return b"$-1\r\n" if text is None else b"$%d\r\n%s\r\n" % (len(text), text)


def array(*texts: bytes) -> bytes:
    """Several texts as RESP writes them."""
    return b"*%d\r\n" % len(texts) + b"".join(bulk(text) for text in texts)
