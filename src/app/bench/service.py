"""A whole live service for benchmarks: real journal, read tables and followers, and the null venue."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

from app.bench.null_venue import NullVenue
from app.bench.orders import EVERY_FIRST_RULE, PRINCIPAL
from app.container import live_container
from app.lifecycle import LiveService
from app.settings import parse_settings
from ports.commands import SetLimits
from ports.values import ClientOrderId

_CONFIG: Final = """{
    "doors": {"http_port": 0, "grpc_port": 0},
    "logging": {"level": "error", "log_orders": false, "log_fills": false},
    "orders": {"ack_patience_ms": 600000},
    "shutdown": {"drain_timeout_ms": 60000}
}"""


@asynccontextmanager
async def bench_service(on_send: Callable[[ClientOrderId], None]) -> AsyncIterator[tuple[LiveService, Path]]:
    """Start a service in a temporary folder, with every first rule set, and take both away afterwards."""
    folder = Path(tempfile.mkdtemp(prefix="livexec-bench-"))
    settings = parse_settings(_CONFIG, {}, "bench").model_copy(update={"state_dir": folder})
    service = LiveService(settings, live_container(settings, venues=NullVenue(on_send)))
    try:
        await service.start()
        host = service.container.host()
        await host.ask(SetLimits(limits=EVERY_FIRST_RULE, principal=PRINCIPAL, reason="bench"))
        yield service, folder
        await service.stop()
    finally:
        shutil.rmtree(folder, ignore_errors=True)
