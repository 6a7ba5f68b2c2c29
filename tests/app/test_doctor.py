"""The doctor finds what a start would stumble over, says what to mend, and changes nothing."""

import json
import os
import socket
from pathlib import Path

import pytest

from adapters.sql import sqlite_files, upgrade
from app.doctor import Check, examine

from fakes.gcs.fake import running_gcs
from fakes.recordings import quotes, record

LIVE = {
    "external_adapters": {"DERIBIT": {"api_key": "${DERIBIT_KEY}", "api_secret": "${DERIBIT_SECRET}"}},
    "trading_node": {"data_clients": [{"name": "OKX"}]},
}


def doctor(tmp_path: Path, environ: dict[str, str] | None = None, **keys: object) -> dict[str, Check]:
    ports = {"doors": {"http_port": 0, "grpc_port": 0}, "state_dir": str(tmp_path / "state")}
    path = tmp_path / "settings.json"
    path.write_text(json.dumps({**ports, **keys}))
    checks = examine(path, environ or {})
    assert len({check.name for check in checks}) == len(checks)
    return {check.name: check for check in checks}


def files(folder: Path) -> list[Path]:
    return sorted(folder.rglob("*"))


def test_a_sound_configuration_passes_every_check_and_leaves_nothing_behind(tmp_path: Path) -> None:
    checks = doctor(tmp_path)
    assert list(checks) == [
        *("configuration", "environment", "state", "journal", "results"),
        *("bucket instruments", "bucket market_data", "bucket execution"),
        *("http door", "grpc door", "plugins", "settings of DERIBIT", "settings of IBKR", "venues"),
    ]
    assert [check for check in checks.values() if not check.ok or check.remedy] == []
    assert files(tmp_path) == [tmp_path / "settings.json"]


def test_buckets_of_the_cloud_are_asked_and_a_refusal_says_what_to_mend(tmp_path: Path) -> None:
    with running_gcs("ticks", "results") as fake:
        gcs = {"use_direct": True, "endpoint": fake.endpoint, "market_data_bucket": "ticks"}
        gcs |= {"instruments_bucket": "nowhere", "execution_bucket": "results"}
        checks = doctor(tmp_path, gcs=gcs)
        assert [checks[f"bucket {name}"].ok for name in ("instruments", "market_data", "execution")] == [
            False,
            True,
            True,
        ]
        assert "no such bucket" in checks["bucket instruments"].detail
        assert "GOOGLE_APPLICATION_CREDENTIALS" in checks["bucket instruments"].remedy
        assert (
            checks["bucket market_data"].detail
            == f"ticks: Google Cloud Storage, gs://ticks at {fake.endpoint}, it answers"
        )
        assert not any("POST" in line or "DELETE" in line for line in fake.asked())


def test_each_missing_variable_is_a_check_of_its_own_and_the_rest_is_not_guessed(tmp_path: Path) -> None:
    checks = doctor(tmp_path, {}, **LIVE)
    assert list(checks) == ["environment DERIBIT_KEY", "environment DERIBIT_SECRET"]
    assert not any(check.ok for check in checks.values())
    assert checks["environment DERIBIT_KEY"].remedy == "set the environment variable DERIBIT_KEY"


def test_each_slip_is_a_check_of_its_own(tmp_path: Path) -> None:
    checks = doctor(tmp_path, risk_engin={}, paper={"speed": 0})
    assert list(checks) == ["configuration paper.speed", "configuration risk_engin"]
    assert checks["configuration risk_engin"].remedy == "did you mean risk_engine?"


def test_a_valid_configuration_of_live_venues_is_called_valid_and_the_refusal_is_foretold(tmp_path: Path) -> None:
    checks = doctor(tmp_path, {"DERIBIT_KEY": "k", "DERIBIT_SECRET": "hunter2"}, **LIVE)
    assert all(check.ok for check in checks.values())
    assert "external_adapters.DERIBIT" in checks["venues"].remedy
    assert '"paper": {"enabled": true}' in checks["venues"].remedy
    assert "hunter2" not in str(checks)


def test_a_file_that_is_not_there_is_one_failed_check(tmp_path: Path) -> None:
    (check,) = examine(tmp_path / "nowhere.json", {})
    assert not check.ok
    assert str(tmp_path / "nowhere.json") in check.name


def test_a_state_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    checks = doctor(tmp_path, state_dir=str(tmp_path / "file" / "state"))
    assert not checks["state"].ok
    assert "state_dir" in checks["state"].remedy
    assert not checks["journal"].ok


def test_a_door_that_is_taken_is_told(tmp_path: Path) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        checks = doctor(tmp_path, doors={"http_port": port, "grpc_port": 0})
    assert not checks["http door"].ok
    assert f"127.0.0.1:{port}" in checks["http door"].detail
    assert "doors.http_port" in checks["http door"].remedy
    assert checks["grpc door"].ok


def test_a_journal_that_is_there_is_opened_and_counted(tmp_path: Path) -> None:
    state = tmp_path / "state"
    state.mkdir()
    upgrade(sqlite_files(f"sqlite+aiosqlite:///{state / 'livexec.db'}"))
    assert doctor(tmp_path)["journal"].detail == f"{state / 'livexec.db'} holds 0 entries"


def test_a_journal_that_cannot_be_written_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    state = tmp_path / "state"
    state.mkdir()
    upgrade(sqlite_files(f"sqlite+aiosqlite:///{state / 'livexec.db'}"))
    monkeypatch.setattr(os, "access", lambda path, mode: not (path == state / "livexec.db" and mode & os.W_OK))
    check = doctor(tmp_path)["journal"]
    assert (check.ok, check.remedy) == (False, "give its owner the right")


def test_a_file_that_is_no_journal_is_told(tmp_path: Path) -> None:
    state = tmp_path / "state"
    state.mkdir()
    (state / "livexec.db").write_bytes(b"no database at all, but long enough to be looked at" * 100)
    check = doctor(tmp_path)["journal"]
    assert not check.ok
    assert check.remedy


@pytest.mark.parametrize("there", [True, False])
def test_a_recording_is_looked_for(tmp_path: Path, there: bool) -> None:
    folder = tmp_path / "recording"
    if there:
        record(folder, quotes((0, 1.0, 1.1)))
    check = doctor(tmp_path, paper={"ticks": str(folder)})["ticks"]
    assert check.ok is there
    assert ("BINANCE-SPOT:SPOT_PAIR:BTC-USDT" if there else "expected raw_tick_data") in check.detail


def test_a_limit_of_a_venue_that_nobody_knows_is_told_and_what_was_meant(tmp_path: Path) -> None:
    checks = doctor(
        tmp_path,
        risk_engine={
            "max_position_per_venue": {"BINANCE-FUTURE": "1", "DERIBIT": "1", "*": "2"},
            "restricted_instruments": ["BINANCE:SPOT_PAIR:BTC-USDT"],
            "trading_hours": {"OKEX": "MON-FRI 08:00-18:00", "OKX": "MON-FRI 08:00-18:00"},
            "check_funds_at": ["BYBYT"],
        },
        router={"strategy_venues": {"s": ["BYBIT", "KRAKEN"]}},
    )
    assert {name: one.remedy for name, one in checks.items() if not one.ok} == {
        "risk_engine.max_position_per_venue: BINANCE-FUTURE": "did you mean BINANCE-FUTURES?",
        "risk_engine.restricted_instruments: BINANCE:SPOT_PAIR:BTC-USDT": "did you mean BINANCE-SPOT?",
        "risk_engine.trading_hours: OKEX": "did you mean OKX?",
        "risk_engine.check_funds_at: BYBYT": "did you mean BYBIT?",
        "router.strategy_venues.s": "write one of: BINANCE-FUTURES, BINANCE-SPOT, BYBIT, DERIBIT, IBKR, OKX",
    }


def test_a_broken_plugin_is_told_by_name_and_passes_when_disabled(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    info = tmp_path / "site" / "acme_venues-1.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: acme-venues\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[livexec.venues]\nacme = acme_nowhere\n")
    monkeypatch.syspath_prepend(tmp_path / "site")
    assert not doctor(tmp_path)["plugin acme"].ok
    assert doctor(tmp_path, disabled_plugins=["acme"])["plugins"].ok


def test_the_users_own_example_is_named_its_variables_and_then_valid(shared_data: Path, tmp_path: Path) -> None:
    example = shared_data.parent / "seed" / "example-config.json"
    if not example.is_file():
        pytest.skip(f"the user's example is not here: {example}")
    names = ["BINANCE_SPOT_API_KEY", "BINANCE_SPOT_API_SECRET", "DERIBIT_API_KEY", "DERIBIT_API_SECRET"]
    assert [check.name for check in examine(example, {})] == [f"environment {name}" for name in names]
    environ = {**dict.fromkeys(names, "x"), "DATABASE_URL": f"sqlite+aiosqlite:///{tmp_path / 'livexec.db'}"}
    not_doors = [check for check in examine(example, environ) if "door" not in check.name]
    assert not_doors
    assert all(check.ok for check in not_doors)
