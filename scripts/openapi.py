"""Write the OpenAPI document of the REST door to standard output; the console's types are made from it."""

import json
import sys
from typing import Any

from adapters.doors import Service
from adapters.doors.pacing import Streams
from adapters.http import HttpDoor
from adapters.http.openapi import document

_NOBODY: Any = None  # endpoints are described, never called
_SERVICE = Service(
    gateway=_NOBODY,
    queries=_NOBODY,
    feed=_NOBODY,
    health=_NOBODY,
    venues=_NOBODY,
    halts=_NOBODY,
    breaks=_NOBODY,
    limits=_NOBODY,
    exposure=_NOBODY,
    listed_in=_NOBODY,
    algorithms=(),
)

if __name__ == "__main__":
    json.dump(document(HttpDoor(_SERVICE).application(Streams())), sys.stdout, indent=1)
