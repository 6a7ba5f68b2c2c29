"""`livexec parity` and `livexec replay`: proof that the same is decided everywhere, and again."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from app.cli.failures import usage
from app.cli.options import Folder, Json, Whole
from app.cli.output import results_alone
from app.cli.progress import progress
from app.cli.work import report
from app.cli.work_views import parity_text, replay_text


def replay(
    *,
    session: Annotated[Path, Parameter(help="The state folder of a session recorded by livexec run --record.")],
    verify: bool = False,
    json: Json = False,
    database_url: Annotated[str | None, Parameter(help="Where its journal is, if not in that folder.")] = None,
) -> int:
    """Lead a recorded session again, message by message, and hold every fact against its journal's, byte for byte.

    The service that wrote it must not be running. Exit 0 only where nothing differs and every invariant holds.

    Parameters
    ----------
    verify:
        Say so: there is nothing else that can be done with a session yet.
    """
    if not verify:
        raise usage("--verify", "", "add it: a session is led again to be verified")
    with results_alone(), progress() as tell:
        from app.replaying import replay_session

        result = replay_session(session, database_url, tell)
    return report(result, replay_text(result), as_json=json)


def parity(
    *,
    ticks: Annotated[Folder, Parameter(help="The recording to work orders on.")],
    json: Json = False,
    parents: Annotated[Whole, Parameter(help="Of every algorithm.")] = 20,
) -> int:
    """Work the same parents under the live runtime, in the backtest and in a plain Nautilus engine; compare them.

    Every child is compared: side, amount, price, terms and trades exactly, its time within one quote. Exit 0 only where
    nothing differs.
    """
    if parents == 0:
        raise usage("--parents", "0", "write at least 1")
    with results_alone(), progress() as tell:
        from app.parity import run_parity

        result = run_parity(ticks, each=parents, progress=tell)
    return report(result, parity_text(result), as_json=json)
