"""A server on the loopback that says what a test wrote, one answer a connection, and remembers what it heard."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

HANG_UP = b""  # an answer that never comes: the connection is closed after the request was heard


@dataclass
class ScriptedServer:
    """Where it listens, and the requests so far: head and body, as they came."""

    url: str
    requests: list[tuple[str, bytes]] = field(default_factory=list)

    @property
    def paths(self) -> list[str]:
        """What was asked for, in order."""
        return [head.split(" ")[1] for head, _ in self.requests]


def said(status: int, document: object, **headers: str) -> bytes:
    """Return an answer in JSON."""
    return raw(status, json.dumps(document).encode(), "application/json", **headers)


def raw(status: int, body: bytes, content_type: str, **headers: str) -> bytes:
    """Return any answer; the connection ends after it."""
    lines = [f"HTTP/1.1 {status} Said", f"Content-Type: {content_type}", "Connection: close"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return "\r\n".join([*lines, f"Content-Length: {len(body)}", "", ""]).encode() + body


def cut_off(body: bytes, content_type: str = "text/event-stream") -> bytes:
    """Return an answer whose end never comes."""
    lines = ["HTTP/1.1 200 Said", f"Content-Type: {content_type}", f"Content-Length: {len(body) + 1_000}", "", ""]
    return "\r\n".join(lines).encode() + body


@contextmanager
def scripted(answers: Sequence[bytes]) -> Iterator[ScriptedServer]:
    """Serve `answers`, one a connection; when they are used up, nobody listens any more."""
    listener = socket.create_server(("127.0.0.1", 0))
    listener.settimeout(30)
    server = ScriptedServer(f"http://127.0.0.1:{listener.getsockname()[1]}")
    thread = threading.Thread(target=_serve, args=(listener, list(answers), server), daemon=True)
    thread.start()
    try:
        yield server
    finally:
        _close(listener)
        thread.join(30)


def _serve(listener: socket.socket, answers: list[bytes], server: ScriptedServer) -> None:
    try:
        for answer in answers:
            connection, _ = listener.accept()
            with connection:
                server.requests.append(_heard(connection))
                connection.sendall(answer)
    except OSError:
        pass  # the test is over
    finally:
        _close(listener)


def _close(listener: socket.socket) -> None:
    with suppress(OSError):  # it is closed already
        listener.shutdown(socket.SHUT_RDWR)  # wakes whoever waits in accept
    listener.close()


def _heard(connection: socket.socket) -> tuple[str, bytes]:
    heard = b""
    while b"\r\n\r\n" not in heard:
        heard += _more(connection)
    head, _, body = heard.partition(b"\r\n\r\n")
    lengths = [line.split(b":")[1] for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:")]
    while len(body) < int(lengths[0] if lengths else 0):
        body += _more(connection)
    return head.decode(), body


def _more(connection: socket.socket) -> bytes:
    more = connection.recv(65_536)
    if not more:
        raise ConnectionError("the caller went away")
    return more
