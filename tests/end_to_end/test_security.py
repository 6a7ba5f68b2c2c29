"""Nobody comes in without a token where tokens are configured, nothing tells one, and no door opens to strangers."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest

from end_to_end.conftest import Start
from end_to_end.process import run_command
from end_to_end.traders import SPOT
from livexec.client import ExecutionClient, Order, RefusedError

TOKEN = "a-token-of-the-desk-0123456789"
GUESS = "a-token-of-nobody-9876543210"
VARIABLE = "DESK_TOKEN"
ORDER = Order(
    operation_id="kept-out-1", instrument_key=SPOT, side="BUY", amount="0.01", price="30000", strategy_id="desk"
)


def configured(folder: Path, **doors: object) -> str:
    config = folder / "config.json"
    config.write_text(json.dumps({"doors": {"http_port": 0, "grpc_port": 0, **doors}}))
    return str(config)


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1", "example.com"])
def test_it_listens_to_other_machines_only_with_tokens(host: str, tmp_path: Path) -> None:
    ended = run_command("run", "--config", configured(tmp_path, host=host), folder=tmp_path)
    assert (ended.code, ended.stdout) == (1, "")
    assert host in ended.stderr
    assert "token" in ended.stderr
    assert "Traceback" not in ended.stderr
    assert sorted(path.name for path in tmp_path.iterdir()) == ["config.json"]


async def test_both_doors_want_the_token_and_nothing_ever_tells_it(tmp_path: Path, start: Start) -> None:
    config = configured(tmp_path, tokens={"desk": f"${{{VARIABLE}}}"})
    service = await (await start(tmp_path / "state", "--config", config, env={VARIABLE: TOKEN})).up()
    said = []
    for token in (None, GUESS):
        async with service.rest(token) as rest, ExecutionClient(service.target, token) as client:
            for path in ("/api/orders", "/api/positions", "/api/events?after=0", "/api/venues", "/metrics"):
                answer = await rest.get(path)
                assert answer.status_code == 401, path
                said.append(answer.text)
            answer = await rest.post("/api/orders", json={"operation_id": "kept-out-2"})
            assert answer.status_code == 401
            with pytest.raises(RefusedError) as caught:
                await client.submit(ORDER)
            assert caught.value.status == "UNAUTHENTICATED"
            with pytest.raises(RefusedError):
                await client.halt("GLOBAL", "", "a stranger's wish")
            with pytest.raises(RefusedError):
                await anext(client.watch(0))
            said += [answer.text, str(caught.value)]
    async with service.rest(TOKEN) as rest, ExecutionClient(service.target, TOKEN) as client:
        assert (await rest.get("/api/orders/kept-out-1")).status_code == 404
        assert (await rest.get("/api/health")).status_code == 200
        result = await client.submit(ORDER)
        order = (await rest.get(f"/api/orders/kept-out-1?min_sequence={result.sequence}")).json()
        assert order["order_id"] == result.order_id
        assert order["timeline"][0]["details"]["principal"] == "desk"
    shown = await asyncio.to_thread(
        run_command,
        "order",
        "kept-out-1",
        "--url",
        service.url,
        "--json",
        folder=tmp_path,
        env={"LIVEXEC_TOKEN": TOKEN},
    )
    refused = await asyncio.to_thread(run_command, "orders", "--url", service.url, "--json", folder=tmp_path)
    assert (shown.code, refused.code) == (0, 1)
    assert refused.document["reason_code"] == "UNAUTHENTICATED"
    await service.stop()
    ended = await service.ended()
    files = {path: path.read_bytes() for path in (tmp_path / "state").rglob("*") if path.is_file()}
    assert len(files) > 5
    for text in (TOKEN, GUESS):
        everything = [*said, ended.stdout, ended.stderr, shown.stdout, shown.stderr, refused.stdout, refused.stderr]
        assert not [said for said in everything if text in said]
        assert not [path for path, content in files.items() if text.encode() in content]
