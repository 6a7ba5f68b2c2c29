"""Where the log is read by people, and where by programs."""

import json
import os
import pty
import subprocess
import sys
from pathlib import Path

PROGRAM = """
import sys
from pathlib import Path
import structlog
from adapters.telemetry import configure_logs
configure_logs("info", Path(sys.argv[1]))
structlog.get_logger().warning("venue.lost", venue="OKX", reason="it said \\x1b[2J and more")
"""


def test_a_terminal_is_told_in_columns_and_everything_else_in_json(tmp_path: Path) -> None:
    file = tmp_path / "logs" / "session.log"
    command = [sys.executable, "-c", PROGRAM, str(file)]
    piped = subprocess.run(command, capture_output=True, text=True, check=True)
    terminal, far_end = pty.openpty()
    try:
        subprocess.run(command, stderr=far_end, stdout=subprocess.PIPE, check=True)
        shown = os.read(terminal, 10_000).decode()
    finally:
        os.close(terminal)
        os.close(far_end)
    kept = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]
    assert [(one["event"], one["venue"]) for one in kept] == [("venue.lost", "OKX")] * 2
    assert (json.loads(piped.stderr)["event"], piped.stdout) == ("venue.lost", "")
    assert "venue.lost" in shown
    assert "\x1b[1m" in shown  # colours of ours
    assert "\x1b[2J" not in shown  # and none of somebody else's
    assert "{" not in shown
