"""Write the OpenAPI document of a service (live, backtest) to standard output; the console's types are made from it."""

import json
import sys
from dataclasses import MISSING, fields
from typing import Any

from fastapi import FastAPI

from adapters.doors import Service
from adapters.doors.auth import Authenticator
from adapters.doors.pacing import Streams
from adapters.http import HttpDoor
from adapters.http.openapi import document
from adapters.http.replays import ReplayDoor

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


if __name__ == "__main__":
    json.dump(document(application(sys.argv[1])), sys.stdout, indent=1)
