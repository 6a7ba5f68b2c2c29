"""What operators put right in the real process: positions, breaks and limits, before and after it dies."""

from __future__ import annotations

import asyncio
import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import grpc
import httpx

from end_to_end.conftest import Start
from end_to_end.record import assert_the_record_is_sound, command, update_of
from end_to_end.traders import LINEAR, SPOT
from livexec.client import ExecutionClient, Order
from livexec.v1 import control_pb2 as pb
from livexec.v1 import execution_pb2
from livexec.v1.control_pb2_grpc import ControlServiceStub
from livexec.v1.execution_pb2_grpc import ExecutionServiceStub

ACCOUNT = "PAPER-BINANCE-FUTURES"
JSON = {"Content-Type": "application/json"}
HELD = {"account": ACCOUNT, "instrument_key": LINEAR, "price": "60000", "reason": "the clearer's statement"}
OPENING = {**HELD, "adjustment_id": "open-1", "kind": "OPENING", "strategy_id": "old", "quantity": "1.5"}
TRANSFER = {**HELD, "transfer_id": "move-1", "from_strategy": "old", "to_strategy": "new", "quantity": "0.5"}


async def test_positions_are_put_right_once_for_ever(tmp_path: Path, start: Start) -> None:
    service = await (await start(tmp_path / "state")).up()
    async with ExecutionClient(service.target) as client, service.rest() as rest:
        await client.submit(market("put-1"))
        reached = await update_of(client, "put-1", "OrderFilled")
        bought = await client.order("put-1", min_sequence=reached)
        assert bought is not None
        assert await changed(rest, "/api/positions/adjust", OPENING)
        assert await changed(rest, "/api/positions/transfer", TRANSFER)
        bust, *more = [  # one trade, or more where the market was thin just then
            {"account": ACCOUNT, "instrument_key": LINEAR, "trade_id": fill.fill_id, "reason": "annulled"}
            for fill in bought.fills
        ]
        for each in (bust, *more):
            assert await changed(rest, "/api/trades/bust", each)
        strange = await rest.post("/api/trades/bust", content=json.dumps(bust | {"trade_id": "x"}), headers=JSON)
        assert (strange.status_code, strange.json()["field"]) == (404, "trade_id")
        assert await held(rest) == {"old": "1", "new": "0.5", "buyer": "0"}
        (busted,) = await client.positions(strategy_id="buyer", include_flat=True)
        assert [fee for fee in busted.fees.values() if fee] == []
        after = await client.order("put-1")
        assert after is not None
        assert (after.status, after.fills) == ("FILLED", bought.fills)  # the order stays as it ended
        exposure = (await rest.get("/api/exposure")).json()
        new, old = exposure["by_strategy"]
        assert (old["group"], new["group"]) == ("old", "new")
        assert Decimal(old["net"]) == 2 * Decimal(new["net"]) > 0
        assert Decimal(exposure["total"]["gross"]) == Decimal(old["gross"]) + Decimal(new["gross"])
    service.kill()
    await service.ended()
    service = await (await start(tmp_path / "state")).up()
    async with service.rest() as rest:
        assert await held(rest) == {"old": "1", "new": "0.5", "buyer": "0"}
        for path, body in (
            ("/api/positions/adjust", OPENING),
            ("/api/positions/transfer", TRANSFER),
            ("/api/trades/bust", bust),
        ):
            assert not await changed(rest, path, body)
        assert await held(rest) == {"old": "1", "new": "0.5", "buyer": "0"}
    await service.stop()
    await assert_the_record_is_sound(tmp_path / "state")


async def test_a_break_waits_for_a_persons_word_and_is_closed_for_ever(tmp_path: Path, start: Start) -> None:
    service = await (await start(tmp_path / "state")).up()
    async with ExecutionClient(service.target) as client:
        await client.submit(
            Order(
                operation_id="rests-1", instrument_key=SPOT, side="BUY", amount="0.01", price="30000", strategy_id="s"
            )
        )
        await update_of(client, "rests-1", "OrderAcknowledged")
    service.kill()
    await service.ended()
    service = await (await start(tmp_path / "state")).up()
    async with ExecutionClient(service.target) as client:
        await update_of(client, "rests-1", "OrderCanceled")  # the paper venue died with the process
    at = ("--url", service.url, "--json")
    (one,) = (await command(tmp_path, "breaks", *at))["breaks"]
    assert (one["kind"], one["operation_id"], one["instrument_key"]) == ("GONE_FROM_VENUE", "rests-1", SPOT)
    assert "CORRECTION" in one["remedy"]
    async with grpc.aio.insecure_channel(service.target) as channel:
        control: Any = ControlServiceStub(channel)
        listed = await control.ListBreaks(pb.ListBreaksRequest(venue="BINANCE-SPOT"))
        assert [each.break_id for each in listed.breaks] == [one["break_id"]]
        settled = await control.ResolveBreak(pb.ResolveBreakRequest(break_id=one["break_id"], how="paper venue died"))
        assert (settled.status, settled.principal) == ("SETTLED", "local")
    assert (await command(tmp_path, "breaks", *at))["breaks"] == []
    await service.stop()
    service = await (await start(tmp_path / "state")).up()
    assert (await command(tmp_path, "breaks", "--url", service.url, "--json"))["breaks"] == []
    (kept,) = (await command(tmp_path, "breaks", "--settled", "--url", service.url, "--json"))["breaks"]
    assert (kept["break_id"], kept["resolution"]) == (one["break_id"], "paper venue died")
    history = (await command(tmp_path, "positions", "history", "--url", service.url, "--json"))["changes"]
    assert history == []  # nothing of it has traded
    await service.stop()


async def test_limits_changed_live_hold_until_the_next_start(tmp_path: Path, start: Start) -> None:
    config = tmp_path / "config.json"
    config.write_text(json.dumps({"risk_engine": {"max_order_value": "100000.50"}}))
    service = await (await start(tmp_path / "state", "--config", str(config))).up()
    printed = await command(tmp_path, "limits", "--url", service.url, "--json")
    assert printed["limits"]["max_order_value"] == "100000.5"
    printed["limits"]["max_order_value"] = "0.01"
    (tmp_path / "limits.json").write_text(json.dumps(printed))
    done = await command(tmp_path, "limits", "set", "limits.json", "--reason", "quiet", "--url", service.url, "--json")
    assert done["changed"] is True
    async with ExecutionClient(service.target) as client:
        refused = await client.submit(market("tight-1"))
        assert (refused.status, refused.reason_code) == ("REJECTED", "RISK_MAX_ORDER_VALUE")
    await service.stop()
    service = await (await start(tmp_path / "state", "--config", str(config))).up()
    async with ExecutionClient(service.target) as client, service.rest() as rest:
        assert (await rest.get("/api/risk/limits")).json()["limits"]["max_order_value"] == "100000.5"
        assert (await client.submit(market("loose-1"))).status != "REJECTED"
        await update_of(client, "loose-1", "OrderFilled")
    async with grpc.aio.insecure_channel(service.target) as channel:
        execution: Any = ExecutionServiceStub(channel)
        whole = await execution.GetExposure(execution_pb2.GetExposureRequest(group_by="STRATEGY"))
        assert [each.group for each in whole.groups] == ["buyer"]
        assert (whole.total.unpriced, whole.currency) == (0, "USD")
    await service.stop()


def market(operation_id: str) -> Order:
    return Order(operation_id=operation_id, instrument_key=LINEAR, side="BUY", amount="0.2", strategy_id="buyer")


async def changed(rest: httpx.AsyncClient, path: str, body: dict[str, str]) -> bool:
    answer = await rest.post(path, content=json.dumps(body), headers=JSON)
    assert answer.status_code == 200, answer.text
    return bool(answer.json()["changed"])


async def held(rest: httpx.AsyncClient) -> dict[str, str]:
    """Return what every strategy holds of the one instrument, flat ones too."""
    sequence = (await rest.get("/api/breaks")).json()["sequence"]  # what is durable now
    query = {"include_flat": "true", "instrument_key": LINEAR, "min_sequence": sequence}
    async with asyncio.timeout(60):
        while (answer := await rest.get("/api/positions", params=query)).status_code == 504:
            continue  # it waited for the tables itself, and a busy machine is later than that
    return {one["strategy_id"]: one["quantity"] for one in answer.json()["positions"]}
