"""A live process that is frozen: its venue takes its orders back without it, and it hears of that when it wakes."""

from __future__ import annotations

import json
import signal
from pathlib import Path

from chaos.grounds import GROUNDS
from end_to_end.conftest import Start

from simulators.process import SimulatedVenue

WITHIN_S = 10
SILENT_S = 20  # Bybit begins to wait when a connection has said nothing for so long


async def test_the_orders_of_a_frozen_process_are_taken_back_by_the_venue(tmp_path: Path, start: Start) -> None:
    ground = GROUNDS["bybit"]
    venue = await SimulatedVenue.start(ground.site.name)
    given = ground.config(venue)
    (client,) = given["trading_node"]["exec_clients"]
    client["dead_man_s"] = WITHIN_S
    config = tmp_path / "config.json"
    config.write_text(json.dumps(given))
    try:
        service = await (await start(tmp_path / "state", "--config", str(config))).up()
        async with service.rest() as web:
            while not (await web.get("/api/venues")).json()["venues"][0]["dead_man_s"]:
                pass
            body = {"operation_id": "left", "strategy_id": "alone", "instrument_key": ground.bitcoin, "side": "BUY"}
            await web.post("/api/orders", json={**body, "amount": "0.01", "price": "59000"})
            while (await web.get("/api/orders/left")).json().get("status") != "ACCEPTED":
                pass
            service.signal(signal.SIGSTOP)
            await venue.command("clock", offset_ms=(SILENT_S + WITHIN_S) * 1_000)
            assert await statuses(venue) == ["CANCELED"]
            service.signal(signal.SIGCONT)
            await venue.command("clock", offset_ms=0)
            while (await web.get("/api/orders/left")).json().get("status") != "CANCELED":
                pass
    finally:
        await venue.stop()


async def statuses(venue: SimulatedVenue) -> list[str]:
    return [one["status"] for one in (await venue.look("orders"))["orders"]]
