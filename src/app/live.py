"""`livexec run`: the service as a process, from the first log line to the last."""

from __future__ import annotations

import asyncio
import signal
import sys
import time

import uvloop

from adapters.telemetry import configure_logs
from app.demo.demonstration import DEMO_LIMITS
from app.interpreter import quieten_collector, share_the_interpreter
from app.lifecycle import LiveService
from app.scripted import work_scripted_orders
from app.settings import Settings
from app.settings_models import RiskEngine
from ports.errors import LivexecError


def serve(settings: Settings, *, scripted: bool = False) -> int:
    """Run until SIGINT or SIGTERM; returns the exit code. `scripted` works a short book of orders first."""
    if settings.refusal is not None:
        say(settings.refusal)
        return 1
    if scripted and settings.risk_engine == RiskEngine():
        say("no risk limits are configured: the scripted orders meet those of the demonstration")
        settings = settings.model_copy(update={"risk_engine": DEMO_LIMITS})
    settings.state_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
    log_file = settings.state_dir / "logs" / f"session-{time.strftime('%Y%m%d-%H%M%S', time.gmtime())}.log"
    configure_logs(settings.logging.level, log_file, quiet=sys.stderr.isatty())
    share_the_interpreter()
    return uvloop.run(_serve(LiveService(settings, log_file=log_file), scripted))


async def _serve(service: LiveService, scripted: bool) -> int:
    try:
        await service.start(say)
    except (LivexecError, OSError) as refusal:
        say(f"livexec did not start: {refusal}")
        return 1
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    quieten_collector()
    host = service.settings.doors.host
    say(f"livexec is up: REST, page and /metrics on http://{host}:{service.http_port}")
    say(f"               gRPC on {host}:{service.grpc_port}")
    failed = asyncio.ensure_future(service.wait())
    stopped = asyncio.ensure_future(stop.wait())
    if scripted:
        await work_scripted_orders(service, say)
        say(f"orders and positions are on http://{host}:{service.http_port} (stop with Ctrl-C)")
    await asyncio.wait([failed, stopped], return_when=asyncio.FIRST_COMPLETED)
    code = 0
    if failed.done() and failed.exception() is not None:
        say(f"livexec cannot go on: {failed.exception()}")
        code = 1
    failed.cancel()
    stopped.cancel()
    written = await service.stop(say)
    say(f"stopped; results of this session: {written}")
    return code


def say(line: str) -> None:
    """Tell the person who started the service."""
    sys.stderr.write(f"{line}\n")
    sys.stderr.flush()
