"""What is refused before anything is read."""

from __future__ import annotations

import json
import socket

import httpx
import pytest

from adapters.http import HttpDoor
from adapters.http.serving import listen
from ports.errors import InvalidInputError

from fakes.bad_orders import GOOD
from fakes.doors import JSON, TOKEN, rest, service_over
from fakes.gateway import MemoryService

BODY = json.dumps(GOOD)


@pytest.fixture
def memory() -> MemoryService:
    return MemoryService()


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:8001", "127.0.0.1.evil.example", "localhost.evil.example", "10.0.0.1", "["]
)
async def test_a_name_that_is_not_ours_is_refused(host: str, memory: MemoryService) -> None:
    async with rest(service_over(memory)) as web:
        answer = await web.get("/api/positions", headers={"Host": host})
    assert answer.status_code == 421
    assert answer.json()["field"] == "host"


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST:8001", "127.0.0.1:1", "[::1]:8001", "[::1]", "localhost."])
async def test_every_name_of_this_machine_is_ours(host: str, memory: MemoryService) -> None:
    async with rest(service_over(memory)) as web:
        assert (await web.get("/api/positions", headers={"Host": host})).status_code == 200


async def test_a_configured_name_is_ours(memory: MemoryService) -> None:
    door = HttpDoor(service_over(memory), port=0, hosts=["Trading.Example"])
    port = await door.start()
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", trust_env=False) as web:
        answer = await web.get("/api/positions", headers={"Host": f"trading.example:{port}"})
    await door.stop(0.1)
    assert answer.status_code == 200


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", ""])
async def test_what_a_web_page_could_forge_is_refused(kind: str, memory: MemoryService) -> None:
    async with rest(service_over(memory)) as web:
        for method, path in (
            ("POST", "/api/orders"),
            ("POST", "/api/control/halt"),
            ("DELETE", "/api/orders?all=true"),
        ):
            answer = await web.request(method, path, content=BODY, headers={"Content-Type": kind})
            assert answer.status_code == 415
            assert answer.json()["field"] == "content-type"
    assert memory.asked == []


async def test_our_own_header_serves_as_well_as_the_content_type(memory: MemoryService) -> None:
    async with rest(service_over(memory)) as web:
        posted = await web.post("/api/orders", content=BODY, headers={"X-Livexec": "1"})
        typed = await web.post("/api/orders", content=BODY, headers={"Content-Type": "Application/JSON; charset=utf-8"})
    assert (posted.status_code, typed.status_code) == (201, 200)


async def test_no_other_site_is_granted_anything(memory: MemoryService) -> None:
    origin = {"Origin": "https://evil.example", "Access-Control-Request-Method": "POST"}
    async with rest(service_over(memory)) as web:
        preflight = await web.options("/api/orders", headers=origin)
        read = await web.get("/api/orders", headers=origin)
    for answer in (preflight, read):
        assert not [name for name in answer.headers if name.startswith("access-control-")]
    assert preflight.status_code == 405


async def test_with_tokens_only_their_owners_come_in(memory: MemoryService) -> None:
    async with rest(service_over(memory, tokens=True)) as web:
        for path in ("/api/orders", "/api/positions", "/api/events", "/metrics", "/api/venues", "/api/orders/op-1"):
            answer = await web.get(path)
            assert answer.status_code == 401, path
            assert answer.headers["www-authenticate"] == "Bearer"
        assert (await web.post("/api/orders", content=BODY, headers=JSON)).status_code == 401
        assert memory.asked == []
        bearer = {"Authorization": f"Bearer {TOKEN}"}
        assert (await web.post("/api/orders", content=BODY, headers=JSON | bearer)).status_code == 201
    assert [command.principal for command in memory.asked] == ["trader"]


async def test_what_holds_no_secret_needs_no_token(memory: MemoryService) -> None:
    async with rest(service_over(memory, tokens=True)) as web:
        for path in ("/", "/page.js", "/page.css", "/docs", "/openapi.json", "/api/health", "/api/live/health"):
            assert (await web.get(path)).status_code == 200, path


async def test_an_unknown_path_and_a_wrong_method_are_named(memory: MemoryService) -> None:
    async with rest(service_over(memory)) as web:
        missing = await web.get("/api/oders")
        wrong = await web.put("/api/orders", headers=JSON)
    assert (missing.status_code, missing.json()["reason_code"]) == (404, "NOT_FOUND")
    assert "GET /api/oders" in missing.json()["error_message"]
    assert (wrong.status_code, wrong.json()["reason_code"]) == (405, "WRONG_METHOD")


def test_a_door_without_tokens_or_without_a_certificate_opens_to_this_machine_alone() -> None:
    with pytest.raises(InvalidInputError, match=r"^host: '0\.0\.0\.0'"):
        HttpDoor(service_over(MemoryService()), host="0.0.0.0")
    with pytest.raises(InvalidInputError, match=r"doors\.tls"):
        HttpDoor(service_over(MemoryService(), tokens=True), host="0.0.0.0")


def test_small_answers_are_sent_at_once() -> None:
    with listen("127.0.0.1", 0) as listener:
        assert listener.proto == socket.IPPROTO_TCP  # what asyncio looks at before it turns Nagle's algorithm off


async def test_a_taken_port_is_said_to_be_taken(memory: MemoryService) -> None:
    first = HttpDoor(service_over(memory), port=0)
    port = await first.start()
    with pytest.raises(OSError, match="in use"):
        await HttpDoor(service_over(memory), port=port).start()
    await first.stop(0.1)
    await first.stop(0.1)
