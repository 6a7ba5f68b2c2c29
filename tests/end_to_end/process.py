"""The `livexec` command as a process of its own: what it says, where it listens, and how it ends."""

from __future__ import annotations

import asyncio
import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import httpx

COMMAND = Path(sys.executable).with_name("livexec")
LONGEST_LINE = 1 << 20
START_S = 60.0
STOP_S = 60.0
RUN_S = 120.0
RESULT_FILES = {
    "summary.json",
    "orders.parquet",
    "fills.parquet",
    "positions.parquet",
    "equity_curve.parquet",
    "tca.parquet",
    "tca_quotes.parquet",
    "tca_volumes.parquet",
}
_HTTP = re.compile(r"livexec is up: .* on http://([^\s:]+|\[\S+\]):(\d+)$")
_GRPC = re.compile(r"^ +gRPC on \S+:(\d+)$")
_RESULTS = re.compile(r"^stopped; results of this session: (.+)$")
_KEPT = ("PATH", "HOME", "LANG", "TMPDIR", "TZ", "SYSTEMROOT")


@dataclass(frozen=True)
class Ended:
    """What a command left when it ended."""

    code: int
    stdout: str
    stderr: str

    @property
    def document(self) -> dict[str, Any]:
        """Standard output, which must be one JSON document and nothing else."""
        document = json.loads(self.stdout)
        assert isinstance(document, dict)
        return document


def environment(more: Mapping[str, str] | None = None) -> dict[str, str]:
    """Return what a newcomer's environment has: nothing of ours, unless `more` says so."""
    return {name: os.environ[name] for name in _KEPT if name in os.environ} | dict(more or {})


def run_command(
    *arguments: str | Path,
    folder: Path,
    env: Mapping[str, str] | None = None,
    within_s: float = RUN_S,
    command: Path = COMMAND,
) -> Ended:
    """Run a command to its end in `folder`; waits, so never call it where a loop must go on."""
    ended = subprocess.run(
        [command, *arguments],
        cwd=folder,
        env=environment(env),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=within_s,
        check=False,
    )
    return Ended(ended.returncode, ended.stdout, ended.stderr)


class Service:
    """One running `livexec run`; its ports are known once it said that it is up."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process
        self._grown = asyncio.Event()
        self._reading = asyncio.create_task(self._read())
        self._stdout = asyncio.create_task(_all_of(process.stdout))
        self.lines: list[str] = []
        self.host = ""
        self.http_port = 0
        self.grpc_port = 0

    @classmethod
    async def begin(
        cls, folder: Path, *options: str, env: Mapping[str, str] | None = None, command: Path = COMMAND
    ) -> Service:
        """Start the process with its state in `folder`, and do not wait for it. Ports are free ones."""
        ports = () if "--http-port" in options else ("--http-port", "0", "--grpc-port", "0")
        process = await asyncio.create_subprocess_exec(
            command,
            "run",
            *("--state-dir", folder, *ports, *options),
            cwd=folder.parent,
            env=environment(env),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            limit=LONGEST_LINE,
        )
        return cls(process)

    @property
    def url(self) -> str:
        """Where REST is."""
        return f"http://{self.host}:{self.http_port}"

    @property
    def target(self) -> str:
        """Where gRPC is."""
        return f"{self.host}:{self.grpc_port}"

    @property
    def output(self) -> str:
        """Everything it said on standard error so far."""
        return "\n".join(self.lines)

    @property
    def is_running(self) -> bool:
        """Whether the process has not ended."""
        return self._process.returncode is None

    def rest(self, token: str | None = None) -> httpx.AsyncClient:
        """Return a client of its REST door."""
        headers = {"Authorization": f"Bearer {token}"} if token else None
        return httpx.AsyncClient(base_url=self.url, headers=headers, trust_env=False, timeout=30)

    async def said(self, pattern: re.Pattern[str] | str, within_s: float = START_S) -> re.Match[str]:
        """Wait until a line of its output matches; fail where it ends without having said so."""
        wanted, looked_at = re.compile(pattern), 0
        async with asyncio.timeout(within_s):
            while True:
                for line in self.lines[looked_at:]:
                    looked_at += 1
                    if found := wanted.search(line):
                        return found
                assert not self._reading.done(), f"it ended without saying {wanted.pattern!r}:\n{self.output}"
                self._grown.clear()
                await self._grown.wait()

    async def up(self, within_s: float = START_S) -> Service:
        """Wait until it serves, and learn its ports."""
        found = await self.said(_HTTP, within_s)
        self.host, self.http_port = found[1], int(found[2])
        self.grpc_port = int((await self.said(_GRPC))[1])
        return self

    @property
    def pid(self) -> int:
        """The process."""
        return self._process.pid

    def signal(self, number: signal.Signals) -> None:
        """Send a signal, such as a terminal's Ctrl-C."""
        self._process.send_signal(number)

    def terminate(self) -> None:
        """Ask it to stop, as an operator's supervisor does."""
        self._process.terminate()

    def kill(self) -> None:
        """Kill it at once: nothing of it runs any more."""
        if self._process.returncode is None:
            self._process.kill()

    async def ended(self, within_s: float = STOP_S) -> Ended:
        """Wait until it has ended, and return what it left."""
        async with asyncio.timeout(within_s):
            code = await self._process.wait()
            await self._reading
            return Ended(code, await self._stdout, self.output)

    async def stop(self) -> Path:
        """Stop it in good order and return where it wrote the results of its session."""
        self.terminate()
        ended = await self.ended()
        assert ended.code == 0, ended.stderr
        return await self.results()

    async def results(self) -> Path:
        """Return where it wrote the results of its session; only after it has ended."""
        return Path((await self.said(_RESULTS))[1])

    async def _read(self) -> None:
        assert self._process.stderr is not None
        try:
            while line := await self._process.stderr.readline():
                self.lines.append(line.decode("utf-8", "replace").rstrip("\n"))
                self._grown.set()
        finally:
            self._grown.set()


class Printing:
    """A tool that goes on printing; ended when the block is left."""

    def __init__(self, *command: str) -> None:
        self._command = command

    async def __aenter__(self) -> Self:
        self._process = await asyncio.create_subprocess_exec(
            *self._command, stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE, limit=LONGEST_LINE
        )
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._process.returncode is None:
            self._process.kill()
        await self._process.communicate()

    async def line(self, pattern: str) -> re.Match[str]:
        """Read on until a line matches; fail where it ends before."""
        assert self._process.stdout is not None
        async with asyncio.timeout(START_S):
            while raw := await self._process.stdout.readline():
                if found := re.search(pattern, raw.decode()):
                    return found
        raise AssertionError(f"{self._command} ended without printing {pattern!r}")


async def printed(*command: str) -> str:
    """Run a tool to its end beside the loop, and return what it printed."""
    process = await asyncio.create_subprocess_exec(
        *command, stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE
    )
    async with asyncio.timeout(START_S):
        out, _ = await process.communicate()
    assert process.returncode == 0, (command, process.returncode)
    return out.decode()


async def _all_of(stream: asyncio.StreamReader | None) -> str:
    assert stream is not None
    return (await stream.read()).decode()


def result_files(folder: Path) -> Sequence[str]:
    """Return the names of the result files in a session's folder."""
    return sorted(path.name for path in folder.iterdir())
