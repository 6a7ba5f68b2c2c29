"""`livexec kill` while the service hangs: the venue is cleared, and the service finds itself halted when it wakes."""

from __future__ import annotations

import json
import signal
from pathlib import Path

import pytest

from chaos.grounds import GROUNDS
from end_to_end.conftest import Start
from end_to_end.process import run_command

from simulators.process import SimulatedVenue

ORDERS = 5


async def test_what_a_hanging_service_left_open_is_taken_back_and_it_wakes_up_halted(
    tmp_path: Path, start: Start
) -> None:
    ground = GROUNDS["binance_futures"]
    venue = await SimulatedVenue.start(ground.site.name)
    config = tmp_path / "config.json"
    config.write_text(json.dumps(ground.config(venue)))
    state = ("--state-dir", tmp_path / "state", "--config", config)
    try:
        service = await (await start(tmp_path / "state", "--config", str(config))).up()
        async with service.rest() as web:
            body = {"instrument_key": ground.bitcoin, "side": "BUY", "amount": "0.01", "price": "59000"}
            body["strategy_id"] = "left-alone"
            for number in range(ORDERS):
                placed = (await web.post("/api/orders", json={**body, "operation_id": f"resting-{number}"})).json()
                while placed["status"] != "ACCEPTED":
                    placed = (await web.get(f"/api/orders/resting-{number}")).json()
            service.signal(signal.SIGSTOP)
            killed = run_command("kill", "--reason", "it hangs", *state, "--json", folder=tmp_path)
            assert killed.code == 0, killed.stderr
            (account,) = killed.document["accounts"]
            assert (account["found"], account["left"], account["problem"]) == (ORDERS, 0, "")
            assert "simulated-secret" not in killed.stdout + killed.stderr
            service.signal(signal.SIGCONT)
            for number in range(ORDERS):
                order = (await web.get(f"/api/orders/resting-{number}")).json()
                while order["status"] != "CANCELED":
                    order = (await web.get(f"/api/orders/resting-{number}")).json()
            while not (halts := (await web.get("/api/status")).json()["halts"]):
                pass
            assert [(each["scope"], each["mode"], each["reason"]) for each in halts] == [
                ("GLOBAL", "CANCEL", "it hangs")
            ]
            refused = (await web.post("/api/orders", json={**body, "operation_id": "afterwards"})).json()
            assert (refused["status"], refused["reason_code"]) == ("REJECTED", "RISK_HALT")
    finally:
        await venue.stop()


@pytest.mark.parametrize(
    ("config", "options", "names"),
    [({}, [], "mode"), (None, ["--account", "NOBODY"], "--account")],
)
async def test_what_cannot_be_cleared_is_named_and_the_halt_is_left_all_the_same(
    tmp_path: Path, config: dict[str, object] | None, options: list[str], names: str
) -> None:
    ground = GROUNDS["binance_futures"]
    venue = await SimulatedVenue.start(ground.site.name)
    try:
        path = tmp_path / "config.json"
        path.write_text(json.dumps(ground.config(venue) if config is None else config))
        where = ("--config", path, "--state-dir", tmp_path / "state")
        refused = run_command("kill", "--reason", "a drill", *where, *options, "--json", folder=tmp_path)
    finally:
        await venue.stop()
    assert refused.code != 0
    assert refused.document["field"] == names
    assert (tmp_path / "state" / "HALT").read_text() == "cancel a drill\n"
