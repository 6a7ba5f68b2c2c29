"""Positions, instruments, venues, the kill switch, health and metrics."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator

import httpx
import pytest
from prometheus_client import CollectorRegistry, Counter

from adapters.doors import StreamView
from adapters.http import HttpDoor, models
from adapters.http.attendance import StreamsAnswer
from adapters.http.models_positions import PositionsAnswer
from ports.commands import HaltMode, HaltScope, LiftHalt, RaiseHalt
from ports.values import StrategyId

from fakes.doors import JSON, Health, rest, service_over
from fakes.gateway import PERPETUAL, MemoryService, position


@pytest.fixture
def memory() -> MemoryService:
    return MemoryService()


@pytest.fixture
def health() -> Health:
    return Health()


@pytest.fixture
async def web(memory: MemoryService, health: Health) -> AsyncIterator[httpx.AsyncClient]:
    async with rest(service_over(memory, health)) as client:
        yield client


async def test_positions_are_filtered_and_flat_ones_left_out(web: httpx.AsyncClient, memory: MemoryService) -> None:
    memory.held = [position("s-1", "-0.50"), position("s-2", "0")]
    some = PositionsAnswer.model_validate((await web.get("/api/positions")).json())
    every = (await web.get("/api/positions?include_flat=true")).json()["positions"]
    none = (await web.get("/api/positions?account=elsewhere")).json()["positions"]
    assert [(each.strategy_id, each.quantity, each.fees) for each in some.positions] == [
        ("s-1", "-0.5", {"USDT": "0.02"})
    ]
    assert [each["strategy_id"] for each in every] == ["s-1", "s-2"]
    assert none == []


async def test_a_bad_instrument_key_is_named(web: httpx.AsyncClient) -> None:
    answer = await web.get("/api/positions?instrument_key=BTC")
    assert (answer.status_code, answer.json()["field"]) == (422, "instrument_key")


async def test_instruments_are_listed_in_the_contracts_units(web: httpx.AsyncClient) -> None:
    answer = models.InstrumentsAnswer.model_validate((await web.get("/api/instruments")).json())
    assert [(each.instrument_key, each.tick_size, each.max_quantity) for each in answer.instruments] == [
        (PERPETUAL, "0.1", "")
    ]
    assert (await web.get("/api/instruments?venue=OKX")).json()["instruments"] == []


async def test_venues_are_listed_by_name(web: httpx.AsyncClient) -> None:
    answer = models.VenuesAnswer.model_validate((await web.get("/api/venues")).json())
    assert [(each.venue, each.state) for each in answer.venues] == [
        ("BINANCE-FUTURES", "CONNECTED"),
        ("OKX", "CONNECTED"),
    ]


async def test_a_halt_and_a_resume_are_answered_with_every_halt_in_force(
    web: httpx.AsyncClient, memory: MemoryService
) -> None:
    body = {"scope": "strategy", "scope_value": "s-1", "mode": "cancel", "reason": "stale prices"}
    answer = await web.post("/api/control/halt", content=json.dumps(body), headers=JSON)
    said = models.ControlAnswer.model_validate(answer.json())
    assert (answer.status_code, said.changed, len(said.halts)) == (200, True, 1)
    back = json.dumps({"scope": "GLOBAL", "reason": "back"})
    assert (await web.post("/api/control/resume", content=back, headers=JSON)).status_code == 200
    halt, resume = memory.asked
    assert isinstance(halt, RaiseHalt)
    assert isinstance(resume, LiftHalt)
    assert (halt.scope, halt.value, halt.mode, halt.reason) == (
        HaltScope.STRATEGY,
        "s-1",
        HaltMode.CANCEL,
        "stale prices",
    )
    assert (resume.scope, resume.principal) == (HaltScope.GLOBAL, "local")


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"scope": "order", "reason": "x"}, "scope_value"),
        ({"scope": "planet", "reason": "x"}, "scope"),
        ({"scope": "global", "mode": "freeze", "reason": "x"}, "mode"),
        ({"scope": "global"}, "reason"),
        ({"scope": "global", "reason": "a\nb"}, "reason"),
        ({"scope": 1, "reason": "x"}, "scope"),
        ({"scope": "global", "reason": "x", "vlaue": "y"}, "vlaue"),
    ],
)
async def test_a_bad_halt_is_named_and_nobody_is_asked(
    body: dict[str, object], field: str, web: httpx.AsyncClient, memory: MemoryService
) -> None:
    answer = await web.post("/api/control/halt", content=json.dumps(body), headers=JSON)
    assert (answer.status_code, answer.json()["field"]) == (422, field)
    assert memory.asked == []


async def test_streams_say_who_is_there_and_who_is_awaited(web: httpx.AsyncClient, memory: MemoryService) -> None:
    here, gone = StrategyId("here"), StrategyId("gone")
    memory.attending = [
        StreamView(strategy_id=gone, open_streams=0, grace_ms=0, cancel_at_ns=17),
        StreamView(strategy_id=here, open_streams=2, grace_ms=500, cancel_at_ns=None),
    ]
    said = StreamsAnswer.model_validate((await web.get("/api/streams")).json()).streams
    assert [(one.strategy_id, one.open_streams, one.grace_ms, one.cancel_at_ns) for one in said] == [
        ("gone", 0, 0, 17),
        ("here", 2, 500, 0),
    ]


@pytest.mark.parametrize("path", ["/api/health", "/api/live/health"])
async def test_health_names_the_part_that_is_not(path: str, web: httpx.AsyncClient, health: Health) -> None:
    well = await web.get(path)
    health.parts["journal"] = False
    unwell = await web.get(path)
    assert (well.status_code, well.json()["status"]) == (200, "healthy")
    assert (unwell.status_code, unwell.json()["status"]) == (503, "unhealthy")
    said = models.HealthAnswer.model_validate(unwell.json())
    assert [part.name for part in said.parts if not part.healthy] == ["journal"]


async def test_metrics_are_those_of_the_registry_given(memory: MemoryService) -> None:
    registry = CollectorRegistry()
    Counter("orders_seen", "Orders seen", registry=registry).inc(3)
    door = HttpDoor(service_over(memory), port=0, registry=registry)
    port = await door.start()
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", trust_env=False) as web:
        answer = await web.get("/metrics")
    await door.stop(0.1)
    assert "orders_seen_total 3.0" in answer.text
    assert answer.headers["content-type"].startswith("text/plain")
