"""`livexec run` and `livexec doctor`: the service itself, and whether it could start."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

from cyclopts import Parameter

from app.cli.failures import FAILED, FailedError, Failure, usage
from app.cli.options import Config, Folder, Json, Port, StateDir, Whole
from app.cli.output import emit, note
from app.cli.tables import table

if TYPE_CHECKING:
    from app.settings import Settings

_CHECK: Final = ("ok", "name", "detail", "remedy")


def run(
    *,
    config: Config = None,
    scripted: bool = False,
    ticks: Annotated[Folder | None, Parameter(help="Play this recording to the paper venues.")] = None,
    state_dir: StateDir = None,
    http_port: Annotated[Port | None, Parameter(help="REST, console and metrics; 0: any free one.")] = None,
    grpc_port: Annotated[Port | None, Parameter(help="gRPC; 0: any free one.")] = None,
    record: bool = False,
) -> int:
    """Run the live service until it is told to stop (Ctrl-C, SIGTERM).

    Parameters
    ----------
    scripted:
        First work a scripted set of orders, print what happened, and go on serving.
    record:
        Write down all that the orchestrator is given, for livexec replay to lead the session again.
    """
    from app.settings import load_settings

    settings = overridden(
        load_settings(config, os.environ), ticks=ticks, state_dir=state_dir, http_port=http_port, grpc_port=grpc_port
    )
    if settings.refusal is not None:
        raise FailedError(Failure(reason_code="MODE_NOT_AVAILABLE", message=settings.refusal))
    from app.live import serve

    return serve(settings, scripted=scripted, record=record)


def backtest_server(
    *,
    config: Config = None,
    state_dir: StateDir = None,
    http_port: Annotated[Port, Parameter(help="0: any free one.")] = 8000,
    at_once: Annotated[Whole, Parameter(help="Replays that are worked at the same time; others wait.")] = 1,
) -> int:
    """Run the backtest service until it is told to stop (Ctrl-C, SIGTERM).

    Replays are begun, watched, listed and read under /api/replays. What a killed service left undone, the next one
    goes on with.
    """
    from app.backtest_server import serve_backtests
    from app.settings import load_settings

    if at_once == 0:
        raise usage("--at-once", "0", "write at least 1")
    settings = overridden(load_settings(config, os.environ), state_dir=state_dir)
    return serve_backtests(settings, http_port, at_once, note)


def doctor(*, config: Config = None, json: Json = False) -> int:
    """Check configuration, secrets, database, buckets and venues, and say what to mend. Changes nothing."""
    from app.doctor import examine

    checks = examine(config, os.environ)
    is_ok = all(check.ok for check in checks)
    listed = [
        {
            "name": check.name,
            "value": check.detail,
            "limit": None,
            "unit": None,
            "ok": check.ok,
            "detail": check.detail,
            "remedy": check.remedy,
        }
        for check in checks
    ]
    verdict = "everything is in order" if is_ok else "not in order: see the remedies"
    emit({"ok": is_ok, "checks": listed}, f"{table(listed, _CHECK)}\n\n{verdict}", as_json=json)
    return 0 if is_ok else FAILED


def overridden(
    settings: Settings,
    *,
    ticks: Path | None = None,
    state_dir: Path | None = None,
    http_port: int | None = None,
    grpc_port: int | None = None,
) -> Settings:
    """Return the settings with what the command line says instead, checked like the file.

    Raises:
        FailedError: both doors would have one port.
    """
    changes: dict[str, Any] = {}
    if ticks is not None:
        changes["paper"] = settings.paper.model_copy(update={"ticks": ticks})
    if state_dir is not None:
        changes["state_dir"] = state_dir
    ports = {name: port for name, port in (("http_port", http_port), ("grpc_port", grpc_port)) if port is not None}
    if ports:
        doors = settings.doors.model_copy(update=ports)
        if doors.http_port == doors.grpc_port != 0:
            raise usage("--http-port", str(doors.http_port), "it is the gRPC port too; each needs its own")
        changes["doors"] = doors
    return settings.model_copy(update=changes)
