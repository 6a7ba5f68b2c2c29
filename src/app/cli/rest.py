"""A running service, asked over REST: bounded waits, safe repeats, refusals in the service's own words."""

from __future__ import annotations

import json
import os
import random
import ssl
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final, Self
from urllib.parse import quote, urlsplit

import httpx

from app.cli.failures import FailedError, Failure, usage
from app.cli.options import Connection
from app.cli.output import note
from ports.secrets import Secret

TOKEN_VARIABLE: Final = "LIVEXEC_TOKEN"  # noqa: S105 - the variable's name
ATTEMPTS: Final = 6
_FIRST_PAUSE_S: Final = 0.2
_LONGEST_PAUSE_S: Final = 5.0
_TIMES: Final = httpx.Timeout(10.0, connect=3.0)
_SILENCE_S: Final = 45.0  # three of the service's signs of life
_BUSY: Final = (429, 503)
_UNSENT: Final = (httpx.ConnectError, httpx.ConnectTimeout)  # no connection was made: no byte has left
START_IT: Final = "start it with `livexec run`, or give --url"

type Plain = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Answer:
    """What the service said, and whether it is done."""

    status: int
    document: Plain


class Rest:
    """One service at one address. Use it in a `with` block."""

    def __init__(self, url: str, token: Secret | None = None, *, sleep: Callable[[float], None] = time.sleep) -> None:
        """Prepare; nothing is connected yet.

        Raises:
            FailedError: the address or the token cannot be used.
        """
        self._url = _checked(url)
        headers = {"X-Livexec": "1"}
        if token is not None:
            headers["Authorization"] = f"Bearer {_header_text(token)}"
        # Never through a proxy that the environment names: orders and tokens go to the address given, and no further.
        self._client = httpx.Client(
            base_url=self._url, headers=headers, timeout=_TIMES, trust_env=False, verify=ssl.create_default_context()
        )
        self._sleep = sleep

    @classmethod
    def of(cls, connection: Connection) -> Self:
        """Prepare for what the command line says; the token comes from the environment alone."""
        token = os.environ.get(TOKEN_VARIABLE)
        return cls(connection.url, Secret(token) if token else None)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._client.close()

    def read(self, path: str, params: Mapping[str, Any] | None = None) -> Plain:
        """Ask once.

        Raises:
            FailedError: no answer, or a refusal.
        """
        try:
            return _answer_of(self._client.get(path, params=params)).document
        except httpx.TransportError as silence:
            raise self._unreachable(silence, START_IT) from silence

    def change(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, Any] | None = None,
        body: Plain | None = None,
        again: str = "repeating the same command is safe",
        instead: str = START_IT,
    ) -> Answer:
        """Ask until there is an answer, at most `ATTEMPTS` times.

        `again` says how a person asks for the same once more where nobody knows whether it was done (a command whose
        id was made for it is another one when it is only repeated), `instead` what to do where nothing was sent at all.

        To be used only for what is harmless to repeat: a submit carries its operation id, which makes one order
        however often it is sent; an amend carries its own id; cancels, halts and resumes change nothing the second
        time.

        Raises:
            FailedError: a refusal, or no answer; the message says whether anything was sent.
        """
        was_sent = False
        content = None if body is None else json.dumps(body).encode()
        headers = {"Content-Type": "application/json"}
        for attempt in range(1, ATTEMPTS + 1):
            try:
                response = self._client.request(method, path, params=params, content=content, headers=headers)
            except httpx.TransportError as silence:
                was_sent |= not isinstance(silence, _UNSENT)
                if attempt == ATTEMPTS:
                    remedy = f"it may have been done or not; {again}" if was_sent else f"nothing was sent; {instead}"
                    raise self._unreachable(silence, remedy) from silence
                note(f"no answer ({_named(silence)}); repeating, which is safe: {attempt} of {ATTEMPTS - 1}")
                self._sleep(_pause_s(attempt, None))
                continue
            was_sent = True
            if response.status_code not in _BUSY or attempt == ATTEMPTS:
                return _answer_of(response)
            note(f"the service answered {response.status_code}; repeating, which is safe: {attempt} of {ATTEMPTS - 1}")
            self._sleep(_pause_s(attempt, response.headers.get("Retry-After")))
        raise AssertionError("the last attempt returns or raises")

    @contextmanager
    def stream(self, path: str, params: Mapping[str, Any]) -> Iterator[Iterator[str]]:
        """Open a stream of lines; silence longer than the service ever keeps counts as a break.

        Raises:
            FailedError: a refusal.
            httpx.TransportError: the connection broke, or never was.
        """
        timeout = httpx.Timeout(_SILENCE_S, connect=3.0)
        with self._client.stream("GET", path, params=params, timeout=timeout) as response:
            if response.status_code != httpx.codes.OK:
                response.read()
                _answer_of(response)
            yield response.iter_lines()

    def pause(self, attempt: int) -> None:
        """Wait a little longer after every attempt in a row that failed."""
        self._sleep(_pause_s(attempt, None))

    def _unreachable(self, silence: httpx.TransportError, remedy: str) -> FailedError:
        message = f"url: no answer from {self._url} ({_named(silence)}): {remedy}"
        return FailedError(
            Failure(reason_code="UNREACHABLE", message=message, field="url", value=self._url, remedy=remedy)
        )


def order_path(operation_id: str) -> str:
    """Return the path of one order; an id of dots alone must not read as a step up."""
    name = quote(operation_id, safe="")
    return f"/api/orders/{name.replace('.', '%2E') if not name.strip('.') else name}"


def _checked(url: str) -> str:
    try:
        parts = urlsplit(url)
        parts.port  # noqa: B018 - reading it checks it
    except ValueError:
        raise usage("--url", url, "write it like http://127.0.0.1:8001") from None
    if parts.username or parts.password:
        raise usage("--url", "(hidden)", f"it carries a login: set {TOKEN_VARIABLE} instead")
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment:
        raise usage("--url", url, "write it like http://127.0.0.1:8001")
    return url.rstrip("/")


def _header_text(token: Secret) -> str:
    text = token.reveal()
    if not text.isascii() or not text.isprintable() or text != text.strip():
        raise usage(TOKEN_VARIABLE, "(hidden)", "a token is printable ASCII without spaces around it")
    return text


def _answer_of(response: httpx.Response) -> Answer:
    """Read an answer.

    Raises:
        FailedError: a refusal, or nothing that livexec would say.
    """
    try:
        document = response.json()
    except ValueError:
        document = None
    if not isinstance(document, dict):
        url = str(response.request.url.copy_with(query=None))
        remedy = "this is no answer of livexec: look at --url"
        message = f"url: {url} answered {response.status_code} with something else than JSON: {remedy}"
        raise FailedError(
            Failure(reason_code="UNEXPECTED_ANSWER", message=message, field="url", value=url, remedy=remedy)
        )
    if response.is_success:
        return Answer(response.status_code, document)
    raise FailedError(
        Failure(
            reason_code=str(document.get("reason_code") or f"HTTP_{response.status_code}"),
            message=str(document.get("error_message") or f"the service answered {response.status_code}"),
            field=str(document.get("field", "")),
            value=str(document.get("value", "")),
            remedy=str(document.get("remedy", "")),
            more={"http_status": response.status_code},
        )
    )


def _named(silence: httpx.TransportError) -> str:
    return str(silence) or type(silence).__name__


def _pause_s(attempt: int, retry_after: str | None) -> float:
    """Return how long to wait: what the service asks for, else twice as long each time, a little scattered."""
    if retry_after is not None and retry_after.isascii() and retry_after.isdigit():
        return min(float(retry_after), _LONGEST_PAUSE_S)
    most = min(_FIRST_PAUSE_S * 2.0 ** (attempt - 1), _LONGEST_PAUSE_S)
    return most * random.uniform(0.5, 1.0)
