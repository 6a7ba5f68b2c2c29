"""`livexec parity`: proof that the same is decided everywhere."""

from __future__ import annotations

from typing import Annotated

from cyclopts import Parameter

from app.cli.failures import usage
from app.cli.options import Folder, Json, Whole
from app.cli.output import results_alone
from app.cli.progress import progress
from app.cli.work import report
from app.cli.work_views import parity_text


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
