"""Write the OpenAPI document of the REST door to standard output; the console's types are made from it."""

import json
import sys
from dataclasses import MISSING, fields
from typing import Any

from adapters.doors import Service
from adapters.doors.pacing import Streams
from adapters.http import HttpDoor
from adapters.http.openapi import document

# Endpoints are described and never called, so nobody stands behind them.
_NOBODY: dict[str, Any] = {
    each.name: None for each in fields(Service) if each.default is MISSING and each.default_factory is MISSING
}

if __name__ == "__main__":
    json.dump(document(HttpDoor(Service(**_NOBODY)).application(Streams())), sys.stdout, indent=1)
