"""What every request passes first: whom it believes to talk to, who sends it, and that no web page forged it."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from contextlib import ExitStack
from typing import Any, Final

from adapters.doors.auth import Authenticator, is_loopback
from adapters.doors.clients import Clients
from adapters.doors.errors import Kind, Refusal, refusal_of
from adapters.doors.roles import Role, not_your_role
from adapters.doors.service import REQUESTS_PER_SECOND, Meter, unmeasured
from adapters.http.answers import refused
from adapters.http.bodies import MAX_BODY_BYTES, TOO_LARGE, Receive, let_pass
from adapters.http.hooks import PREFIX as HOOKS
from adapters.http.pages import is_page
from ports.errors import LivexecError
from ports.values import Principal

type Scope = MutableMapping[str, Any]
type Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
type App = Callable[[Scope, Receive, Send], Awaitable[None]]

OWN_HEADER: Final = b"x-livexec"  # no web page may send it to another site without asking, and nobody grants that
PROBES: Final = frozenset({"/api/health", "/api/live/health"})
_CHANGING: Final = frozenset({"POST", "PUT", "PATCH", "DELETE"})
_HALTS: Final = frozenset({"/api/control/halt", "/api/control/flatten"})
_ASKING: Final = frozenset({"/api/orders/check"})  # change nothing, whatever their method
_METHODS: Final = _CHANGING | {"GET"}


class Guard:
    """An ASGI application around another: refuses before anything is parsed, and names the principal to the rest."""

    def __init__(
        self,
        app: App,
        auth: Authenticator,
        hosts: Iterable[str] = (),
        meter: Meter = unmeasured,
        clients: Clients | None = None,
    ) -> None:
        self._app = app
        self._auth = auth
        self._meter = meter
        self._clients = clients or Clients(REQUESTS_PER_SECOND)
        self._hosts = frozenset(host.lower().strip("[]") for host in hosts)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        began, status = time.perf_counter(), 0

        async def told(message: MutableMapping[str, Any]) -> None:
            nonlocal status
            status = status or message.get("status", 0)
            await send(message)

        try:
            await self._serve(scope, receive, told)
        finally:
            self._meter("rest", _call(scope), str(status), time.perf_counter() - began)

    async def _serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers: dict[bytes, bytes] = dict(scope["headers"])
        refusal = self._refusal(scope, headers)
        with ExitStack() as place:
            if refusal is None:
                refusal = self._admit(scope, headers, place)
            if refusal is None:
                await self._app(scope, receive, send)
                return
        if refusal is TOO_LARGE:
            await let_pass(receive)
        await refused(refusal)(scope, receive, send)

    def _admit(self, scope: Scope, headers: dict[bytes, bytes], place: ExitStack) -> Refusal | None:
        """Name the caller, and take one of its places; None: it may come in."""
        try:
            principal = self._principal(scope["path"], headers)
            scope.setdefault("state", {})["principal"] = principal
            refusal = self._beyond(principal, scope)
            if refusal is None:
                place.enter_context(self._clients.asking(principal or _address(scope), releases=_releases(scope)))
        except LivexecError as wrong:
            return refusal_of(wrong)
        return refusal

    def _beyond(self, principal: Principal | None, scope: Scope) -> Refusal | None:
        """Refuse a viewer whatever changes something, however new; what others may, each command is asked."""
        if principal is None or scope["method"] not in _CHANGING or scope["path"] in _ASKING:
            return None
        grant = self._auth.grant(principal)
        return not_your_role(principal, grant) if grant.role is Role.VIEWER else None

    def _principal(self, path: str, headers: dict[bytes, bytes]) -> Principal | None:
        is_open = path in PROBES or is_page(path) or path.startswith(HOOKS)
        return None if is_open else self._auth.principal(headers.get(b"authorization"))

    def _refusal(self, scope: Scope, headers: dict[bytes, bytes]) -> Refusal | None:
        host = headers.get(b"host", b"").decode("latin-1")
        if not self._is_ours(host):
            # A page that points its own name at our address (DNS rebinding) still sends its own name here.
            return _refusal(Kind.WRONG_HOST, "host", host, "use 127.0.0.1 or localhost, or configure this name")
        length = headers.get(b"content-length", b"0")
        if not length.isdigit() or int(length) > MAX_BODY_BYTES:
            return TOO_LARGE
        kind = headers.get(b"content-type", b"").decode("latin-1")
        is_hook = scope["path"].startswith(HOOKS)  # its signature proves what the rest have these headers for
        if scope["method"] in _CHANGING and not is_hook and OWN_HEADER not in headers and not _is_json(kind):
            return _refusal(
                Kind.WRONG_CONTENT_TYPE, "content-type", kind, "send application/json, or the header X-Livexec: 1"
            )
        return None

    def _is_ours(self, host: str) -> bool:
        name = host.rpartition(":")[0] if host.rpartition(":")[2].isdigit() and not host.endswith("]") else host
        name = name.strip("[]").lower().rstrip(".")
        return bool(name) and (is_loopback(name) or name in self._hosts)


def _call(scope: Scope) -> str:
    """Name what was called, never by a caller's own words: there is no end of those."""
    route, method = getattr(scope.get("route"), "path", ""), scope["method"]
    return f"{method} {route}" if route and method in _METHODS else "other"


def _releases(scope: Scope) -> bool:
    """Say whether a request takes risk away: a cancel, or a halt of any mode."""
    path = scope["path"]
    if scope["method"] == "DELETE":
        return bool(path == "/api/orders" or path.startswith("/api/orders/"))
    return scope["method"] == "POST" and path in _HALTS


def _address(scope: Scope) -> str:
    client = scope.get("client")
    return client[0] if client else "unknown"


def _is_json(content_type: str) -> bool:
    return content_type.partition(";")[0].strip().lower() == "application/json"


def _refusal(kind: Kind, field: str, value: str, remedy: str) -> Refusal:
    shown = repr(value[:80])
    return Refusal(kind, f"{field}: {shown} is not usable: {remedy}", field, shown, remedy)
