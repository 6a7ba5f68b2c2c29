"""`livexec results`: what a run left, as people and programs read it."""

from __future__ import annotations

import asyncio
import os
from collections import defaultdict
from collections.abc import Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

from cyclopts import Parameter

from app.cli.options import Config, Json, StateDir
from app.cli.output import emit, note
from app.cli.tables import fields, section, table
from ports.errors import ObjectMissingError
from ports.values import ZERO, exact

if TYPE_CHECKING:
    from adapters.storage import ReadResults
    from app.settings import Settings
    from ports.object_store import ObjectStore

_HEAD: Final = ("run_id", "mode", "instrument", "dataset", "start", "end", "execution_time")
_BY_STRATEGY: Final = ("strategy_id", "instrument_key", "orders", "fills", "traded", "fees", "fee_currency")
_TABLES: Final = ("orders", "fills", "positions", "equity")


def results(
    run_id: Annotated[str, Parameter(help="The run.")],
    /,
    *,
    out: Annotated[str, Parameter(help="A folder or gs://BUCKET; without it, the configured execution bucket.")] = "",
    config: Config = None,
    state_dir: StateDir = None,
    json: Json = False,
    html: Annotated[bool, Parameter(help="Write a page with plots, results-RUN.html, into this folder.")] = False,
) -> int:
    """Read a run's results back: its summary, and what each strategy traded and paid. The JSON has every row."""
    from app.cli.service import overridden
    from app.settings import load_settings

    settings = overridden(load_settings(config, os.environ), state_dir=state_dir)
    found = asyncio.run(_read(_store(out, settings), run_id, settings.gcs.live_results_prefix))
    traded = by_strategy(found.orders, found.fills)
    document = {"ok": True, "summary": found.summary, "by_strategy": traded}
    document |= {name: list(getattr(found, name)) for name in _TABLES}
    if html:
        from app.results_page import results_page

        path = Path(f"results-{run_id}.html").absolute()
        path.write_text(results_page(found, traded), encoding="utf-8")
        document["html"] = str(path)
        note(f"page: {path}")
    emit(document, _text(found.summary, traded), as_json=json)
    return 0


def by_strategy(orders: Sequence[Mapping[str, Any]], fills: Sequence[Mapping[str, Any]]) -> Sequence[Mapping[str, Any]]:
    """Return what each strategy ordered, traded and paid in each instrument, by currency of the fees."""
    placed: defaultdict[tuple[str, str], int] = defaultdict(int)
    for order in orders:
        placed[order["strategy_id"], order["instrument_key"]] += 1
    traded: dict[tuple[str, str, str], dict[str, Any]] = {}
    with exact():
        for fill in fills:
            of = (fill["strategy_id"], fill["instrument_key"], fill["fee_currency"])
            row = traded.setdefault(of, {"fills": 0, "traded": ZERO, "fees": ZERO})
            row["fills"] += 1
            row["traded"] += fill["quantity_exact"]
            row["fees"] += fill["fee"]
    return [
        {
            "strategy_id": strategy,
            "instrument_key": instrument,
            "orders": placed[strategy, instrument],
            "fee_currency": currency,
            **{name: _shortest(value) for name, value in row.items()},
        }
        for (strategy, instrument, currency), row in sorted(traded.items())
    ]


def _shortest(value: Any) -> Any:
    return value.normalize() if isinstance(value, Decimal) else value


def _store(out: str, settings: Settings) -> ObjectStore:
    from app.buckets import open_bucket
    from app.replay.places import store_at

    return (
        store_at("--out", out, settings.gcs.endpoint)
        if out
        else open_bucket(settings, settings.gcs.execution_bucket).store
    )


async def _read(store: ObjectStore, run_id: str, live_prefix: str) -> ReadResults:
    """Read a replay's results, or a session's.

    Raises:
        ObjectMissingError: there are none of this run.
    """
    from adapters.storage import read_results
    from app.replay import PREFIX

    try:
        return await read_results(store, PREFIX, run_id)
    except ObjectMissingError:
        return await read_results(store, live_prefix, run_id)


def _text(summary: Mapping[str, Any], traded: Sequence[Mapping[str, Any]]) -> str:
    figures = {name: value for name, value in summary["summary"].items() if name != "by_status"}
    ends = ", ".join(f"{count} {status}" for status, count in summary["summary"]["by_status"].items())
    failed = [f"{each['name']}: {each['error']}" for each in summary["metadata"].get("failed", ())]
    parts = (
        fields(summary, _HEAD),
        section("figures in USD", fields(figures, figures)),
        section("orders", ends),
        section("traded", table(traded, _BY_STRATEGY)) if traded else "",
        section("failed", "\n".join(failed)),
    )
    return "\n".join(part for part in parts if part)
