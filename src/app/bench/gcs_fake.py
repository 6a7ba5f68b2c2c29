"""The Google Cloud Storage of the tests, in a process of its own: a real server, whose link can be made slow."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final
from urllib.request import Request, urlopen

from ports.errors import InvalidInputError

REPOSITORY: Final = Path(__file__).resolve().parents[3]
_PATIENCE_S: Final = 30.0


class GcsProcess:
    """A running fake: its address, what it sent, and the way to it."""

    def __init__(self, port: int) -> None:
        self.address = f"127.0.0.1:{port}"
        self.endpoint = f"http://{self.address}"

    def set_link(self, latency_s: float, bits_per_s: float) -> None:
        """Let every answer begin `latency_s` late, and all together have `bits_per_s` (0: as it is)."""
        self._command("link", {"latency_s": latency_s, "bits_per_s": bits_per_s})

    def forget(self) -> None:
        """Begin to count again."""
        self._command("forget", {})

    def sent_bytes(self, path: str) -> int:
        """Return how many bytes of an object it sent, heads of answers included."""
        return int(self._command("counts", {})["sent_bytes"].get(path, 0))

    def requests(self) -> int:
        """Return how many requests it had."""
        return int(self._command("counts", {})["requests"])

    def _command(self, name: str, about: Mapping[str, Any]) -> dict[str, Any]:
        asked = Request(f"{self.endpoint}/_fake/{name}", data=json.dumps(about).encode(), method="POST")  # noqa: S310 - loopback
        with urlopen(asked, timeout=_PATIENCE_S) as answer:  # noqa: S310 - loopback
            found: dict[str, Any] = json.loads(answer.read())
            return found


@contextmanager
def gcs_process(*buckets: str) -> Iterator[GcsProcess]:
    """Run the fake with these buckets until the block ends.

    Raises:
        InvalidInputError: this is no checkout of the repository, which has it among its tests.
    """
    tests = REPOSITORY / "tests"
    if not (tests / "fakes" / "gcs").is_dir():
        raise InvalidInputError("tests/fakes/gcs", str(tests), "run this in a checkout of the repository")
    command = [sys.executable, "-m", "fakes.gcs", *buckets]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env={**os.environ, "PYTHONPATH": str(tests)}
    ) as process:
        assert process.stdin is not None  # noqa: S101 - both are pipes
        assert process.stdout is not None  # noqa: S101
        try:
            yield GcsProcess(int(process.stdout.readline()))
        finally:
            process.stdin.close()  # its sign to end
            process.wait(timeout=_PATIENCE_S)
