"""Whether any test notices a change: each is made in a child of this process, in the living function."""

from __future__ import annotations

import importlib
import os
import resource
import sys
from collections.abc import Iterable, Iterator, Sequence
from enum import StrEnum
from pathlib import Path
from types import FunctionType
from typing import Final

import pytest

from mutation.changes import Mutant, mutated

MOST_TESTS: Final = 400  # of a function that nearly every test runs; those that run the least besides come first
_CPU_S: Final = 90
_MEMORY: Final = 4 << 30
_SURVIVED, _KILLED, _UNFIT = 0, 1, 5  # exit codes: of pytest, and one that it does not have


class Verdict(StrEnum):
    """What became of a change."""

    KILLED = "killed"  # a test failed
    HUNG = "hung"  # it took all the time or memory there was, and so would have been noticed
    SURVIVED = "survived"
    UNREACHED = "unreached"  # no test runs the function
    UNFIT = "unfit"  # the living function was not found, or the changed code cannot take its place


def tried(source: Path, mutant: Mutant, tests: Sequence[str]) -> Verdict:
    """Return what becomes of one change under these tests."""
    if not tests:
        return Verdict.UNREACHED
    child = os.fork()
    if child == 0:
        os._exit(_run(source, mutant, tests[:MOST_TESTS]))
    _, status = os.waitpid(child, 0)
    if os.WIFSIGNALED(status):
        return Verdict.HUNG
    code = os.WEXITSTATUS(status)
    if code == _UNFIT:
        return Verdict.UNFIT
    return Verdict.SURVIVED if code == _SURVIVED else Verdict.KILLED


def _run(source: Path, mutant: Mutant, tests: Sequence[str]) -> int:
    resource.setrlimit(resource.RLIMIT_CPU, (_CPU_S, _CPU_S))
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))
    nothing = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nothing, 1)
    os.dup2(nothing, 2)
    try:
        _plant(source, mutant)
    except (LookupError, ValueError, SyntaxError):
        return _UNFIT
    return int(pytest.main(["-q", "-x", "-n0", "-p", "no:cacheprovider", "-p", "no:randomly", *tests]))


def _plant(source: Path, mutant: Mutant) -> None:
    code = mutated(source, mutant)
    module = importlib.import_module(mutant.path.removesuffix(".py").replace("/", ".").removesuffix(".__init__"))
    for function in _functions(vars(module).values(), module.__name__):
        if (function.__code__.co_qualname, function.__code__.co_firstlineno) == (mutant.where, mutant.begins):
            function.__code__ = code
            return
    raise LookupError(f"{mutant}: no such function lives")


def _functions(values: Iterable[object], module: str) -> Iterator[FunctionType]:
    for value in list(values):
        match value:
            case FunctionType() if value.__module__ == module:
                yield value
            case staticmethod() | classmethod():
                yield from _functions([value.__func__], module)
            case property():
                yield from _functions([value.fget, value.fset], module)
            case type() if value.__module__ == module:
                yield from _functions(vars(value).values(), module)
            case _:
                wrapped = getattr(value, "__wrapped__", None)
                if wrapped is not None:
                    yield from _functions([wrapped], module)


def warmed(source: Path) -> None:
    """Import what every child needs, once."""
    for path in sorted((source / "core").rglob("*.py")):
        importlib.import_module(
            str(path.relative_to(source)).removesuffix(".py").replace("/", ".").removesuffix(".__init__")
        )
    importlib.import_module("hypothesis")
    sys.stdout.flush()
