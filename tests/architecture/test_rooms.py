"""Who may import whom, read from the text itself; import-linter's contracts judge the same by the import graph."""

import re
import sys
import tomllib
from collections.abc import Iterable
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from architecture.source import REPOSITORY, ROOMS, Source, plugin_folders, sources

FORBIDDEN_IN_CORE = {
    *("asyncio", "time", "random", "uuid", "logging", "os", "threading"),
    *("concurrent", "io", "multiprocessing", "pathlib", "secrets", "select", "selectors", "signal"),
    *("socket", "subprocess", "tempfile"),
}


def test_ports_import_the_standard_library_and_nothing_else() -> None:
    assert_imports_within(sources("src/ports"), {"ports"} | sys.stdlib_module_names)


def test_core_imports_ports_and_nothing_that_waits_or_reads_the_world() -> None:
    assert_imports_within(sources("src/core"), {"core", "ports"} | (sys.stdlib_module_names - FORBIDDEN_IN_CORE))


def test_core_asks_no_clock_even_where_it_may_import_the_module() -> None:
    asked = [
        f"{source.name}: {word}"
        for source in sources("src/core")
        for word in ("datetime.now(", "datetime.today(", "datetime.utcnow(", "date.today(", "open(", "print(")
        if re.search(rf"(?<!\w){re.escape(word)}", source.text)
    ]
    assert not asked


def test_only_the_nautilus_adapter_imports_nautilus() -> None:
    assert_imported_only_under("nautilus_trader", {"src/adapters/nautilus/"})


def test_only_the_container_imports_dependency_injector() -> None:
    assert_imported_only_under("dependency_injector", {"src/app/container.py"})


def test_the_server_imports_only_packages_that_it_declares(repository: Path) -> None:
    declared = declared_packages(repository / "pyproject.toml")
    assert_declared(sources("src"), declared, ours={*ROOMS, "livexec"})


def test_the_client_imports_only_packages_that_it_declares(repository: Path) -> None:
    declared = declared_packages(repository / "client" / "pyproject.toml")
    assert_declared(sources("client/livexec"), declared, ours={"livexec"})


@pytest.mark.parametrize("folder", plugin_folders("src"))
def test_a_venues_distribution_imports_ports_hooks_and_packages_that_it_declares(folder: str, repository: Path) -> None:
    files, own = sources(folder), {path.name for path in (repository / folder).iterdir()}
    declared = declared_packages(repository / folder / ".." / "pyproject.toml")
    assert_declared(files, declared - {"livexec"}, ours={"ports", "plugins", *own})


def test_nobody_imports_a_venues_distribution() -> None:
    own = {path.name for folder in plugin_folders("src") for path in (REPOSITORY / folder).iterdir()}
    assert own
    assert not [
        f"{file.name}: {name}"
        for file in sources("src", "client/livexec")
        for name in file.imports
        if root(name) in own
    ]


def assert_imports_within(files: list[Source], allowed: Iterable[str]) -> None:
    assert files
    known = frozenset(allowed)
    strange = [f"{file.name}: {name}" for file in files for name in file.imports if root(name) not in known]
    assert not strange


def assert_imported_only_under(package: str, places: set[str]) -> None:
    files = sources("src", "client/livexec")
    assert files
    elsewhere = [
        file.name for file in files if package in map(root, file.imports) and not file.name.startswith(tuple(places))
    ]
    assert not elsewhere


def assert_declared(files: list[Source], declared: set[str], ours: set[str]) -> None:
    assert files
    owners = {name: set(map(canonicalize_name, found)) for name, found in packages_distributions().items()}
    undeclared = [
        f"{file.name}: {name}"
        for file in files
        for name in map(root, file.imports)
        if name not in sys.stdlib_module_names and name not in ours and not owners.get(name, set()) & declared
    ]
    assert not undeclared


def declared_packages(project: Path) -> set[str]:
    told = tomllib.loads(project.read_text(encoding="utf-8"))["project"]
    optional = [line for lines in told.get("optional-dependencies", {}).values() for line in lines]
    return {canonicalize_name(Requirement(line).name) for line in (*told["dependencies"], *optional)}


def root(module: str) -> str:
    return module.partition(".")[0]
