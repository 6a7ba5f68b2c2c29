"""Work in children of this process, each within limits of time and memory; what one says comes back through a pipe."""

from __future__ import annotations

import os
import pickle
import resource
import selectors
import signal
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Final

_CPU_S: Final = 300
_WALL_S: Final = 1_200  # of a machine that has others to serve
_MEMORY: Final = 4 << 30
_CHUNK: Final = 1 << 20


@dataclass(frozen=True, slots=True)
class Silent:
    """A child that ended without a word: it took all the time or memory there was."""


@dataclass(slots=True)
class _Child:
    name: Any
    pid: int
    pipe: int
    until_s: float
    said: bytearray


def answers[Name](
    work: Iterable[tuple[Name, Callable[[], object]]], at_once: int
) -> Iterator[tuple[Name, object | Silent]]:
    """Do each piece of work in a child of its own, some at once, and yield what each returned as it ends.

    What is to be done is asked for one by one, each time a child can be had.
    """
    waiting = iter(work)
    with selectors.DefaultSelector() as open_pipes:
        running = 0
        while True:
            while running < at_once and (next_one := next(waiting, None)) is not None:
                child = _begun(*next_one)
                open_pipes.register(child.pipe, selectors.EVENT_READ, child)
                running += 1
            if not running:
                return
            for child in _ended(open_pipes):
                running -= 1
                yield child.name, pickle.loads(child.said) if child.said else Silent()  # noqa: S301 - our own child's


def _ended(open_pipes: selectors.BaseSelector) -> Iterator[_Child]:
    children = [key.data for key in open_pipes.get_map().values()]
    soonest_s = min(child.until_s for child in children) - time.monotonic()
    ready = [key.data for key, _ in open_pipes.select(max(soonest_s, 0.0))]
    for child in children:
        if child in ready:
            heard = os.read(child.pipe, _CHUNK)
            child.said += heard
            if heard:
                continue
        elif time.monotonic() < child.until_s:
            continue
        else:
            os.kill(child.pid, signal.SIGKILL)
            child.said.clear()
        open_pipes.unregister(child.pipe)
        os.close(child.pipe)
        _, status = os.waitpid(child.pid, 0)
        if status:
            child.said.clear()
        yield child


def _begun(name: object, work: Callable[[], object]) -> _Child:
    reading, writing = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.close(reading)
        try:
            _limited()
            answer = pickle.dumps(work())
            with os.fdopen(writing, "wb") as pipe:
                pipe.write(answer)
        except BaseException:  # whatever it is: the parent's work must not go on in the child
            os._exit(1)
        os._exit(0)
    os.close(writing)
    return _Child(name, pid, reading, time.monotonic() + _WALL_S, bytearray())


def _limited() -> None:
    resource.setrlimit(resource.RLIMIT_CPU, (_CPU_S, _CPU_S))
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))
    nothing = os.open(os.devnull, os.O_RDWR)
    for standard in (0, 1, 2):
        os.dup2(nothing, standard)
