"""The command itself: what there is to call, and how calling it ends."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from importlib.metadata import version
from typing import Final

from cyclopts import App, CycloptsError, Parameter

from app.cli import (
    alerts,
    backups,
    breaks,
    database,
    decisions,
    kill,
    limits,
    orders,
    plugin,
    positions,
    proving,
    reads,
    replay,
    run_views,
    service,
    strategies,
    tca,
    ticks,
    tokens,
    watching,
    work,
)
from app.cli.failures import USAGE, Failure, failure_of
from app.cli.options import DATA_GROUP, ORDERS_GROUP, WATCH_GROUP
from app.cli.output import emit_failure
from ports.errors import LivexecError

_DISTRIBUTION: Final = "livexec"

app = App(
    name="livexec",
    help="A live execution service: takes orders, checks their risk, routes them, keeps one true account of them.",
    version=lambda: version(_DISTRIBUTION),
    default_parameter=Parameter(negative=(), show_default=lambda default: str(default) if default else None),
    help_format="plaintext",
)
_SERVICE: Final = "Service"

app.command(service.run, group=_SERVICE)
app.command(service.backtest_server, group=_SERVICE)
app.command(work.demo, group=_SERVICE)
app.command(service.doctor, group=_SERVICE)
app.command(tokens.token)
app.command(orders.submit, group=ORDERS_GROUP)
app.command(orders.amend, group=ORDERS_GROUP)
app.command(orders.cancel, group=ORDERS_GROUP)
app.command(orders.cancel_all, group=ORDERS_GROUP)
app.command(orders.orders, group=ORDERS_GROUP)
app.command(orders.order, group=ORDERS_GROUP)
app.command(decisions.check, group=ORDERS_GROUP)
app.command(decisions.decision, group=ORDERS_GROUP)
app.command(decisions.explain, group=ORDERS_GROUP)
app.command(strategies.strategies)
app.command(positions.positions)
app.command(reads.exposure, group=WATCH_GROUP)
app.command(reads.venues, group=WATCH_GROUP)
app.command(breaks.breaks)
app.command(alerts.alerts)
app.command(limits.limits)
app.command(watching.watch, group=WATCH_GROUP)
app.command(reads.halt, group=WATCH_GROUP)
app.command(reads.flatten, group=WATCH_GROUP)
app.command(reads.resume, group=WATCH_GROUP)
app.command(kill.kill, group=WATCH_GROUP)
database.db.command(backups.backup)
app.command(database.db)
app.command(ticks.ticks)
app.command(proving.parity, group=DATA_GROUP)
app.command(replay.replay, group=DATA_GROUP)
app.command(run_views.results, group=DATA_GROUP)
app.command(tca.tca, group=DATA_GROUP)
app.command(work.bench)
app.command(plugin.plugin)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code: 0 done, 1 refused or failed, 2 called wrongly."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    as_json = "--json" in words
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
    try:
        code = app(words, exit_on_error=False, print_error=False, result_action="return_value")
    except CycloptsError as wrong:
        failure = _usage(wrong)
    except BrokenPipeError:
        # Whoever read our results has enough; what is still buffered must not raise again at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except (LivexecError, OSError) as error:
        failure = failure_of(error)
    else:
        return code if isinstance(code, int) else 0
    emit_failure(failure, as_json=as_json)
    return failure.exit_code


def _usage(wrong: CycloptsError) -> Failure:
    chain = " ".join(["livexec", *(wrong.command_chain or ())])
    message = " ".join(str(wrong).split())
    remedy = f"see {chain} --help"
    field = wrong.argument.name if wrong.argument is not None else ""
    return Failure(reason_code="USAGE", message=f"{message} ({remedy})", field=field, remedy=remedy, exit_code=USAGE)
