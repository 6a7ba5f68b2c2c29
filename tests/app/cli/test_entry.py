"""What there is to call, how a wrong call ends, and how fast help comes."""

from __future__ import annotations

import os
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import pytest

from fakes.command import Livexec

COMMANDS = (
    *("run", "demo", "submit", "cancel", "cancel-all", "orders", "order", "positions", "watch", "halt", "resume"),
    *("venues", "doctor", "db", "bench", "ticks"),
)
ORDER = ("--instrument-key", "OKX:SPOT_PAIR:BTC-USDT", "--side", "BUY", "--amount", "1", "--strategy-id", "s")
HEAVY = {"nautilus_trader", "pyarrow", "sqlalchemy", "fastapi", "grpc", "pydantic", "httpx", "adapters", "core"}
WRONG = {
    "an unknown command": ("submitt",),
    "an unknown option": ("orders", "--limits", "5"),
    "a required option left out": ("submit", "--side", "BUY"),
    "an operation id left out": ("cancel",),
    "an option twice": ("submit", *ORDER, "--side", "SELL"),
    "a fraction where a whole number belongs": ("orders", "--limit", "1.5"),
    "a number in hexadecimal": ("submit", *ORDER, "--max-age-ms", "0x10"),
    "a negative count": ("watch", "--after", "-1"),
    "a port that is none": ("run", "--http-port", "70000"),
    "a folder that is not there": ("demo", "--ticks", "/there/is/no/such/folder"),
    "a speed of zero": ("demo", "--speed", "0"),
    "a speed that is no number": ("demo", "--speed", "NaN"),
    "a parameter without a value": ("submit", *ORDER, "--param", "slices"),
    "a tag twice": ("submit", *ORDER, "--tag", "a=1", "--tag", "a=2"),
    "a cancel of everything without saying so": ("cancel-all",),
    "a cancel of everything and of one venue": ("cancel-all", "--all", "--venue", "OKX"),
    "an address without a scheme": ("venues", "--url", "127.0.0.1:8001"),
    "an address with a login": ("venues", "--url", "http://me:hunter2@127.0.0.1:1"),
    "a token as an argument": ("venues", "--token", "hunter2"),
    "a measurement of nothing": ("bench", "core", "--orders", "0"),
    "venues where none are asked for": ("bench", "core", "--venues", "6"),
    "a folder for a scenario that writes nothing": ("demo", "--scenario", "router", "--speed", "2"),
    "a recording for a scenario that makes its market": ("demo", "--scenario", "risk", "--speed", "2"),
    "a halt of nothing in particular": ("halt", "--reason", "enough"),
    "a halt without a reason": ("halt", "--scope", "global"),
    "a drill of what runs": ("halt", "--drill", "--scope", "global", "--reason", "enough"),
    "a drill without a round": ("halt", "--drill", "--rounds", "0"),
    "rounds of a halt": ("halt", "--scope", "global", "--reason", "enough", "--rounds", "2"),
    "a group without its command": ("bench", "everything"),
}


def test_help_lists_every_command(livexec: Livexec) -> None:
    shown = livexec("--help").out
    assert not [command for command in COMMANDS if f"│ {command} " not in shown]


@pytest.mark.parametrize(
    "command",
    [
        *COMMANDS,
        *(f"bench {each}" for each in ("submit", "core", "mixed", "journal", "replay")),
        "ticks optimise",
        *(f"db {each}" for each in ("upgrade", "check", "rebuild")),
    ],
)
def test_every_command_has_help(livexec: Livexec, command: str) -> None:
    ran = livexec(*command.split(), "--help")
    assert (ran.code, ran.err) == (0, "")
    assert f"Usage: livexec {command}" in ran.out


def test_version_is_the_distributions() -> None:
    done = run("--version")
    assert (done.returncode, done.stdout.strip()) == (0, version("livexec"))


def test_help_imports_nothing_heavy() -> None:
    asked = "import sys; sys.argv = ['livexec', '--help']; import app.cli; code = app.cli.main(); "
    done = python(f"{asked} print(*sorted({{name.partition('.')[0] for name in sys.modules}}), file=sys.stderr)")
    loaded = set(done.stderr.split())
    assert "cyclopts" in loaded
    assert not loaded & HEAVY


@pytest.mark.parametrize("arguments", WRONG.values(), ids=WRONG)
def test_a_wrong_call_exits_2_says_why_and_prints_no_result(livexec: Livexec, arguments: tuple[str, ...]) -> None:
    ran = livexec(*arguments)
    assert (ran.code, ran.out) == (2, "")
    assert ran.err.startswith("error: ")


def test_a_login_in_an_address_is_not_repeated(livexec: Livexec) -> None:
    ran = livexec("venues", "--json", "--url", "http://me:hunter2@127.0.0.1:1")
    assert ran.code == 2
    assert "hunter2" not in ran.out + ran.err


def test_a_wrong_call_is_a_json_document_where_a_program_listens(livexec: Livexec) -> None:
    ran = livexec("orders", "--limit", "1.5", "--json")
    assert ran.code == 2
    assert ran.document["ok"] is False
    assert (ran.document["reason_code"], ran.document["field"]) == ("USAGE", "--limit")
    assert "'1.5' is not usable: write a whole number" in ran.document["error_message"]
    assert ran.document["error_message"] in ran.err


def test_a_reader_that_has_enough_is_no_failure(tmp_path: Path) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    with os.fdopen(writer, "w") as broken:
        done = subprocess.run(
            [sys.executable, "-c", "import sys, app.cli; sys.exit(app.cli.main())", "doctor", "--json"],
            stdout=broken, stderr=subprocess.PIPE, text=True, cwd=tmp_path, env=environment(), check=False,
        )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("command", [("run",), ("db", "check"), ("db", "upgrade"), ("db", "rebuild")])
def test_everything_wrong_with_a_configuration_is_printed_at_once(
    livexec: Livexec, tmp_path: Path, command: tuple[str, ...]
) -> None:
    config = tmp_path / "livexec.json"
    config.write_text(
        '{"doors": {"http_prt": 1, "tokens": {"desk": "${DESK_TOKEN}", "ops": "${OPS_TOKEN}"}}, "state_dri": "x"}'
    )
    ran = livexec(*command, "--config", str(config))
    assert (ran.code, ran.out) == (1, "")
    assert not [word for word in ("doors.http_port", "state_dir", "DESK_TOKEN", "OPS_TOKEN") if word not in ran.err]


def test_a_configuration_that_cannot_be_used_is_a_json_document_too(livexec: Livexec, tmp_path: Path) -> None:
    config = tmp_path / "livexec.json"
    config.write_text('{"doors": {"http_prt": 1, "tokens": {"desk": "${DESK_TOKEN}"}}}')
    ran = livexec("db", "check", "--json", "--config", str(config))
    assert (ran.code, ran.document["ok"], ran.document["missing"]) == (1, False, ["DESK_TOKEN"])
    assert [problem["where"] for problem in ran.document["problems"]] == ["doors.http_prt"]


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return python("import sys, app.cli; sys.exit(app.cli.main())", *arguments)


def python(program: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", program, *arguments], capture_output=True, text=True, env=environment(), check=False
    )


def environment() -> dict[str, str]:
    """This environment, where the source is found and nothing is said about a service or its files."""
    source = Path(__file__).resolve().parents[3] / "src"
    kept = {
        name: value for name, value in os.environ.items() if name not in ("LIVE_TRADING_CONFIG_PATH", "DATABASE_URL")
    }
    return {**kept, "PYTHONPATH": str(source), "COLUMNS": "100"}
