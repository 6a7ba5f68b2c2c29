"""`/plain`: orders, positions and the kill switch; `/docs`: what the door offers. Neither needs anything but us.

`/` is the console where it was built (see `console`), else the plain page.
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Iterator, Mapping
from html import escape
from importlib.resources import files
from typing import Any, Final

from fastapi import FastAPI, Response

from adapters.http.openapi import BACKTESTS, LIVE, About, document
from adapters.http.pages import console

_HEADERS: Final = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
        "form-action 'none'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}
_STYLE: Final = "/page.css"
_FILES: Final = {
    "/plain": ("index.html", "text/html"),
    "/page.js": ("page.js", "text/javascript"),
    _STYLE: ("page.css", "text/css"),
}
_PATHS: Final = frozenset(["/", *_FILES, "/docs", "/openapi.json"])


def is_page(path: str) -> bool:
    """Say whether a path is a page or a part of one; they hold nothing secret, so they need no token."""
    return path in _PATHS or console.is_page(path)


def add_pages(app: FastAPI) -> None:
    """Register the pages."""
    for path, (name, media_type) in _FILES.items():
        app.add_api_route(path, _serving(name, media_type), methods=["GET"], include_in_schema=False)
    if not console.add_console(app):
        app.add_api_route("/", _serving("index.html", "text/html"), methods=["GET"], include_in_schema=False)
    _add_docs(app, LIVE, '<a href="/">console</a>')


def add_backtest_pages(app: FastAPI) -> None:
    """Register what the backtest service offers, for people and for programs; `/` is the page for people too."""
    name, media_type = _FILES[_STYLE]
    app.add_api_route(_STYLE, _serving(name, media_type), methods=["GET"], include_in_schema=False)
    docs = _add_docs(app, BACKTESTS, "")
    app.add_api_route("/", docs, methods=["GET"], include_in_schema=False)


def _add_docs(app: FastAPI, about: About, links: str) -> Callable[[], Awaitable[Response]]:
    async def docs() -> Response:
        page = _docs_page(document(app, about), links)
        return Response(page, headers=_HEADERS, media_type="text/html")

    async def openapi() -> Response:
        return Response(json.dumps(document(app, about)), headers=_HEADERS, media_type="application/json")

    app.add_api_route("/docs", docs, methods=["GET"], include_in_schema=False)
    app.add_api_route("/openapi.json", openapi, methods=["GET"], include_in_schema=False)
    return docs


def _serving(name: str, media_type: str) -> Any:
    text = files(__name__).joinpath(name).read_text(encoding="utf-8")

    async def serve() -> Response:
        return Response(text, headers=_HEADERS, media_type=media_type)

    return serve


def _docs_page(spec: Mapping[str, Any], links: str) -> str:
    operations = "".join(
        _operation(method, path, operation)
        for path, methods in spec["paths"].items()
        for method, operation in methods.items()
    )
    title = escape(spec["info"]["title"])
    about = "".join(f"<p>{escape(line)}</p>" for line in spec["info"]["description"].splitlines() if line)
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{title}: API</title>'
        f'<link rel="stylesheet" href="/page.css"></head><body><header><h1>{title}: API</h1>'
        f'<nav><a href="/openapi.json">openapi.json</a> {links}</nav></header>'
        f"{about}{operations}<h2>Shapes</h2>{''.join(_shapes(spec['components']['schemas']))}</body></html>"
    )


def _operation(method: str, path: str, operation: Mapping[str, Any]) -> str:
    parameters = "".join(
        f"<li><code>{escape(each['name'])}</code> ({each['in']}) {escape(each.get('description', ''))}</li>"
        for each in operation.get("parameters", [])
    )
    body = operation.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema", {})
    takes = f"<p>Body: {_link(body)}</p>" if body else ""
    answers = "".join(
        f"<li>{escape(status)} {escape(answer.get('description', ''))} {_link(_schema_of(answer))}</li>"
        for status, answer in operation["responses"].items()
    )
    return (
        f"<section><h3><code>{method.upper()} {escape(path)}</code> {escape(operation.get('summary', ''))}</h3>"
        f"<p>{escape(operation.get('description', ''))}</p>{takes}<ul>{parameters}</ul><ul>{answers}</ul></section>"
    )


def _schema_of(answer: Mapping[str, Any]) -> Mapping[str, Any]:
    schema: Mapping[str, Any] = answer.get("content", {}).get("application/json", {}).get("schema", {})
    return schema


def _link(schema: Mapping[str, Any]) -> str:
    name = escape(schema.get("$ref", "").rpartition("/")[2])
    return f'<a href="#{name}">{name}</a>' if name else ""


def _shapes(schemas: Mapping[str, Mapping[str, Any]]) -> Iterator[str]:
    for name, schema in schemas.items():
        fields = "".join(
            f"<li><code>{escape(field)}</code> {escape(about.get('description', ''))}</li>"
            for field, about in schema.get("properties", {}).items()
        )
        examples = "".join(f"<pre>{escape(json.dumps(each, indent=2))}</pre>" for each in schema.get("examples", []))
        yield (
            f'<section id="{escape(name)}"><h3>{escape(name)}</h3><p>{escape(schema.get("description", ""))}</p>'
            f"<ul>{fields}</ul>{examples}</section>"
        )
