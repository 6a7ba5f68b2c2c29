"""What the pages of other services on this machine may read of ours: whether we are healthy, and nothing else.

The console asks both services, and a page of one is a stranger to the other.
"""

from __future__ import annotations

from typing import Annotated, Final
from urllib.parse import urlsplit

from fastapi import Header, Response

from adapters.doors.auth import is_loopback

_LONGEST: Final = 200

Origin = Annotated[str, Header(include_in_schema=False, description="As browsers send it")]


def readable_nearby(answered: Response, origin: str) -> Response:
    """Let a page that this machine serves, on whatever port, read an answer that holds no secret."""
    answered.headers["Vary"] = "Origin"
    if origin and len(origin) <= _LONGEST and _is_near(origin):
        answered.headers["Access-Control-Allow-Origin"] = origin
    return answered


def _is_near(origin: str) -> bool:
    try:
        found = urlsplit(origin)
    except ValueError:
        return False
    return found.scheme in ("http", "https") and is_loopback(found.hostname or "")
