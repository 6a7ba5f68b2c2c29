"""The backtest service: replays begun, watched, listed and read over REST, and taken up again after a kill."""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from pydantic import BaseModel

from adapters.doors.auth import Authenticator
from adapters.http.models_replays import ReplayAnswer, ReplayHealthAnswer, ReplaysAnswer
from adapters.http.replays import FIELDS, ReplayDoor
from app.backtest_server import jobs as jobs_module
from app.backtest_server.jobs import ReplayJobs
from app.backtest_server.records import FOLDER, JobFiles
from app.backtest_server.server import read_request
from app.settings import Settings
from ports.errors import InvalidInputError
from ports.secrets import Secret
from ports.values import Principal

from fakes.doors import TOKEN
from fakes.replays import DAYS, write_signals, write_ticks

CHANGES = 4


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("recorded")
    for day in DAYS:
        write_signals(root, day)
        write_ticks(root, day)
    return root


def asked(recorded: Path, out: Path, **more: Any) -> Mapping[str, Any]:
    places = {"signals": str(recorded), "ticks": str(recorded), "out": str(out)}
    return {**places, "days": f"{DAYS[0]}..{DAYS[1]}", "strategies": ["momentum"], "size": "0.5", **more}


@asynccontextmanager
async def serving(state: Path, *, working: bool = True, tokens: bool = False) -> AsyncIterator[httpx.AsyncClient]:
    """Serve over REST; without `working`, replays are taken and wait."""
    settings = Settings(state_dir=state)
    jobs = ReplayJobs(JobFiles(state), lambda given: read_request(given, settings), at_once=1)
    auth = Authenticator({Principal("trader"): Secret(TOKEN)} if tokens else None)
    door = ReplayDoor(jobs, auth, "127.0.0.1", 0)
    port = await door.start()
    if working:
        jobs.begin_working()
    try:
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", trust_env=False, timeout=60) as client:
            yield client
    finally:
        await door.stop(0.1)
        await jobs.stop()


async def ended(client: httpx.AsyncClient, run_id: str) -> Mapping[str, Any]:
    """Return a replay as soon as it has ended."""
    while True:
        job: Mapping[str, Any] = (await client.get(f"/api/replays/{run_id}?wait_secs=30")).json()
        if job["state"] in ("DONE", "FAILED"):
            return job


async def test_a_replay_survives_its_server_and_is_read_to_the_last_row(recorded: Path, tmp_path: Path) -> None:
    state, body = tmp_path / "state", asked(recorded, tmp_path / "out")
    async with serving(state) as client:
        begun = await client.post("/api/replays", json=body)
        assert begun.status_code == 201, begun.text
        run_id = begun.json()["run_id"]
        early = await client.get(f"/api/replays/{run_id}/orders")
        assert (early.status_code, early.json()["field"]) == (404, "run_id")
    # The server is gone while its replay waits or works; another one takes it up.
    async with serving(state) as client:
        again = await client.post("/api/replays", json=body)
        assert (again.status_code, again.json()["run_id"]) == (200, run_id)
        job = await ended(client, run_id)
        assert (job["state"], job["tasks"], job["done"], job["error"]) == ("DONE", 2, 2, "")
        assert job["outcome"]["ok"]
        rows = {}
        for table in ("orders", "fills", "positions", "equity"):
            first = (await client.get(f"/api/replays/{run_id}/{table}?limit=3")).json()
            rest = (await client.get(f"/api/replays/{run_id}/{table}?after=3&limit=10000")).json()
            rows[table] = first["rows"] + rest["rows"]
            assert len(rows[table]) == first["all"]
        summary = (await client.get(f"/api/replays/{run_id}/summary")).json()
        assert summary["summary"] == job["outcome"]["summary"]
        assert (summary["summary"]["fills"], len(rows["fills"])) == (4 * CHANGES * 2, 4 * CHANGES * 2)
        assert [each["run_id"] for each in (await client.get("/api/replays")).json()["replays"]] == [run_id]
        health = (await client.get("/api/health")).json()
        assert (health["status"], health["service"], health["replays"]) == ("healthy", "backtest", {"DONE": 1})


async def test_its_door_is_described_as_it_answers(recorded: Path, tmp_path: Path) -> None:
    async with serving(tmp_path / "state", working=False, tokens=True) as client:
        document = (await client.get("/openapi.json")).json()
        page = await client.get("/docs")
        client.headers["Authorization"] = f"Bearer {TOKEN}"
        begun = await client.post("/api/replays", json=asked(recorded, tmp_path / "out"))
        told: Mapping[type[BaseModel], httpx.Response] = {
            ReplayAnswer: begun,
            ReplaysAnswer: await client.get("/api/replays"),
            ReplayHealthAnswer: await client.get("/api/health"),
        }
    assert {path: set(methods) for path, methods in document["paths"].items()} == {
        "/api/health": {"get"},
        "/api/replays": {"get", "post"},
        "/api/replays/{run_id}": {"get"},
        "/api/replays/{run_id}/{table}": {"get"},
    }
    assert set(document["components"]["schemas"]["ReplayBody"]["properties"]) == set(FIELDS)
    assert page.headers["content-type"].startswith("text/html")
    for path in document["paths"]:
        assert path in page.text
    for model, answered in told.items():
        model.model_validate(answered.json())


async def test_no_more_wait_than_may(recorded: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jobs_module, "MOST_WAITING", 1)
    async with serving(tmp_path / "state", working=False) as client:
        first = await client.post("/api/replays", json=asked(recorded, tmp_path / "out"))
        full = await client.post("/api/replays", json=asked(recorded, tmp_path / "out", seed=1))
        assert (first.status_code, full.status_code) == (201, 429)
        assert (await client.get("/api/health")).json()["replays"] == {"QUEUED": 1}


async def test_a_process_that_talks_nonsense_fails_its_replay_and_holds_up_no_other(
    recorded: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jobs_module, "_COMMAND", (sys.executable, "-c", "print('nonsense')"))
    async with serving(tmp_path / "state") as client:
        for seed in (0, 1):
            begun = await client.post("/api/replays", json=asked(recorded, tmp_path / "out", seed=seed))
            job = await ended(client, begun.json()["run_id"])
            assert (job["state"], job["tasks"]) == ("FAILED", 2)
            assert job["error"]


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"days": "yesterday"}, "days"),
        ({"size": "much"}, "size"),
        ({"workers": 0}, "workers"),
        ({"signals": "/nowhere", "strategies": []}, "signals"),
        ({"instruments": ["BTC"]}, "instrument_key"),
        ({"sise": "1"}, "sise"),
    ],
)
async def test_what_is_wrong_is_named(recorded: Path, tmp_path: Path, change: dict[str, Any], field: str) -> None:
    async with serving(tmp_path, working=False) as client:
        refused = await client.post("/api/replays", json=asked(recorded, tmp_path, **change))
        assert (refused.status_code, refused.json()["field"]) == (422, field)
        missing = await client.get("/api/replays/NOBODY")
        assert (missing.status_code, missing.json()["field"]) == (404, "run_id")


async def test_who_has_no_token_begins_nothing(recorded: Path, tmp_path: Path) -> None:
    async with serving(tmp_path, working=False, tokens=True) as client:
        assert (await client.post("/api/replays", json=asked(recorded, tmp_path))).status_code == 401
        assert (await client.get("/api/health")).status_code == 200


async def test_a_record_that_is_damaged_is_named(tmp_path: Path) -> None:
    (tmp_path / FOLDER).mkdir()
    (tmp_path / FOLDER / "RUN.json").write_text("{")
    with pytest.raises(InvalidInputError, match=r"RUN\.json"):
        async with serving(tmp_path, working=False):
            pass
