"""`livexec tca`: what a run left among its result files, as people and programs read it."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Final

from cyclopts import Parameter

from app.cli.failures import FAILED, usage
from app.cli.options import Config, Json, StateDir
from app.cli.output import emit, note
from app.cli.tables import section, table

Run = Annotated[str, Parameter(help="A run id, the folder of a run's result files, or gs://BUCKET/PATH of it.")]
Html = Annotated[bool, Parameter(help="Write a page with plots as well: one file that needs no network.")]
Out = Annotated[Path | None, Parameter(help="Where that page goes; without it, into this folder.")]

_GROUP: Final = (
    "name", "orders", "measured", "notional_usd", "delay_usd", "timing_usd", "spread_usd", "impact_usd", "fees_usd",
    "opportunity_usd", "shortfall_usd", "shortfall_bps",
)  # fmt: skip
_ORDER: Final = (
    "operation_id", "exec_algorithm", "side", "filled_quantity", "arrival_price", "average_price", "shortfall",
    "currency", "shortfall_bps", "vwap_slippage_bps", "participation_pct", "unmeasured",
)  # fmt: skip
_SHOWN_ORDERS: Final = 50  # the JSON has all


def tca(
    run: Run,
    *,
    json: Json = False,
    html: Html = False,
    out: Out = None,
    config: Config = None,
    state_dir: StateDir = None,
) -> int:
    """Say what a run's orders cost beside the market they met, part by part, and who paid it.

    Exit 1 where the parts of an order do not sum to its shortfall.
    """
    if out is not None and not html:
        raise usage("--out", str(out), "it is where the page goes: add --html")
    from adapters.storage import read_tca
    from app.run_places import read_run
    from app.settings import load_settings
    from app.tca.page import tca_page
    from app.tca.report import report_of

    settings = load_settings(config, os.environ)
    if state_dir is not None:
        settings = settings.model_copy(update={"state_dir": state_dir})
    run_id, found = asyncio.run(read_run(run, settings, read_tca))
    report = report_of(run_id, found)
    if html:
        path = (out or Path(f"tca-{run_id}.html")).absolute()
        path.write_text(tca_page(run_id, found), encoding="utf-8")
        report = {**report, "html": str(path)}
        note(f"page: {path}")
    emit(report, tca_text(report), as_json=json)
    return 0 if report["ok"] else FAILED


def tca_text(report: Mapping[str, Any]) -> str:
    """Return the groups, and the dearest orders in basis points."""
    whole = [row for row in report["orders"] if row["parent_id"] is None]
    dearest = sorted(whole, key=lambda row: row["shortfall_bps"] or 0, reverse=True)[:_SHOWN_ORDERS]
    parts = [
        table(_rounded(report["whole"]), _GROUP),
        *[section(name, table(_rounded(report[name]), _GROUP)) for name in ("by_algorithm", "by_strategy", "by_venue")],
        section("orders, the dearest first", table(_rounded(dearest), _ORDER)) if dearest else "",
        section("checks", table(report["checks"], ("ok", "name", "value", "limit", "unit"))),
    ]
    return "\n".join(part for part in parts if part)


def _rounded(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return rows whose amounts are short enough to read: four places; the JSON has all of them."""
    return [
        {name: f"{value:.4f}" if name.endswith(("_usd", "_bps", "_pct", "shortfall")) and value is not None else value
         for name, value in row.items()}
        for row in rows
    ]  # fmt: skip
