"""A venue that calls back is heard once, where its plugin proves the signature, and never when it is late."""

from __future__ import annotations

import hashlib
import hmac
import json
from dataclasses import replace
from typing import Any

import httpx
import pytest

from ports.errors import HookRefusedError
from ports.values import VenueId
from ports.webhooks import Hook, HookProof

from fakes.doors import rest, service_over
from fakes.gateway import NOW_NS, MemoryService

KEY = b"a key that the venue and the plugin share"
SECOND_NS = 1_000_000_000


class Session:
    """A session whose venue signs the bytes of the body."""

    def __init__(self) -> None:
        self.taken: list[Any] = []

    def check_hook(self, hook: Hook) -> HookProof:
        if not hmac.compare_digest(hook.headers.get("x-signature", ""), signed(hook.body)):
            raise HookRefusedError("x-signature is missing or wrong")
        told = json.loads(hook.body)
        return HookProof(delivery=told["id"], sent_ns=told["at_ns"])

    def take_hook(self, hook: Hook) -> None:
        self.taken.append(json.loads(hook.body)["id"])


def signed(body: bytes) -> str:
    return hmac.new(KEY, body, hashlib.sha256).hexdigest()


def body(delivery: str, at_ns: int = NOW_NS) -> bytes:
    return json.dumps({"id": delivery, "at_ns": at_ns}).encode()


async def call(web: httpx.AsyncClient, said: bytes, signature: str | None = None, venue: str = "ACME") -> int:
    headers = {"X-Signature": signed(said) if signature is None else signature, "Content-Type": "text/plain"}
    return (await web.post(f"/api/hooks/{venue}", content=said, headers=headers)).status_code


@pytest.mark.parametrize("tokens", [False, True])
async def test_a_signed_call_is_taken_without_a_token_and_once(tokens: bool) -> None:
    session = Session()
    service = replace(
        service_over(MemoryService(), tokens=tokens),
        hooks=lambda venue: session if venue == VenueId("ACME") else None,
    )
    async with rest(service) as web:
        assert await call(web, body("one")) == 204
        assert await call(web, body("one")) == 409
        assert await call(web, body("two")) == 204
        assert await call(web, body("three"), venue="OTHER") == 404
        assert (await web.get("/api/orders")).status_code == (401 if tokens else 200)
    assert session.taken == ["one", "two"]


@pytest.mark.parametrize(
    ("said", "signature", "status"),
    [
        (body("x"), "", 401),
        (body("x"), signed(body("y")), 401),
        (body("x", NOW_NS - 301 * SECOND_NS), None, 409),
        (body("x", NOW_NS + 301 * SECOND_NS), None, 409),
        (b"x" * 1_100_000, None, 413),
    ],
)
async def test_what_is_not_proven_or_not_of_now_is_not_taken(said: bytes, signature: str | None, status: int) -> None:
    session = Session()
    async with rest(replace(service_over(MemoryService()), hooks=lambda venue: session)) as web:
        assert await call(web, said, signature) == status
    assert session.taken == []


async def test_a_plugin_that_raises_is_an_answer_and_the_door_stays_open() -> None:
    class Broken(Session):
        def check_hook(self, hook: Hook) -> HookProof:
            raise ZeroDivisionError

    async with rest(replace(service_over(MemoryService()), hooks=lambda venue: Broken())) as web:
        assert await call(web, body("x")) == 500
        assert (await web.get("/api/health")).status_code == 200
