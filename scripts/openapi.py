"""Write what the console is built from to standard output: a service's OpenAPI document, or what people are shown."""

import json
import sys
from dataclasses import MISSING, fields
from typing import Any

from fastapi import FastAPI

from adapters.doors import Service
from adapters.doors.auth import Authenticator
from adapters.doors.pacing import Streams
from adapters.http import HttpDoor
from adapters.http.openapi import BACKTESTS, LIVE, document
from adapters.http.replays import ReplayDoor
from ports import shown

# Endpoints are described and never called, so nobody stands behind them.
_NOBODY: dict[str, Any] = {
    each.name: None for each in fields(Service) if each.default is MISSING and each.default_factory is MISSING
}


def application(service: str) -> FastAPI:
    """Return what a service serves."""
    if service == "backtest":
        nothing: Any = None
        return ReplayDoor(nothing, Authenticator(), "127.0.0.1", 0).application()
    return HttpDoor(Service(**_NOBODY)).application(Streams())


def columns() -> dict[str, list[str]]:
    """Return the fields that the command prints, so that the console shows the same."""
    return {name.lower(): list(value) for name, value in vars(shown).items() if isinstance(value, tuple)}


if __name__ == "__main__":
    wanted = sys.argv[1]  # live | backtest | columns
    json.dump(
        columns()
        if wanted == "columns"
        else document(application(wanted), BACKTESTS if wanted == "backtest" else LIVE),
        sys.stdout,
        indent=1,
    )
