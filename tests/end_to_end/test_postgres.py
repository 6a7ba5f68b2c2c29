"""The real process on a real PostgreSQL: killed, refused, waiting, and without its server for a while."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from adapters.sql import PostgresAddress
from end_to_end.conftest import Start
from end_to_end.process import RESULT_FILES, Service, result_files, run_command
from end_to_end.traders import LINEAR, Tally, Trader
from livexec.client import ExecutionClient, NoAnswerError, Order, Patience

from fakes.postgres import PostgresServer, behind
from fakes.severing import Wire

SECRET = "hunter2"
WAIT_S = 60.0
ONCE = Patience(deadline_s=0.5, longest_pause_s=0.1)
PATIENT = Patience(deadline_s=WAIT_S, longest_pause_s=0.3)


@pytest.fixture
def address(postgres: PostgresServer) -> PostgresAddress:
    """Return an empty database: the first start makes its tables."""
    return postgres.empty()


@pytest.fixture
def env(address: PostgresAddress) -> Mapping[str, str]:
    return {"DATABASE_URL": address.dsn}


def market(operation_id: str) -> Order:
    return Order(
        operation_id=operation_id, instrument_key=LINEAR, side="BUY", amount="0.002", strategy_id="on-postgres"
    )


async def submitted(service: Service, *ids: str, patience: Patience = PATIENT) -> dict[str, str]:
    """Submit an order for each id and return the order ids."""
    async with ExecutionClient(service.target, patience=patience) as client:
        return {one: (await client.submit(market(one))).order_id for one in ids}


async def listed(service: Service) -> dict[str, str]:
    """Return the order ids that the read tables hold once they are up with the journal."""
    async with service.rest() as rest, asyncio.timeout(WAIT_S):
        while True:
            parts = (await rest.get("/api/health")).json()["parts"]
            (sequence,) = [part["detail"].split()[-1] for part in parts if part["name"] == "journal"]
            answer = await rest.get("/api/orders", params={"limit": 1_000, "min_sequence": sequence})
            if answer.status_code == 200:
                return {order["operation_id"]: order["order_id"] for order in answer.json()["orders"]}
            assert answer.json()["reason_code"] in {"NOT_YET_VISIBLE", "JOURNAL_UNAVAILABLE"}


def command(folder: Path, env: Mapping[str, str], *arguments: str) -> dict[str, Any]:
    ended = run_command(*arguments, "--json", folder=folder, env=env)
    return {"code": ended.code, **ended.document}


def pid_of(service: Service) -> int:
    return service._process.pid


def arguments_of_projector(service: Service) -> str:
    """Return what everybody on the machine can see of the projector's start."""
    children = Path(f"/proc/{pid_of(service)}/task/{pid_of(service)}/children").read_text(encoding="ascii").split()
    return "\n".join(Path(f"/proc/{child}/cmdline").read_text(encoding="utf-8") for child in children)


async def test_killed_and_started_again_it_has_every_order_once(
    tmp_path: Path, start: Start, env: Mapping[str, str]
) -> None:
    service = await (await start(tmp_path / "state", env=env)).up()
    tally = Tally()
    async with ExecutionClient(service.target, patience=ONCE) as client:
        traders = [Trader(client, f"trader-{number}", tally) for number in range(4)]
        trading = [asyncio.create_task(trader.trade()) for trader in traders]
        await tally.more(300)
        service.kill()
        await service.ended()
        ended = await asyncio.gather(*trading, return_exceptions=True)
    assert {type(each) for each in ended} == {NoAnswerError}
    service = await (await start(tmp_path / "state", env=env)).up()
    there = await listed(service)
    assert tally.orders
    assert {one: there.get(one) for one in tally.orders} == tally.orders
    async with ExecutionClient(service.target) as client:
        for order in [order for trader in traders for order in trader._sent[:10]]:
            assert (await client.submit(order)).order_id == there[order.operation_id]
    assert await listed(service) == there
    await service.stop()
    checked = await asyncio.to_thread(command, tmp_path, env, "db", "check")
    assert (checked["code"], checked["ok"]) == (0, True)
    assert checked["journal"]["examined"] == checked["projections"]["sequence"] > 100


async def test_the_password_is_shown_nowhere(
    tmp_path: Path, start: Start, postgres: PostgresServer, address: PostgresAddress
) -> None:
    async with Wire(postgres.socket, address) as wire:
        env = {"DATABASE_URL": wire.address.dsn}
        assert SECRET in env["DATABASE_URL"]
        service = await (await start(tmp_path / "state", env=env)).up()
        await submitted(service, "secret-1")
        assert len(await listed(service)) == 1
        seen = await asyncio.to_thread(arguments_of_projector, service)
        assert "app.projector" in seen
        refused = await (await start(tmp_path / "second", env=env)).ended()
        assert "another process writes to it" in refused.stderr
        doctor = await asyncio.to_thread(run_command, "doctor", folder=tmp_path, env=env)
        results = await service.stop()
        texts = [seen, service.output, refused.stderr, doctor.stdout, doctor.stderr]
    assert set(result_files(results)) == RESULT_FILES
    assert not [text for text in texts if SECRET in text]
    assert not files_with(tmp_path, SECRET)


def files_with(folder: Path, text: str) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file() and text.encode() in path.read_bytes()]


async def test_a_second_process_is_refused_and_told_who_leads(
    tmp_path: Path, start: Start, env: Mapping[str, str]
) -> None:
    first = await (await start(tmp_path / "first", env=env)).up()
    second = await (await start(tmp_path / "second", env=env)).ended()
    assert second.code == 1
    assert f"another process writes to it (process {pid_of(first)} on" in second.stderr
    assert "Traceback" not in second.stderr
    rebuilt = await asyncio.to_thread(command, tmp_path, env, "db", "rebuild")
    assert (rebuilt["code"], rebuilt["reason_code"]) == (1, "JOURNAL_UNAVAILABLE")
    assert (await asyncio.to_thread(command, tmp_path, env, "db", "check"))["ok"] is True
    assert await submitted(first, "still-1")
    await first.stop()


async def test_without_its_server_it_refuses_and_heals_by_itself_when_the_server_is_back(
    tmp_path: Path, start: Start, postgres: PostgresServer, env: Mapping[str, str]
) -> None:
    service = await (await start(tmp_path / "state", env=env)).up()
    before = await submitted(service, "before-1", "before-2")
    async with service.rest() as rest:
        order = {"instrument_key": LINEAR, "side": "BUY", "amount": "0.002", "strategy_id": "on-postgres"}
        rested = await rest.post("/api/orders", json={**order, "operation_id": "rests", "price": "30000"})
        before["rests"] = rested.json()["order_id"]
        assert await listed(service) == before
        postgres.kill()
        refused = await rest.post("/api/orders", json={**order, "operation_id": "during-0"})
        assert (refused.status_code, refused.json()["reason_code"]) == (503, "JOURNAL_UNAVAILABLE")
        canceled = await rest.delete("/api/orders/rests", headers={"X-Livexec": "1"})
        assert canceled.status_code == 200, canceled.text
        assert canceled.json()["status"] == "PENDING_CANCEL"
        halt = {"scope": "strategy", "scope_value": "on-postgres", "mode": "halt", "reason": "the journal is away"}
        halted = await rest.post("/api/control/halt", json=halt)
        assert halted.status_code == 200, halted.text
        body = {"operation_id": "during-1", "instrument_key": LINEAR, "side": "BUY", "amount": "0.002"}
        refused = await rest.post("/api/orders", json={**body, "strategy_id": "on-postgres"})
        assert (refused.status_code, refused.json()["reason_code"]) == (503, "JOURNAL_UNAVAILABLE")
        assert (await rest.get("/api/health")).status_code == 503
        assert (await rest.get("/api/orders")).status_code == 503
    postgres.start()
    during = await submitted(service, "during-1")
    assert await listed(service) == before | during
    async with service.rest() as rest:
        assert (await rest.get("/api/orders/during-1")).json()["rejection_reason"].startswith("halt: strategy")
        assert (await rest.get("/api/orders/rests")).json()["status"] == "CANCELED"
    assert service.is_running
    await service.stop()
    checked = await asyncio.to_thread(command, tmp_path, env, "db", "check")
    assert (checked["code"], checked["ok"], checked["projections"]["compared"]) == (0, True, True)


async def test_it_refuses_a_server_that_is_not_there(tmp_path: Path, start: Start) -> None:
    env = {"DATABASE_URL": f"postgresql://desk:{SECRET}@127.0.0.1:1/book"}
    ended = await (await start(tmp_path / "state", env=env)).ended()
    assert ended.code == 1
    assert "livexec did not start: postgresql://127.0.0.1:1/book: connect: " in ended.stderr
    assert SECRET not in ended.stderr
    assert "Traceback" not in ended.stderr


def test_upgrade_makes_the_tables_and_the_service_finds_them(
    tmp_path: Path, address: PostgresAddress, env: Mapping[str, str]
) -> None:
    made = command(tmp_path, env, "db", "upgrade")
    assert (made["code"], made["journal"]) == (0, address.name)
    assert behind(address, "SELECT count(*) AS n FROM journal") == [{"n": 0}]
    assert command(tmp_path, env, "db", "check")["ok"] is True
