"""What `livexec run` starts with, and what `livexec doctor` says."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.cli.failures import FailedError
from app.cli.service import overridden
from app.settings import Settings

from fakes.command import Livexec

LIVE = """{
    // The keys of a real venue, and no word about paper.
    "trading_node": {"exec_clients": [{"name": "BYBIT", "api_key": "${KEY}", "api_secret": "${SECRET}"}]},
}"""


def test_the_command_line_outranks_the_file() -> None:
    settings = Settings.model_validate({"doors": {"http_port": 1, "host": "localhost"}, "paper": {"seed": 9}})
    changed = overridden(settings, ticks=Path("ticks"), state_dir=Path("state"), http_port=0, grpc_port=5)
    assert (changed.doors.http_port, changed.doors.grpc_port, changed.doors.host) == (0, 5, "localhost")
    assert (changed.paper.ticks, changed.paper.seed, changed.state_dir) == (Path("ticks"), 9, Path("state"))
    assert changed.database_path == Path("state/livexec.db")


def test_without_options_the_settings_are_the_files() -> None:
    assert overridden(Settings()) == Settings()


def test_both_doors_may_have_any_free_port_but_not_the_same_one() -> None:
    assert overridden(Settings(), http_port=0, grpc_port=0).doors.http_port == 0
    with pytest.raises(FailedError, match="--http-port"):
        overridden(Settings(), http_port=Settings().doors.grpc_port)


def test_run_refuses_live_venues_by_name_and_offers_paper(
    livexec: Livexec, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = tmp_path / "live.json"
    config.write_text(LIVE)
    monkeypatch.setenv("KEY", "k-hidden")
    monkeypatch.setenv("SECRET", "s-hidden")
    ran = livexec("run", "--config", str(config))
    assert (ran.code, ran.out) == (1, "")
    assert "BYBIT" in ran.err
    assert '"paper": {"enabled": true}' in ran.err
    assert "hidden" not in ran.err


def test_run_names_a_configuration_that_is_not_there(livexec: Livexec, tmp_path: Path) -> None:
    ran = livexec("run", "--config", str(tmp_path / "none.json"))
    assert ran.code == 1
    assert "none.json" in ran.err


def test_doctor_names_every_missing_variable_and_exits_1(livexec: Livexec, tmp_path: Path) -> None:
    config = tmp_path / "live.json"
    config.write_text(LIVE)
    shown = livexec("doctor", "--config", str(config))
    told = livexec("doctor", "--config", str(config), "--json")
    assert (shown.code, told.code) == (1, 1)
    assert [check["name"] for check in told.document["checks"]] == ["environment KEY", "environment SECRET"]
    assert "set the environment variable SECRET" in shown.out
    assert "not in order" in shown.out


def test_doctor_is_content_with_a_fresh_folder(
    livexec: Livexec, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = tmp_path / "paper.json"
    config.write_text('{"doors": {"http_port": 0, "grpc_port": 0}}')
    monkeypatch.chdir(tmp_path)
    told, shown = livexec("doctor", "--config", str(config), "--json"), livexec("doctor", "--config", str(config))
    assert (told.code, shown.code, told.document["ok"]) == (0, 0, True)
    assert all(check["ok"] for check in told.document["checks"])
    assert "everything is in order" in shown.out
    assert [path.name for path in tmp_path.iterdir()] == ["paper.json"]
