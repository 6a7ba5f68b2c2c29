"""The user's own configuration, comments and all: what it needs is named, and what is not there yet is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from end_to_end.process import run_command

NEEDED = ("BINANCE_SPOT_API_KEY", "BINANCE_SPOT_API_SECRET", "DERIBIT_API_KEY", "DERIBIT_API_SECRET")
SET = {name: f"text-of-{name.lower()}" for name in NEEDED}
LIKE_THE_USERS = """{
    "trading_node": {
        "data_clients": [
            {"name": "BINANCE_SPOT", "api_key": "${BINANCE_SPOT_API_KEY}", "api_secret": "${BINANCE_SPOT_API_SECRET}"}
        ],
        "exec_clients": [
            // Same as data_clients
        ]
    },
    "external_adapters": {"DERIBIT": {"api_key": "${DERIBIT_API_KEY}", "api_secret": "${DERIBIT_API_SECRET}"}},
    "risk_engine": {
        "enabled": true,
        "max_orders_per_second": 10,
        "max_position_per_instrument": {"BINANCE-FUTURES:PERPETUAL:BTC-USDT@LIN": "1.0"}
    },
    "router": {"smart_execution_enabled": true},
    "gcs": {
        "instruments_bucket": "instruments-store-cefi-central-element-323112",
        "market_data_bucket": "market-data-tick-cefi-central-element-323112",
        "execution_bucket": "execution-store-cefi-central-element-323112"
    }
}"""


@pytest.fixture(params=["one like the user's", "the user's own"])
def config(request: pytest.FixtureRequest, tmp_path: Path, repository: Path) -> Path:
    """Return a configuration's file, in a folder of the test's own."""
    copy = tmp_path / "example-config.json"
    if request.param == "one like the user's":
        copy.write_text(LIKE_THE_USERS)
        return copy
    users = repository.parent / "shared" / "seed" / "example-config.json"
    if not users.exists():
        pytest.skip(f"the user's example is not here: {users}")
    copy.write_bytes(users.read_bytes())
    return copy


def test_doctor_names_exactly_the_variables_it_needs(config: Path, tmp_path: Path) -> None:
    ended = run_command("doctor", "--config", config, "--json", folder=tmp_path)
    assert ended.code == 1
    assert ended.document["ok"] is False
    assert {check["name"] for check in ended.document["checks"]} == {f"environment {name}" for name in NEEDED}


def test_doctor_names_only_what_is_still_missing(config: Path, tmp_path: Path) -> None:
    most = {name: text for name, text in SET.items() if name != "DERIBIT_API_SECRET"}
    ended = run_command("doctor", "--config", config, "--json", folder=tmp_path, env=most)
    assert ended.code == 1
    assert [check["name"] for check in ended.document["checks"]] == ["environment DERIBIT_API_SECRET"]


def test_with_them_set_it_is_valid(config: Path, tmp_path: Path) -> None:
    ended = run_command("doctor", "--config", config, "--json", folder=tmp_path, env=SET)
    checks = {check["name"]: check for check in ended.document["checks"]}
    # Its doors have the default ports, which something else on this machine may have taken.
    assert [name for name, check in checks.items() if not check["ok"] and not name.endswith(" door")] == []
    assert {"configuration", "environment", "journal", "venues"} <= checks.keys()
    assert ended.code == (0 if all(check["ok"] for check in checks.values()) else 1)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["example-config.json"]


def test_with_them_set_and_free_ports_doctor_exits_0(config: Path, tmp_path: Path) -> None:
    config.write_text(config.read_text().rstrip().removesuffix("}") + ', "doors": {"http_port": 0, "grpc_port": 0}}')
    ended = run_command("doctor", "--config", config, folder=tmp_path, env=SET)
    assert (ended.code, ended.stderr) == (0, "")


def test_run_refuses_it_by_name_and_offers_paper(config: Path, tmp_path: Path) -> None:
    ended = run_command("run", "--config", config, folder=tmp_path, env=SET)
    assert (ended.code, ended.stdout) == (1, "")
    assert "live venues are not available yet" in ended.stderr
    assert "BINANCE_SPOT" in ended.stderr
    assert "DERIBIT" in ended.stderr
    assert '"paper": {"enabled": true}' in ended.stderr
    assert not [text for text in SET.values() if text in ended.stderr]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["example-config.json"]


def test_run_without_its_variables_names_each(config: Path, tmp_path: Path) -> None:
    ended = run_command("run", folder=tmp_path, env={"LIVE_TRADING_CONFIG_PATH": str(config)})
    assert ended.code == 1
    for name in NEEDED:
        assert name in ended.stderr
    assert "Traceback" not in ended.stderr


def test_a_misspelt_key_is_named_with_its_nearest(config: Path, tmp_path: Path) -> None:
    config.write_text(config.read_text().replace("max_orders_per_second", "max_order_per_second"))
    ended = run_command("doctor", "--config", config, folder=tmp_path, env=SET)
    assert ended.code == 1
    assert "max_order_per_second" in ended.stdout
    assert "max_orders_per_second" in ended.stdout
