"""A wire to PostgreSQL that can go silent, as a network that is cut does: nothing passes and nobody is told."""

from __future__ import annotations

import asyncio
from typing import Self

from sqlalchemy.engine import make_url

from adapters.sql import PostgresAddress, postgres_address

from fakes.listening import stop_listening, turns

PIECE = 1 << 16


class SilentWire:
    """Listens on a port of its own and passes everything on to a server's socket, until `cut`."""

    def __init__(self, socket: str, address: PostgresAddress) -> None:
        self._socket = socket
        self._address = address
        self._server: asyncio.Server | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._ends: set[asyncio.StreamWriter] = set()
        self._passing = asyncio.Event()

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", 0)
        self._passing.set()
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._server is not None:
            await stop_listening(self._server)
        await self._drop()

    @property
    def address(self) -> PostgresAddress:
        """The database over this wire."""
        assert self._server is not None
        host, port = self._server.sockets[0].getsockname()
        url = make_url(self._address.dsn).set(host=host, port=port, query={"sslmode": "disable"})
        return postgres_address(url.render_as_string(hide_password=False))

    def cut(self) -> None:
        """Pass nothing on any more, of new connections neither; nobody hangs up."""
        self._passing.clear()

    async def mend(self) -> None:
        """Pass new connections on again; those of before are gone."""
        await self._drop()
        self._passing.set()

    async def _drop(self) -> None:
        tasks, self._tasks = self._tasks, set()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        for end in self._ends:
            end.close()
        self._ends.clear()
        await turns()

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        self._ends.add(writer)
        await self._passing.wait()
        try:
            from_server, to_server = await asyncio.open_unix_connection(self._socket)
        except OSError:  # the server is down
            writer.close()
            return
        self._ends.add(to_server)
        answers = asyncio.create_task(self._pass(from_server, writer))
        self._tasks.add(answers)
        await self._pass(reader, to_server)

    async def _pass(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while piece := await reader.read(PIECE):
                await self._passing.wait()
                writer.write(piece)
        except ConnectionError:
            pass
        finally:
            writer.close()
