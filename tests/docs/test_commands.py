"""What a page tells its reader to type can be typed; the console's pages too."""

from __future__ import annotations

import ast
import importlib
import re
import shlex
from collections.abc import Callable
from contextlib import suppress
from itertools import pairwise, takewhile
from pathlib import Path
from typing import Any

import pytest
from cyclopts import MissingArgumentError

from adapters.doors.pacing import Streams
from adapters.http import HttpDoor
from app.cli.entry import app

from fakes.doors import service_over
from fakes.gateway import MemoryService
from fakes.pages import REPOSITORY, pages

SHELL = ("sh", "bash", "console")
COMMAND = re.compile(r"(?:\.venv/bin/)?livexec +(?P<rest>\S.*)")
SHOWN = re.compile(r"<code>(?:\{[`'])?livexec (.+?)(?:[`']\})?</code>")
FOLDER_OPTIONS = ("--ticks",)  # whose folder has to be there
FILES = ("limits.json",)  # that have to be there
URL = re.compile(r"http://127\.0\.0\.1:8001(/[^\s'\"?`]*)")
ENDPOINT = re.compile(r"(?:GET|POST|PUT|PATCH|DELETE) (/\S+)")


def typed() -> list[str]:
    """Return every command of `livexec` in a shell block, whole."""
    return sorted({found["rest"] for line in shell_lines() if (found := COMMAND.fullmatch(line.strip()))})


def shell_lines() -> list[str]:
    """Return every line of every shell block; one that goes on in the next is one line."""
    blocks = [block.replace("\\\n", " ") for read in pages() for kind in SHELL for block in read.blocks(kind)]
    return [line for block in blocks for line in block.splitlines()]


def mentioned() -> list[str]:
    """Return every `livexec ...` in the prose; its required arguments may be left out."""
    return sorted({found["rest"] for read in pages() for span in read.spans if (found := COMMAND.fullmatch(span))})


def test_there_are_commands_to_look_at() -> None:
    assert len(typed()) >= 15
    assert len(mentioned()) >= 10


@pytest.mark.parametrize("rest", typed())
def test_every_command_in_a_block_is_understood(rest: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert parsed(rest, tmp_path, monkeypatch) != app.help_print


def of_the_console() -> list[str]:
    """Return every `livexec ...` that a page of the console shows, with a name in each place that it fills."""
    sources = [path.read_text(encoding="utf-8") for path in (REPOSITORY / "frontend/src").rglob("*.tsx")]
    return sorted({re.sub(r"\$\{[^}]*\}", "it", found) for source in sources for found in SHOWN.findall(source)})


def test_every_command_that_the_console_shows_is_understood(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shown = of_the_console()
    assert len(shown) >= 4
    for rest in shown:
        assert parsed(rest, tmp_path, monkeypatch) != app.help_print, rest


@pytest.mark.parametrize("rest", mentioned())
def test_every_command_in_the_prose_exists(rest: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with suppress(MissingArgumentError):
        parsed(rest, tmp_path, monkeypatch)


def test_every_make_target_exists() -> None:
    targets = set(re.findall(r"^([a-z-]+):", (REPOSITORY / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    prose = {span for read in pages() for span in read.spans}
    blocks = set(shell_lines())
    asked = {found[1] for line in prose | blocks if (found := re.match(r"make ([a-z-]+)\b", line))}
    assert asked
    assert not asked - targets


def test_every_path_of_the_rest_door_exists() -> None:
    routes = HttpDoor(service_over(MemoryService())).application(Streams()).routes
    known = [re.compile(re.sub(r"\{\w+(:path)?\}", "[^/]+", getattr(route, "path", ""))) for route in routes]
    urls = {path for read in pages() for path in URL.findall(read.text)}
    asked = urls | {found[1] for read in pages() for span in read.spans if (found := ENDPOINT.fullmatch(span))}
    assert asked
    assert not [path for path in asked if not any(route.fullmatch(path) for route in known)]


def test_every_python_example_imports_what_there_is() -> None:
    examples = [block for read in pages() for block in read.blocks("python")]
    assert examples
    for example in examples:
        for node in ast.walk(ast.parse(example)):
            if isinstance(node, ast.ImportFrom) and node.module is not None:
                module = importlib.import_module(node.module)
                assert not [alias.name for alias in node.names if not hasattr(module, alias.name)]


def parsed(rest: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Any]:
    """Return what a command line would call, in a folder that has what it names."""
    words = list(takewhile(lambda word: word != ">", shlex.split(rest, comments=True)))
    monkeypatch.chdir(folder)
    for file in FILES:
        (folder / file).touch()
    for option, value in pairwise(words):
        if option in FOLDER_OPTIONS:
            (folder / value).mkdir(parents=True)
    return app.parse_args(words, exit_on_error=False, print_error=False)[0]
