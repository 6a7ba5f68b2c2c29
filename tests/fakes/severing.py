"""A wire to PostgreSQL that a test cuts at the worst moment: before or after the server has made a commit durable."""

from __future__ import annotations

import asyncio
from enum import Enum, auto
from typing import Self

from sqlalchemy.engine import make_url

from adapters.sql import PostgresAddress, postgres_address

from fakes.listening import stop_listening, turns

PIECE = 1 << 16


class Cut(Enum):
    """When the wire is cut, once an append has been sent over it."""

    BEFORE_DURABLE = auto()  # the server never hears of it
    AFTER_DURABLE = auto()  # the server has done it; its answer is lost
    UNDER_WAY = auto()  # the server has begun, and does not notice that its client is gone


class Wire:
    """Listens on a port of its own and passes everything on to a server's socket. `append_sent` is set at a cut."""

    def __init__(self, socket: str, address: PostgresAddress) -> None:
        self._socket = socket
        self._address = address
        self._cut: Cut | None = None
        self._server: asyncio.Server | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._upstreams: list[asyncio.StreamWriter] = []
        self.append_sent = asyncio.Event()

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", 0)
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._server is not None:
            await stop_listening(self._server)
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for upstream in self._upstreams:
            upstream.close()
        await turns()

    @property
    def address(self) -> PostgresAddress:
        """The database over this wire; the password is one that must appear nowhere."""
        assert self._server is not None
        host, port = self._server.sockets[0].getsockname()
        url = make_url(self._address.dsn).set(host=host, port=port, password="hunter2", query={"sslmode": "disable"})
        return postgres_address(url.render_as_string(hide_password=False))

    def cut_at_next_append(self, when: Cut) -> None:
        """Cut the connection that sends an append next. New connections are passed on."""
        self._cut = when
        self.append_sent.clear()

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        from_server, to_server = await asyncio.open_unix_connection(self._socket)
        self._upstreams.append(to_server)
        answers = asyncio.create_task(self._answers(from_server, writer))
        self._tasks.add(answers)
        try:
            while piece := await reader.read(PIECE):
                if self._cut is not None and _is_append(piece):
                    await self._sever(piece, answers, from_server, to_server)
                    return
                to_server.write(piece)
            to_server.close()
        finally:
            writer.close()

    async def _sever(
        self,
        piece: bytes,
        answers: asyncio.Task[None],
        from_server: asyncio.StreamReader,
        to_server: asyncio.StreamWriter,
    ) -> None:
        answers.cancel()
        await asyncio.gather(answers, return_exceptions=True)
        when, self._cut = self._cut, None
        if when is not Cut.BEFORE_DURABLE:
            to_server.write(piece)
        if when is Cut.AFTER_DURABLE:
            heard = b""
            while b"INSERT 0 " not in heard:
                heard += await from_server.read(PIECE)
        if when is not Cut.UNDER_WAY:
            to_server.close()
        self.append_sent.set()

    async def _answers(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while piece := await reader.read(PIECE):
            writer.write(piece)
        writer.close()


def _is_append(piece: bytes) -> bool:
    """Say whether a piece binds values to the prepared INSERT of the journal: a fact's JSON is among them."""
    return piece[:1] == b"B" and b'{"' in piece
