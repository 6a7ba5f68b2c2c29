"""What is kept in git, and what must never be."""

import re
import subprocess
from pathlib import Path

import pytest

PROFILES = "deploy/.env"  # which services start; held to that by the tests of deploy


def test_generated_code_is_not_kept(tracked: dict[str, str]) -> None:
    assert not [name for name in tracked if name.startswith("client/livexec/v1/") or "_pb2" in Path(name).name]


def test_the_lock_with_download_addresses_is_not_kept(tracked: dict[str, str]) -> None:
    assert "uv.lock" not in tracked


def test_the_lock_that_is_kept_names_no_address(repository: Path) -> None:
    lock = (repository / "requirements.lock").read_text(encoding="utf-8")
    assert not re.findall(r"^.*(?:://|\bfile:|@ ).*$", lock, re.MULTILINE)
    assert not re.findall(r"^-.*$", lock, re.MULTILINE)  # no option: neither an index nor a folder of somebody's


def test_every_locked_package_is_pinned_with_a_hash(repository: Path) -> None:
    lock = (repository / "requirements.lock").read_text(encoding="utf-8").replace("\\\n", "")
    packages = [line for line in lock.splitlines() if line and not line.lstrip().startswith("#")]
    assert packages
    assert not [line for line in packages if not re.match(r"[a-z0-9.-]+==\S+ .*--hash=sha256:[0-9a-f]{64}", line)]


@pytest.mark.parametrize("script", [".ci/run", "scripts/bootstrap-uv.sh", "scripts/make-venv.sh"])
def test_scripts_that_are_run_can_be_run(script: str, tracked: dict[str, str]) -> None:
    assert tracked[script] == "100755"


def test_no_secret_and_no_data_of_a_running_service_is_kept(tracked: dict[str, str]) -> None:
    kept = [
        name
        for name in tracked
        if name != PROFILES and re.search(r"(^|/)\.env$|\.(sqlite|sqlite-wal|db|pem|key|p12)$", name)
    ]
    assert not kept


@pytest.fixture(scope="module")
def tracked(repository: Path) -> dict[str, str]:
    """Return every file that git keeps, with its mode."""
    if not (repository / ".git").exists():
        pytest.skip("not a git checkout")
    command = ["git", "ls-files", "--stage", "-z"]
    listed = subprocess.run(command, cwd=repository, capture_output=True, text=True, check=True).stdout
    files = {name: about.split()[0] for about, name in (line.split("\t") for line in listed.split("\0") if line)}
    assert files
    return files
