"""The console: one page for all its paths, and the parts that it is built of."""

from __future__ import annotations

import mimetypes
import secrets
from pathlib import Path
from typing import Any, Final, Literal

from fastapi import FastAPI, Response

FOLDER: Final = Path(__file__).resolve().parents[1] / "console"  # made by `make console`, and in the wheel
_PAGES: Final = (
    *("/status", "/live/execute", "/live/orders", "/live/positions", "/live/strategies", "/live/logs"),
    *("/backtest/runs", "/backtest/compare"),
)
_DEEP: Final = ("/live/orders/{rest:path}", "/backtest/runs/{rest:path}")
_PARTS: Final = ("/assets/", "/icon.svg")
_NONCE: Final = "LIVEXEC_CSP_NONCE"  # as frontend/vite.config.ts says
_SERVICE: Final = "LIVEXEC_SERVICE"  # as frontend/index.html says
# The services that are asked whether they are there.
_SERVICES: Final = " ".join(f"http://{host}:{port}" for host in ("127.0.0.1", "localhost") for port in (8000, 8001))
_PLAIN: Final = {"X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer"}
_FOR_EVER: Final = {"Cache-Control": "public, max-age=31536000, immutable"}  # the names change with the contents


def is_page(path: str) -> bool:
    """Say whether a path is the console's."""
    return path.startswith((*_PAGES, *_PARTS))


def add_console(app: FastAPI, service: Literal["live", "backtest"], folder: Path = FOLDER) -> bool:
    """Register the console of a service, and say whether it was built; else nothing is registered."""
    index = folder / "index.html"
    if not index.is_file():
        return False
    text = index.read_text(encoding="utf-8").replace(_SERVICE, service)

    async def page() -> Response:
        nonce = secrets.token_urlsafe(16)
        return Response(text.replace(_NONCE, nonce), headers=_PLAIN | _policy(nonce), media_type="text/html")

    for path in ("/", *_PAGES, *_DEEP):
        app.add_api_route(path, page, methods=["GET"], include_in_schema=False)
    for part in sorted(each for each in folder.rglob("*") if each.is_file() and each != index):
        path = f"/{part.relative_to(folder).as_posix()}"
        app.add_api_route(path, _serving(part), methods=["GET"], include_in_schema=False)
    return True


def _policy(nonce: str) -> dict[str, str]:
    return {
        "Content-Security-Policy": (
            f"default-src 'none'; script-src 'self'; style-src 'self' 'nonce-{nonce}'; img-src 'self' data:; "
            f"connect-src 'self' {_SERVICES}; form-action 'none'; base-uri 'none'; frame-ancestors 'none'"
        ),
        "Cache-Control": "no-store",
    }


def _serving(part: Path) -> Any:
    content = part.read_bytes()
    headers = _PLAIN | (_FOR_EVER if part.parent.name == "assets" else {})
    media_type = mimetypes.types_map.get(part.suffix, "application/octet-stream")

    async def serve() -> Response:
        return Response(content, headers=headers, media_type=media_type)

    return serve
