"""Tokens in a file, what one client may ask, and doors that encrypt."""

from __future__ import annotations

import asyncio
import ssl
import stat
from dataclasses import replace
from pathlib import Path

import grpc
import httpx
import pytest

from adapters.doors import Service
from adapters.doors.auth import Authenticator
from adapters.doors.clients import Clients
from adapters.doors.errors import RefusedError
from adapters.doors.key_file import Holder, KeyFile, new_token, person, read_keys, write_keys
from adapters.doors.roles import Grant, Role
from adapters.doors.tls import Tls
from adapters.grpc import GrpcDoor
from adapters.http import HttpDoor
from adapters.http.patience import PatientProtocol
from ports.errors import InvalidInputError, UnauthenticatedError
from ports.values import Principal

from fakes.certificates import Authority
from fakes.doors import rest, service_over
from fakes.gateway import MemoryService

TOM = Principal("tom")
TRADER = Grant(Role.TRADER, frozenset({"momentum"}))


class Clock:
    def __init__(self) -> None:
        self.now_s = 0.0

    def __call__(self) -> float:
        return self.now_s


@pytest.fixture
def service() -> Service:
    return service_over(MemoryService())


def test_tokens_are_kept_as_digests_replaced_and_taken_back_without_a_restart(tmp_path: Path) -> None:
    file, clock = tmp_path / "tokens.json", Clock()
    old, holder = new_token(None, TRADER)
    write_keys(file, {TOM: holder})
    assert old not in file.read_text()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    auth = Authenticator(keys=KeyFile(file, pytest.fail, clock))
    assert auth.principal(f"Bearer {old}") == TOM
    assert auth.grant(TOM) == TRADER
    new, holder = new_token(holder, TRADER)
    write_keys(file, {TOM: holder})
    clock.now_s += 1
    assert auth.principal(f"Bearer {new}") == auth.principal(f"Bearer {old}") == TOM
    write_keys(file, {TOM: Holder(TRADER, holder.digests[:1])})
    clock.now_s += 1
    with pytest.raises(UnauthenticatedError):
        auth.principal(f"Bearer {old}")
    assert auth.principal(f"Bearer {new}") == TOM


def test_a_file_that_cannot_be_read_changes_nobodys_rights_and_is_told(tmp_path: Path) -> None:
    file, clock = tmp_path / "tokens.json", Clock()
    token, holder = new_token(None, TRADER)
    write_keys(file, {TOM: holder})
    told: list[str] = []
    auth = Authenticator(keys=KeyFile(file, told.append, clock))
    file.write_text("{")
    clock.now_s += 1
    assert auth.principal(f"Bearer {token}") == TOM
    assert len(told) == 1
    with pytest.raises(InvalidInputError, match="token_file"):
        KeyFile(file, told.append, clock)


@pytest.mark.parametrize(
    "text",
    ["[]", '{"a": 1}', '{"a": {"role": "king", "strategies": [], "sha256": []}}',
     '{"a": {"role": "risk", "strategies": [], "sha256": ["plain"]}}'],
)  # fmt: skip
def test_a_file_of_something_else_is_refused_by_name(text: str, tmp_path: Path) -> None:
    file = tmp_path / "tokens.json"
    file.write_text(text)
    with pytest.raises(InvalidInputError, match=r"doors\.token_file"):
        read_keys(file)


@pytest.mark.parametrize("name", ["config", "livexec", "a b", ""])
def test_nobody_has_a_token_under_a_name_of_the_services_own(name: str, tmp_path: Path) -> None:
    """Limits of `config` wait for no second person, and orders of `livexec` close positions."""
    with pytest.raises(InvalidInputError, match="principal"):
        person(name)
    write_keys(tmp_path / "tokens.json", {Principal(name): new_token(None, TRADER)[1]})
    with pytest.raises(InvalidInputError, match="principal"):
        KeyFile(tmp_path / "tokens.json", pytest.fail)


def test_a_client_that_asks_too_often_is_refused_until_time_has_passed_and_others_are_not() -> None:
    clock = Clock()
    clients = Clients(2, clock=clock)
    for _ in range(2):
        ask(clients, "tom")
    with pytest.raises(RefusedError, match="2 requests a second"):
        ask(clients, "tom")
    ask(clients, "anna")
    ask(clients, "tom", releases=True)  # a cancel always passes
    clock.now_s += 0.5
    ask(clients, "tom")


def test_a_client_has_so_many_requests_at_once() -> None:
    clients = Clients(1_000, at_once=1, clock=Clock())
    with clients.asking("tom", releases=False):
        with pytest.raises(RefusedError, match="1 requests at once"):
            ask(clients, "tom")
        ask(clients, "tom", releases=True)
    ask(clients, "tom")


def ask(clients: Clients, name: str, *, releases: bool = False) -> None:
    with clients.asking(name, releases=releases):
        pass


async def test_a_flood_is_answered_429_and_its_cancels_pass(service: Service) -> None:
    async with rest(replace(service, clients=Clients(1, clock=Clock()))) as client:
        answers = [(await client.get("/api/venues")).status_code for _ in range(3)]
        cancel = await client.delete("/api/orders/nobody-knows", headers={"X-Livexec": "1"})
    assert answers == [200, 429, 429]
    assert cancel.status_code == 404


@pytest.fixture
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(PatientProtocol, "headers_s", 0.05)
    monkeypatch.setattr(PatientProtocol, "body_s", 0.05)


@pytest.mark.usefixtures("hasty")
@pytest.mark.parametrize(
    "begun", [b"", b"GET /api/health HT", b"POST /api/orders HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 9\r\n\r\n{"]
)
async def test_a_request_that_trickles_in_is_given_up(begun: bytes, service: Service) -> None:
    door = HttpDoor(service, port=0)
    reader, writer = await asyncio.open_connection("127.0.0.1", await door.start())
    try:
        writer.write(begun)
        async with asyncio.timeout(30):
            await reader.read()
    finally:
        writer.close()
        await writer.wait_closed()
        await door.stop(0.1)


async def test_both_doors_encrypt_and_grpc_knows_its_callers(service: Service, tmp_path: Path) -> None:
    ours = Authority(tmp_path)
    certificate, key = ours.certify("server")
    mine, my_key = ours.certify("client")
    others, others_key = Authority(tmp_path, "somebody else").certify("stranger")
    tls = Tls(certificate=certificate, key=key, client_ca=ours.certificate)
    tls.check()
    encrypted = replace(service, tls=tls)
    http, door = HttpDoor(encrypted, port=0), GrpcDoor(encrypted, port=0)
    url, target = f"https://127.0.0.1:{await http.start()}", f"127.0.0.1:{await door.start()}"
    try:
        async with httpx.AsyncClient(verify=ssl.create_default_context(cafile=str(ours.certificate))) as client:
            assert (await client.get(f"{url}/api/health")).status_code == 200
        async with httpx.AsyncClient() as plain:
            with pytest.raises(httpx.HTTPError):
                await plain.get(url.replace("https", "http"))
        assert await venues_seen(target, ours, (mine, my_key)) == 2
        for stranger in ((others, others_key), None):
            with pytest.raises(grpc.aio.AioRpcError):
                await venues_seen(target, ours, stranger)
    finally:
        await http.stop(0.1)
        await door.stop(0)


async def venues_seen(target: str, authority: Authority, pair: tuple[Path, Path] | None) -> int:
    from livexec.v1 import control_pb2, control_pb2_grpc

    shown = (None, None) if pair is None else (pair[1].read_bytes(), pair[0].read_bytes())
    credentials = grpc.ssl_channel_credentials(authority.certificate.read_bytes(), *shown)
    async with grpc.aio.secure_channel(target, credentials) as channel:
        stub = control_pb2_grpc.ControlServiceStub(channel)
        return len((await stub.ListVenues(control_pb2.ListVenuesRequest(), timeout=20)).venues)


def test_a_certificate_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(InvalidInputError, match=r"doors\.tls\.certificate"):
        Tls(certificate=tmp_path / "none.pem", key=tmp_path / "none.pem").check()
