"""The fake in a thread of its own, so that a synchronous client can be tested against it."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from fakes.gcs.api import Api
from fakes.gcs.buckets import Bucket
from fakes.gcs.server import Fault, Service, close, listen


class FakeGcs:
    """A running fake: its address, its buckets, what it was asked, and what is to go wrong."""

    def __init__(self, service: Service, port: int) -> None:
        self.service = service
        self.endpoint = f"http://127.0.0.1:{port}"

    def bucket(self, name: str) -> Bucket:
        """Return a bucket, to look into it or to put something there."""
        return self.service.api.buckets[name]

    def new_bucket(self, name: str) -> Bucket:
        """Make an empty bucket."""
        return self.service.api.buckets.setdefault(name, Bucket(name))

    def fail(self, status: int, matching: str = "", times: int = 1, *, performed: bool = False) -> None:
        """Let the next requests of a kind go wrong (see `Fault`)."""
        self.service.faults.append(Fault(status, matching, times, performed))

    def asked(self, matching: str = "") -> list[str]:
        """Return the requests so far whose line contains `matching`, oldest first."""
        return [line for line in list(self.service.requests) if matching in line]

    def forget(self) -> None:
        """Forget what was asked, sent and planned."""
        self.service.requests.clear()
        self.service.sent_bytes.clear()
        self.service.faults.clear()


@contextmanager
def running_gcs(*buckets: str) -> Iterator[FakeGcs]:
    """Run a fake with these buckets until the block ends."""
    service = Service(Api(*buckets))
    ready: threading.Event = threading.Event()
    begun: list[tuple[asyncio.AbstractEventLoop, int, asyncio.Event]] = []

    async def serve() -> None:
        server, port = await listen(service)
        stop = asyncio.Event()
        begun.append((asyncio.get_running_loop(), port, stop))
        ready.set()
        await stop.wait()
        await close(service, server)

    thread = threading.Thread(target=lambda: asyncio.run(serve()), name="fake-gcs", daemon=True)
    thread.start()
    if not ready.wait(timeout=30):
        raise TimeoutError("the fake did not come up")
    loop, port, stop = begun[0]
    try:
        yield FakeGcs(service, port)
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join(timeout=30)
