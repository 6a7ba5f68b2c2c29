"""Starting, refusing to start, stopping under traffic, and going on where it stopped."""

from __future__ import annotations

import asyncio
import json
import signal
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import grpc
import pyarrow.parquet as pq
import pytest

from adapters.sql import SqliteJournalReader
from app.session_results import read_entries
from end_to_end.conftest import Start
from end_to_end.process import RESULT_FILES, Service, result_files, run_command
from end_to_end.traders import LINEAR, SPOT, Tally
from livexec.client import ExecutionClient, Order
from livexec.v1.execution_pb2_grpc import ExecutionServiceStub
from ports.facts import OrderRecorded
from ports.journal import Entry

CALLERS = 8
BEFORE_STOP = 150
OUT_OF_REACH = {grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.CANCELLED}  # nothing is known: ask again


@pytest.fixture
def taken() -> Iterator[int]:
    """Return a port that somebody else listens on."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield listener.getsockname()[1]


async def test_a_second_process_on_one_state_folder_is_refused_and_the_first_goes_on(
    tmp_path: Path, start: Start
) -> None:
    first = await (await start(tmp_path / "state")).up()
    second = await (await start(tmp_path / "state")).ended()
    assert (second.code, second.stdout) == (1, "")
    assert "livexec did not start" in second.stderr
    assert "another process writes to it" in second.stderr
    assert "stop that one first" in second.stderr
    assert "Traceback" not in second.stderr
    async with first.rest() as rest:
        assert (await rest.get("/api/health")).status_code == 200
    await first.stop()


@pytest.mark.parametrize("door", ["http", "grpc"])
async def test_a_taken_port_is_named_and_ends_the_start(door: str, taken: int, tmp_path: Path, start: Start) -> None:
    ports = {"http": 0, "grpc": 0, door: taken}
    options = [text for name, port in ports.items() for text in (f"--{name}-port", str(port))]
    ended = await (await start(tmp_path / "state", *options)).ended()
    assert (ended.code, ended.stdout) == (1, "")
    assert "livexec did not start" in ended.stderr
    assert str(taken) in ended.stderr
    assert "Traceback" not in ended.stderr
    if door == "grpc":  # the last that is opened: the refused start has left nothing locked
        await (await (await start(tmp_path / "state")).up()).stop()


async def test_sigterm_during_traffic_loses_no_answer_and_writes_the_five_files(tmp_path: Path, start: Start) -> None:
    service = await (await start(tmp_path / "state")).up()
    tally = Tally()
    async with asyncio.TaskGroup() as group:
        callers = [group.create_task(submit_until_refused(service, number, tally)) for number in range(CALLERS)]
        await tally.more(2 * BEFORE_STOP)
        service.terminate()
    refusals = [caller.result() for caller in callers]
    ended = await service.ended()
    assert ended.code == 0, ended.stderr
    assert {refusal.code() for refusal in refusals} <= OUT_OF_REACH
    assert "Traceback" not in ended.stderr
    assert (ended.stdout, "stopped; results of this session" in ended.stderr) == ("", True)
    entries = await entries_of(tmp_path / "state")
    recorded: dict[str, str] = {
        entry.fact.operation_id: entry.fact.order_id for entry in entries if isinstance(entry.fact, OrderRecorded)
    }
    assert len(tally.orders) >= BEFORE_STOP - CALLERS
    assert {name: recorded.get(name) for name in tally.orders} == tally.orders
    results = await service.results()
    assert set(result_files(results)) == RESULT_FILES
    on_file = {row["operation_id"]: row["id"] for row in pq.read_table(results / "orders.parquet").to_pylist()}
    assert on_file == recorded
    assert json.loads((results / "summary.json").read_bytes())["summary"]["orders"] == len(recorded)


async def test_a_restart_goes_on_with_the_same_book(tmp_path: Path, start: Start) -> None:
    market = Order(operation_id="kept-1", instrument_key=LINEAR, side="BUY", amount="0.2", strategy_id="kept")
    halted = Order(operation_id="kept-2", instrument_key=LINEAR, side="BUY", amount="0.2", strategy_id="stopped")
    service = await (await start(tmp_path / "state")).up()
    async with ExecutionClient(service.target) as client:
        before = await client.submit(market)
        await filled(client, "kept-1")
        held = await client.positions(strategy_id="kept", min_sequence=before.sequence)
        assert await client.halt("STRATEGY", "stopped", "over the weekend")
        await client.submit(resting("rests-1"))
        await update_of(client, "rests-1", "OrderAcknowledged")
    await service.stop()
    service = await (await start(tmp_path / "state")).up()
    async with ExecutionClient(service.target) as client:
        await update_of(client, "rests-1", "OrderCanceled")  # a paper venue's orders end with it
        after = await client.submit(market)
        assert (after.order_id, after.status, after.filled_amount) == (before.order_id, "FILLED", before.amount)
        assert after.decision_id == before.decision_id
        kept = await client.positions(strategy_id="kept", min_sequence=after.sequence)
        assert [(one.quantity, one.average_entry_price) for one in kept] == [
            (one.quantity, one.average_entry_price) for one in held
        ]
        refused = await client.submit(halted)
        assert (refused.status, refused.reason_code) == ("REJECTED", "RISK_HALT")
        assert "over the weekend" in refused.error_message
        assert await client.resume("STRATEGY", "stopped", "monday")
        halted.operation_id = "kept-3"
        assert (await client.submit(halted)).status != "REJECTED"
        await filled(client, "kept-3")
    await service.stop()
    checked = await asyncio.to_thread(check_database, tmp_path)
    assert checked["ok"] is True


async def test_working_orders_are_canceled_at_the_stop_where_that_is_configured(tmp_path: Path, start: Start) -> None:
    config = tmp_path / "config.json"
    config.write_text(json.dumps({"shutdown": {"cancel_working_orders": True}}))
    service = await (await start(tmp_path / "state", "--config", str(config))).up()
    async with ExecutionClient(service.target) as client:
        await client.submit(resting("rests-2"))
        await update_of(client, "rests-2", "OrderAcknowledged")
    results = await service.stop()
    (row,) = pq.read_table(results / "orders.parquet").to_pylist()
    assert (row["operation_id"], row["status"]) == ("rests-2", "CANCELED")


async def test_ctrl_c_stops_it_in_good_order_too(tmp_path: Path, start: Start) -> None:
    service = await (await start(tmp_path / "state")).up()
    service.signal(signal.SIGINT)
    ended = await service.ended()
    assert (ended.code, ended.stdout) == (0, "")
    assert set(result_files(await service.results())) == RESULT_FILES


@pytest.mark.parametrize(
    ("moment", "number"),
    [("book open at", signal.SIGINT), ("connecting venues", signal.SIGTERM)],
    ids=["Ctrl-C with the book open", "SIGTERM before the venues are there"],
)
async def test_it_can_be_stopped_while_it_starts(
    moment: str, number: signal.Signals, tmp_path: Path, start: Start
) -> None:
    service = await start(tmp_path / "state")
    await service.said(moment)
    service.signal(number)
    ended = await service.ended()
    assert ended.code == 0, ended.stderr
    assert "Traceback" not in ended.stderr


@pytest.mark.slow
async def test_run_scripted_tells_what_happened_and_goes_on_serving(tmp_path: Path, start: Start) -> None:
    service = await (await start(tmp_path / "state", "--scripted")).up()
    await service.said(r"^orders and positions are on http://")
    assert "surprise" not in service.output
    told = {
        line.split()[0]: int(line.split()[1]) for line in service.lines if line.endswith(" orders") and line[0] == " "
    }
    assert {"FILLED", "CANCELED", "REJECTED"} <= told.keys()
    async with service.rest() as rest:
        assert (await rest.get("/api/health")).json()["status"] == "healthy"
        listed = (await rest.get("/api/orders?limit=1000")).json()["orders"]
        assert sum(told.values()) == len([one for one in listed if not one["parent_operation_id"]])  # children apart
    await service.stop()


async def test_a_scripted_run_can_be_stopped_in_the_middle(tmp_path: Path, start: Start) -> None:
    service = await (await start(tmp_path / "state", "--scripted")).up()
    await service.said(r"^working a scripted book")
    service.signal(signal.SIGINT)
    ended = await service.ended()
    assert ended.code == 0, ended.stderr
    assert "orders and positions are on" not in ended.stderr  # it did not go on to the script's end
    assert "Traceback" not in ended.stderr
    assert set(result_files(await service.results())) == RESULT_FILES


async def submit_until_refused(service: Service, caller: int, tally: Tally) -> grpc.aio.AioRpcError:
    """Submit one order after another, without repeating any, and return what ended it."""
    async with grpc.aio.insecure_channel(service.target) as channel:
        stub: Any = ExecutionServiceStub(channel)
        for number in range(100_000):
            order = Order(
                operation_id=f"caller-{caller}-{number}",
                instrument_key=SPOT if number % 2 else LINEAR,
                side="BUY" if number % 4 < 2 else "SELL",
                amount="0.001",
                strategy_id=f"caller-{caller}",
            )
            try:
                async with tally.asking("submit"):
                    result = await stub.SubmitOrder(order, timeout=30)
            except grpc.aio.AioRpcError as refusal:
                return refusal
            tally.orders[result.operation_id] = result.order_id
    raise AssertionError("it was never refused")


def resting(operation_id: str) -> Order:
    """Return an order that is far from the market."""
    return Order(
        operation_id=operation_id, instrument_key=SPOT, side="BUY", amount="0.01", price="30000", strategy_id="rests"
    )


async def filled(client: ExecutionClient, operation_id: str) -> None:
    """Wait until an order is filled."""
    await update_of(client, operation_id, "OrderFilled")


async def update_of(client: ExecutionClient, operation_id: str, kind: str) -> None:
    async with asyncio.timeout(30):
        async for update in client.watch(0, operation_id=operation_id):
            if update.kind == kind and (kind != "OrderFilled" or update.result.status == "FILLED"):
                return


async def entries_of(folder: Path) -> list[Entry]:
    reader = SqliteJournalReader(folder / "livexec.db")
    await reader.open()
    try:
        return await read_entries(reader, 0)
    finally:
        await reader.close()


def check_database(folder: Path) -> dict[str, Any]:
    """Ask `livexec db check` about the book in `folder/state`."""
    config = folder / "check.json"
    config.write_text(json.dumps({"state_dir": str(folder / "state")}))
    return run_command("db", "check", "--config", config, "--json", folder=folder).document
