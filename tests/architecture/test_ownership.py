"""Import names as plain as `core` and `app` are safe only while nobody else installs them: so each has one owner."""

import importlib
import re
import shutil
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterator, Mapping
from email.parser import Parser
from functools import cache
from importlib.metadata import Distribution, distributions
from pathlib import Path
from zipfile import ZipFile

import pytest
from packaging.requirements import Requirement
from packaging.version import Version

from architecture.source import ROOMS

OWNERS = dict.fromkeys(ROOMS, "livexec") | {"livexec": "livexec-client"}
GENERATED = {
    f"livexec/v1/{name}{suffix}"
    for name in ("execution", "control")
    for suffix in ("_pb2.py", "_pb2.pyi", "_pb2_grpc.py", "_pb2_grpc.pyi")
}


@pytest.mark.parametrize("name", OWNERS)
def test_each_import_name_is_owned_by_exactly_one_installed_distribution(name: str) -> None:
    assert owners_of()[name] == [OWNERS[name]]


@pytest.mark.parametrize("name", OWNERS)
def test_what_is_imported_is_this_repository(name: str, repository: Path) -> None:
    module = importlib.import_module(name)
    assert module.__file__ is not None
    assert Path(module.__file__).is_relative_to(repository)


def test_the_server_wheel_holds_the_five_rooms_and_nothing_else(wheels: dict[str, Path]) -> None:
    assert top_level(wheels["livexec"]) == set(ROOMS)


def test_the_client_wheel_holds_livexec_and_nothing_else(wheels: dict[str, Path]) -> None:
    assert top_level(wheels["livexec_client"]) == {"livexec"}


def test_the_client_wheel_holds_the_generated_protocol(wheels: dict[str, Path]) -> None:
    names = set(ZipFile(wheels["livexec_client"]).namelist())
    assert GENERATED | {"livexec/v1/__init__.py", "livexec/py.typed"} <= names


def test_every_package_in_the_wheels_is_marked_as_typed(wheels: dict[str, Path]) -> None:
    held = {name for wheel in wheels.values() for name in ZipFile(wheel).namelist()}
    assert {f"{name}/py.typed" for name in OWNERS} <= held


def test_the_wheels_import_without_the_repository(wheels: dict[str, Path], tmp_path: Path) -> None:
    program = (
        f"import sys; sys.path[:0] = {[str(wheel) for wheel in wheels.values()]!r}\n"
        f"import {', '.join(OWNERS)}, livexec.v1.execution_pb2_grpc as protocol, livexec.v1.control_pb2_grpc\n"
        "print(protocol.__file__)"
    )
    done = subprocess.run(
        [sys.executable, "-I", "-c", program], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert done.stdout.startswith(str(wheels["livexec_client"]))


def test_the_client_asks_for_runtimes_as_new_as_its_generated_code_needs(wheels: dict[str, Path]) -> None:
    with ZipFile(wheels["livexec_client"]) as wheel:
        messages = wheel.read("livexec/v1/execution_pb2.py").decode()
        service = wheel.read("livexec/v1/execution_pb2_grpc.py").decode()
        about = next(name for name in wheel.namelist() if name.endswith(".dist-info/METADATA"))
        metadata = Parser().parsestr(wheel.read(about).decode())
    protobuf = re.search(r"^# Protobuf Python Version: (\S+)$", messages, re.MULTILINE)
    grpc = re.search(r"^GRPC_GENERATED_VERSION = '(\S+)'$", service, re.MULTILINE)
    assert protobuf is not None
    assert grpc is not None
    least = {wanted.name: wanted.specifier for wanted in map(Requirement, metadata.get_all("Requires-Dist") or [])}
    for package, version in {"protobuf": Version(protobuf[1]), "grpcio": Version(grpc[1])}.items():
        floors = [Version(each.version) for each in least[package] if each.operator == ">="]
        assert floors
        assert max(floors) >= version, f"{package}>={max(floors)} would be refused by code generated for {version}"


@pytest.fixture(scope="module")
def wheels(repository: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Build both wheels from what git would give a newcomer (with today's edits), by their import-safe names."""
    checkout = tmp_path_factory.mktemp("checkout")
    for name in wanted_files(repository):
        (checkout / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(repository / name, checkout / name)
    out = tmp_path_factory.mktemp("wheels")
    for folder in (checkout, checkout / "client"):
        build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(out)]
        done = subprocess.run(build, cwd=folder, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
    return {wheel.name.partition("-")[0]: wheel for wheel in out.glob("*.whl")}


def wanted_files(repository: Path) -> list[str]:
    if not (repository / ".git").exists():
        pytest.skip("not a git checkout: nothing says which files are sources")
    listing = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    listed = subprocess.run(listing, cwd=repository, capture_output=True, text=True, check=True).stdout.split("\0")
    return [name for name in listed if name and (repository / name).is_file() and not name.startswith("tests/")]


@cache
def owners_of() -> Mapping[str, list[str]]:
    """Return the installed distributions by the import names that they own."""
    owners = defaultdict[str, list[str]](list)
    for found in distributions():
        for name in import_names(found):
            owners[name].append(found.name)
    return owners


def import_names(distribution: Distribution) -> set[str]:
    """Return the top-level names that a distribution makes importable, itself or by a path it adds (editable)."""
    names = set[str]()
    for file in distribution.files or ():
        if file.suffix == ".pth":
            names |= set(added_names(Path(str(file.locate()))))
        elif not file.parts[0].endswith((".dist-info", ".data", "..", "__pycache__")):
            names.add(file.parts[0].partition(".")[0])
    return names


def added_names(path_file: Path) -> Iterator[str]:
    for line in path_file.read_text(encoding="utf-8").splitlines():
        folder = Path(line)
        if not line.startswith("import ") and folder.is_absolute() and folder.is_dir():
            yield from (child.name for child in folder.iterdir() if (child / "__init__.py").exists())


def top_level(wheel: Path) -> set[str]:
    roots = {name.partition("/")[0] for name in ZipFile(wheel).namelist()}
    return {name for name in roots if not name.endswith(".dist-info")}
