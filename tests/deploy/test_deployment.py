"""What stands in `deploy` is understood by real tools, starts what it says, and gives nothing away."""

from __future__ import annotations

import configparser
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from app.settings import parse_settings

from fakes.pages import REPOSITORY

DEPLOY = REPOSITORY / "deploy"
BACKTEST = {"odum-backend", "odum-frontend"}
LIVE = {"odum-live-backend", "odum-live-standby", "odum-postgres", "odum-redis", "odum-frontend"}
FILES = ["docker-compose.yml", "docker-compose.profiles.yml"]


def composed(folder: Path, *words: str) -> str:
    """Return what a real compose makes of files and profiles; of the engine it wants nothing but its version."""
    program = Path(sys.executable).with_name("podman-compose")
    engine = folder / "podman"
    engine.write_text("#!/bin/sh\necho podman version 5.4.0\n")
    engine.chmod(0o755)
    kept = {"PATH": f"{folder}:/usr/bin:/bin", "HOME": str(folder)}
    done = subprocess.run(
        [sys.executable, program, *words, "config"], cwd=DEPLOY, env=kept, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def services(*files: str) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for file in files:
        found |= yaml.safe_load((DEPLOY / file).read_text(encoding="utf-8"))["services"]
    return found


def test_a_real_compose_reads_the_files_alone_and_together(tmp_path: Path) -> None:
    alone = yaml.safe_load(composed(tmp_path, "-f", FILES[0]))
    both = yaml.safe_load(composed(tmp_path, "-f", FILES[0], "-f", FILES[1], "--profile", "both"))
    assert set(alone["services"]) >= BACKTEST
    assert set(both["services"]) >= BACKTEST | LIVE


def test_a_plain_up_starts_what_it_did_and_each_profile_what_it_says() -> None:
    assert "COMPOSE_PROFILES=backtest" in (DEPLOY / ".env").read_text(encoding="utf-8").splitlines()
    found = services(*FILES)
    of = {
        name: {service for service, about in found.items() if name in about["profiles"]}
        for name in ("backtest", "live", "both")
    }
    assert of == {"backtest": BACKTEST, "live": LIVE, "both": BACKTEST | LIVE}
    assert found["odum-backend"]["ports"] == ["${ODUM_BACKEND_PORT:-8000}:8000"]
    assert found["odum-frontend"]["ports"] == ["${ODUM_FRONTEND_PORT:-5173}:5173"]
    assert set(services(FILES[0])) == BACKTEST, "a plain up knows nothing of the live services"


def test_the_profiles_file_holds_profiles_and_no_secret() -> None:
    lines = [line for line in (DEPLOY / ".env").read_text(encoding="utf-8").splitlines() if not line.startswith("#")]
    assert lines == ["COMPOSE_PROFILES=backtest"]
    text = "".join(path.read_text(encoding="utf-8") for path in sorted(DEPLOY.rglob("*")) if path.is_file())
    given = re.findall(r"^ *\w*(?:PASSWORD|SECRET|API_KEY|PASSPHRASE)\w*: *(\S+)", text, re.MULTILINE)
    assert given
    assert not [value for value in given if not re.fullmatch(r"\$\{\w+:-\}", value)]


def test_the_live_service_runs_with_as_little_as_it_needs() -> None:
    live = services(FILES[1])["odum-live-backend"]
    assert live["read_only"] is True
    assert live["cap_drop"] == ["ALL"]
    assert all(port.startswith("127.0.0.1:") for port in live["ports"])
    recipe = (DEPLOY / "Dockerfile").read_text(encoding="utf-8")
    assert recipe.count("\nFROM ") == 2
    assert "\nUSER 10001:10001\n" in recipe
    assert recipe.index("\nUSER ") < recipe.index("\nENTRYPOINT ")
    assert "\nHEALTHCHECK " in recipe


@pytest.mark.parametrize("file", ["docker-compose.profiles.yml", "kubernetes/livexec.yaml"])
def test_every_variable_of_a_deployment_is_one_that_the_service_reads(file: str) -> None:
    code = "".join(path.read_text(encoding="utf-8") for path in sorted((REPOSITORY / "src").rglob("*.py")))
    code += (REPOSITORY / "docs/configuration.md").read_text(encoding="utf-8")
    named = set(re.findall(r"^ +([A-Z][A-Z_]+): ", (DEPLOY / file).read_text(encoding="utf-8"), re.MULTILINE))
    ours = {name for name in named if not name.startswith("POSTGRES_")}
    assert not [name for name in ours if name not in code and not re.match(r"(BINANCE|BYBIT|OKX|DERIBIT)_", name)]


@pytest.mark.parametrize("place", ["file", "kubernetes"])
def test_the_configuration_that_is_shipped_may_start(place: str) -> None:
    text = (DEPLOY / "live.json").read_text(encoding="utf-8")
    if place == "kubernetes":
        documents = yaml.safe_load_all((DEPLOY / "kubernetes/livexec.yaml").read_text(encoding="utf-8"))
        (text,) = [one["data"]["live.json"] for one in documents if one["kind"] == "ConfigMap"]
    settings = parse_settings(text, {"DATABASE_URL": "postgresql://livexec:x@odum-postgres:5432/livexec"})
    assert settings.refusal is None
    assert settings.database.standby
    assert settings.doors.tls is not None


def test_the_manifests_hang_together() -> None:
    documents = list(yaml.safe_load_all((DEPLOY / "kubernetes/livexec.yaml").read_text(encoding="utf-8")))
    by_kind = {one["kind"]: one for one in documents}
    assert set(by_kind) == {"ConfigMap", "Service", "StatefulSet", "PodDisruptionBudget"}
    pod = by_kind["StatefulSet"]["spec"]["template"]
    selected = by_kind["Service"]["spec"]["selector"]
    assert selected.items() <= pod["metadata"]["labels"].items()
    (container,) = pod["spec"]["containers"]
    assert {each["targetPort"] for each in by_kind["Service"]["spec"]["ports"]} == {
        each["name"] for each in container["ports"]
    }
    volumes = {each["name"] for each in pod["spec"]["volumes"]} | {"state"}
    assert {each["name"] for each in container["volumeMounts"]} == volumes
    assert container["securityContext"]["readOnlyRootFilesystem"] is True
    assert pod["spec"]["securityContext"]["runAsNonRoot"] is True


def test_the_unit_of_systemd_says_what_it_must() -> None:
    unit = configparser.ConfigParser(strict=False, interpolation=None)
    unit.optionxform = str  # type: ignore[assignment,method-assign]  # names keep their capitals
    file = DEPLOY / "systemd/livexec.service"
    unit.read_string(file.read_text(encoding="utf-8"))
    service = unit["Service"]
    assert "livexec run" in service["ExecStart"]
    assert (service["User"], service["KillSignal"], service["Restart"]) == ("livexec", "SIGTERM", "on-failure")
    assert (service["NoNewPrivileges"], service["ProtectSystem"]) == ("true", "strict")
    verify = shutil.which("systemd-analyze")
    if verify is not None:
        subprocess.run([verify, "--man=no", "security", "--offline=true", str(file)], check=True, capture_output=True)
