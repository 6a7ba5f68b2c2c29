"""`livexec ticks`: files of recorded market data."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

from cyclopts import App, Parameter

from app.cli.failures import FAILED
from app.cli.options import DATA_GROUP, Config, Json, Whole
from app.cli.output import emit
from app.cli.progress import progress
from app.cli.tables import section, table

ticks = App(name="ticks", group=DATA_GROUP, help="Files of recorded market data.")

Source = Annotated[str, Parameter(help="A tick file, a folder that holds raw_tick_data, or gs://BUCKET/PATH.")]
Target = Annotated[str, Parameter(help="Where the rewritten ones go, of the same kind; what is there already stays.")]


@ticks.command
def optimise(source: Source, target: Target, *, config: Config = None, json: Json = False) -> int:
    """Rewrite tick files so that a window of time costs little: sorted, small row groups, a map of their pages.

    Each is read back and must have the same rows. One that cannot be rewritten is told, and the others go on.
    """
    from app.settings import load_settings
    from app.tick_files import optimise_places, place_at

    settings = load_settings(config, os.environ)
    with progress() as tell:
        found = asyncio.run(optimise_places(place_at(source, settings), place_at(target, settings), tell))
    emit(found, _text(found), as_json=json)
    return 0 if found["ok"] else FAILED


@ticks.command
def curves(
    source: Source,
    target: Annotated[Path, Parameter(help="The file to write, for `algorithms.volume_curves`.")],
    *,
    bucket_secs: Annotated[Whole, Parameter(help="Length of a bucket; it divides a day.")] = 300,
    config: Config = None,
    json: Json = False,
) -> int:
    """Average the recorded days of trades into a volume curve of each instrument, for VWAP and IS.

    A day that cannot be read is told, and the others count.
    """
    from app.settings import load_settings
    from app.tick_files import place_at
    from app.volume_curves import make_curves

    settings = load_settings(config, os.environ)
    with progress() as tell:
        found = asyncio.run(make_curves(place_at(source, settings), target, bucket_secs, tell))
    made = table(found["curves"], ("instrument_key", "made_of", "daily_volume"))
    failed = [f"{each['instrument_key']} of {each['day']}: {each['error']}" for each in found["failed"]]
    emit(found, "\n".join([made, section("failed", "\n".join(failed))]).rstrip(), as_json=json)
    return 0 if found["ok"] else FAILED


def _text(found: Mapping[str, Any]) -> str:
    files = table(found["files"], ("path", "rows", "bytes_before", "bytes_after", "was_sorted"))
    parts = [
        files if found["files"] else "",
        section("already there", "\n".join(found["already_there"])),
        section("failed", "\n".join(f"{each['path']}: {each['error']}" for each in found["failed"])),
    ]
    return "\n".join(part for part in parts if part)
