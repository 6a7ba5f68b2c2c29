"""The command as a person runs it, in an environment that says nothing else."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from app.cli import main
from app.cli.options import URL_VARIABLE
from app.cli.rest import TOKEN_VARIABLE
from app.settings_environment import OVERRIDES

from fakes.command import Livexec, Ran, ServiceDesk


@pytest.fixture(autouse=True)
def _environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (TOKEN_VARIABLE, URL_VARIABLE, "LIVE_TRADING_CONFIG_PATH", *OVERRIDES):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("COLUMNS", "100")


@pytest.fixture
def livexec(capsys: pytest.CaptureFixture[str]) -> Livexec:
    """Return what runs one command."""

    def run(*arguments: str) -> Ran:
        capsys.readouterr()
        code = main(arguments)
        captured = capsys.readouterr()
        return Ran(code, captured.out, captured.err)

    return run


@pytest.fixture
def desk(monkeypatch: pytest.MonkeyPatch) -> Iterator[ServiceDesk]:
    """Open a service that commands find by themselves."""
    opened = ServiceDesk()
    monkeypatch.setenv(URL_VARIABLE, opened.url)
    yield opened
    opened.close()


@pytest.fixture
def guarded_desk(monkeypatch: pytest.MonkeyPatch) -> Iterator[ServiceDesk]:
    """Open a service that asks everybody for a token."""
    opened = ServiceDesk(tokens=True)
    monkeypatch.setenv(URL_VARIABLE, opened.url)
    yield opened
    opened.close()
