"""`livexec run`: the service as a process, from the first log line to the last."""

from __future__ import annotations

import asyncio
import signal
import sys
import time
from pathlib import Path
from typing import Final

import httpx
import uvloop

from adapters.telemetry import configure_logs
from app.container import live_container
from app.demo.demonstration import DEMO_LIMITS
from app.external import external_accounts
from app.interpreter import share_the_interpreter
from app.lifecycle import LiveService
from app.scripted import work_scripted_orders
from app.settings import Mode, Settings
from app.settings_limits import risk_limits
from app.settings_risk import RiskEngine
from app.venues_of_limits import of_unknown_venues
from core.risk.engine import rules_for
from livexec.client import ClientError
from ports.errors import InvalidInputError, LivexecError

_START_GRACE_S: Final = 5.0


def serve(settings: Settings, *, scripted: bool = False, record: bool = False) -> int:
    """Run until SIGINT or SIGTERM; returns the exit code.

    `scripted` works a short book of orders first; `record` writes the session down.
    """
    if settings.refusal is not None:
        say(settings.refusal)
        return 1
    for wrong in of_unknown_venues(settings):
        say(f"WARNING: {wrong.where}: {wrong.what}; {wrong.remedy}")
    if settings.mode is Mode.LIVE:
        if scripted:
            say('the scripted orders are for paper: leave --scripted out, or set "paper": {"enabled": true}')
            return 1
        try:
            announce_live(settings)
        except LivexecError as wrong:
            say(f"livexec did not start: {wrong}")
            return 1
    if scripted and settings.risk_engine == RiskEngine():
        say("no risk limits are configured: the scripted orders meet those of the demonstration")
        settings = settings.model_copy(update={"risk_engine": DEMO_LIMITS})
    settings.state_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
    log_file = settings.state_dir / "logs" / f"session-{time.strftime('%Y%m%d-%H%M%S', time.gmtime())}.log"
    configure_logs(settings.logging.level, log_file)
    share_the_interpreter()
    return uvloop.run(_serve(_service(settings, log_file, record=record), scripted))


def _service(settings: Settings, log_file: Path, *, record: bool) -> LiveService:
    return LiveService(settings, live_container(settings, log_file=log_file, record=record), log_file)


async def _serve(service: LiveService, scripted: bool) -> int:
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    stopped = asyncio.ensure_future(stop.wait())
    starting = asyncio.ensure_future(service.start(say))
    await asyncio.wait([starting, stopped], return_when=asyncio.FIRST_COMPLETED)
    if not starting.done():
        starting.cancel()
        await asyncio.wait([starting], timeout=_START_GRACE_S)
        await service.abandon()
        say("stopped before it was up; what the journal holds is whole")
        return 0
    try:
        starting.result()
    except (LivexecError, OSError) as refusal:
        say(f"livexec did not start: {refusal}")
        await service.abandon()
        return 1
    host = service.settings.doors.host
    say(f"livexec is up: REST, page and /metrics on http://{host}:{service.http_port}")
    say(f"               gRPC on {host}:{service.grpc_port}")
    failed = asyncio.ensure_future(service.wait())
    script = asyncio.ensure_future(_work_script(service)) if scripted else None
    await asyncio.wait([failed, stopped], return_when=asyncio.FIRST_COMPLETED)
    code = 0
    if failed.done() and failed.exception() is not None:
        say(f"livexec cannot go on: {failed.exception()}")
        code = 1
    failed.cancel()
    stopped.cancel()
    if script is not None:
        script.cancel()
        await asyncio.wait([script])
    written = await service.stop(say)
    say(f"stopped; results of this session: {written}")
    return code


async def _work_script(service: LiveService) -> None:
    """Work the scripted orders beside the service, which goes on whatever becomes of them."""
    try:
        await work_scripted_orders(service, say)
    except (ClientError, httpx.HTTPError, TimeoutError) as failure:
        say(f"the scripted orders were not worked to their end: {failure!r}")
    say(f"orders and positions are on http://{service.settings.doors.host}:{service.http_port} (stop with Ctrl-C)")


def announce_live(settings: Settings) -> None:
    """Say that orders are real, or that none is sent, where they go, and what does not limit them.

    Raises:
        InvalidInputError: a key of a connection is wrong, or its plugin is not there.
        PluginsRefusedError: a plugin cannot be used.
    """
    from app.live_accounts import live_accounts, warning

    try:
        warnings = [warning(account, is_shadow=settings.is_shadow) for account in live_accounts(settings)]
    except InvalidInputError as wrong:
        raise wrong.within("trading_node.exec_clients") from None
    external = [account.warning(is_shadow=settings.is_shadow) for account in external_accounts(settings)]
    for line in (*warnings, *external):
        say(line)
    if rules_for(risk_limits(settings)).keys() == {"halt"}:
        say("LIVE TRADING WITHOUT LIMITS: risk_engine sets none, so nothing but halts refuses an order")


def say(line: str) -> None:
    """Tell the person who started the service."""
    sys.stderr.write(f"{line}\n")
    sys.stderr.flush()
