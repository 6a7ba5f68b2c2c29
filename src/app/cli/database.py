"""`livexec db`: migrations, integrity, and making the read tables again."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path
from time import time_ns
from typing import TYPE_CHECKING, Any

from cyclopts import App

from app.cli.failures import FAILED
from app.cli.options import DATA_GROUP, Config, Json, StateDir, Whole
from app.cli.output import emit
from app.cli.progress import Progress, progress
from app.cli.service import overridden
from app.cli.tables import fields, section, table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from adapters.sql import CheckReport, Database
    from app.settings import Settings
    from ports.archive import Segment
    from ports.object_store import ObjectStore

db = App(name="db", group=DATA_GROUP, help="The journal and the tables made from it.")


@db.command
def upgrade(*, config: Config = None, state_dir: StateDir = None, json: Json = False) -> int:
    """Make or migrate the journal and its tables, each wholly or not at all; harmless to repeat."""
    database = _database(config, state_dir)
    asyncio.run(database.upgrade())
    document = {"ok": True, "journal": database.journal_name, "projections": database.tables_name}
    emit(document, fields(document, ("journal", "projections")), as_json=json)
    return 0


@db.command
def check(*, config: Config = None, state_dir: StateDir = None, json: Json = False) -> int:
    """Read every entry of the journal, make the tables anew beside the ones there are, and compare every row.

    Changes nothing; a running service may go on.
    """
    from app.valuation import VALUATION

    database = _database(config, state_dir)
    database.require()
    with progress() as tell:
        tell(f"checking {database.journal_name}")
        found = asyncio.run(database.check(VALUATION))
    document = _document(database, found)
    emit(document, _text(document), as_json=json)
    return 0 if found.ok else FAILED


@db.command
def rebuild(*, config: Config = None, state_dir: StateDir = None, json: Json = False) -> int:
    """Empty the read tables and make them again from the journal. The service must be stopped."""
    database = _database(config, state_dir)
    database.require()
    with progress() as tell:
        sequence = asyncio.run(_rebuild(database, tell))
    document = {"ok": True, "projections": database.tables_name, "sequence": sequence}
    emit(document, fields(document, ("projections", "sequence")), as_json=json)
    return 0


@db.command
def archive(
    *, older_than_days: Whole = 0, config: Config = None, state_dir: StateDir = None, json: Json = False
) -> int:
    """Put the oldest entries of the journal into the execution store, and remove them from the database.

    Each object is read back and compared before its entries leave. The newest 50,000 stay. The service must be
    stopped; while it runs it does this by itself where `journal.archive_after_days` is set.

    Parameters
    ----------
    older_than_days
        Leave what is younger; without it, only the newest 50,000 stay.
    """
    from app.archiving import DAY_NS
    from app.buckets import archive_of

    settings = settings_of(config, state_dir)
    place = archive_of(settings)
    database = _database_of(settings)
    database.require()
    with progress() as tell:
        segments = asyncio.run(_archive(database, place.open(), time_ns() - older_than_days * DAY_NS, tell))
    document = {
        "ok": True,
        "journal": database.journal_name,
        "archive": place.folder or f"gs://{place.bucket}",
        "segments": len(segments),
        "archived": segments[-1].last_seq if segments else 0,
    }
    emit(document, fields(document, ("journal", "archive", "segments", "archived")), as_json=json)
    return 0


async def _archive(database: Database, store: ObjectStore, before_ns: int, tell: Progress) -> Sequence[Segment]:
    from adapters.sql import archive_next
    from ports.archive import NEVER_ARCHIVED

    journal, reader = database.journal(), database.reader()
    try:
        head = await journal.open()
        await reader.open()
        segments = await journal.segments()
        if segments:
            await journal.cut(segments[-1])  # what was begun before is finished first
        while (segment := await archive_next(reader, store, head.seq - NEVER_ARCHIVED, before_ns)) is not None:
            await journal.cut(segment)
            tell(f"archived up to sequence {segment.last_seq:,}")
        return await journal.segments()
    finally:
        await reader.close()
        await journal.close()


def _database(config: Path | None, state_dir: Path | None) -> Database:
    return _database_of(settings_of(config, state_dir))


def settings_of(config: Path | None, state_dir: Path | None) -> Settings:
    """Return the configuration that a command of `livexec db` is about."""
    from app.settings import load_settings

    return overridden(load_settings(config, os.environ), state_dir=state_dir)


def _database_of(settings: Settings) -> Database:
    """Return the database of a configuration, which reads on in its archive."""
    from adapters.sql import database_at
    from app.buckets import archive_of

    return database_at(settings.database_url.reveal(), archive_of(settings).open)


async def _rebuild(database: Database, tell: Progress) -> int:
    from adapters.sql import rebuild as make_again
    from app.valuation import VALUATION

    journal, tables = database.reader(), database.tables(VALUATION)
    try:
        await journal.open()
        await tables.open()
        return await make_again(journal, tables, lambda sequence: tell(f"made up to sequence {sequence:,}"))
    finally:
        await tables.close()
        await journal.close()


def _document(database: Database, found: CheckReport) -> dict[str, Any]:
    problems = [
        {"damage": each.damage, "first_seq": each.first_seq, "last_seq": each.last_seq, "detail": each.detail}
        for each in found.journal.problems
    ]
    tables = found.projections
    differences = [
        {"table": each.table, "rows": each.rows, "keys": list(each.keys)}
        for each in (tables.differences if tables else ())
    ]
    compared = tables is not None
    return {
        "ok": found.ok,
        "checks": [
            _zero("journal_problems", len(problems), "problems"),
            _zero("projections_not_compared", 0 if compared else 1, "files"),
            _zero("projection_differences", sum(each.rows for each in tables.differences) if tables else 0, "rows"),
        ],
        "journal": {
            "path": database.journal_name,
            "examined": found.journal.examined,
            "sequence": found.journal.head.seq,
            "epoch": found.journal.head.epoch,
            "archived": found.journal.archived,
            "segments": found.journal.segments,
            "problems": problems,
        },
        "projections": {
            "path": database.tables_name,
            "compared": compared,
            "examined": tables.rows_examined if tables else 0,
            "sequence": tables.cursor if tables else 0,
            "differences": differences,
        },
    }


def _zero(name: str, value: int, unit: str) -> dict[str, Any]:
    return {"name": name, "value": value, "limit": 0, "unit": unit, "ok": value == 0}


def _text(document: dict[str, Any]) -> str:
    journal, projections = document["journal"], document["projections"]
    parts = [
        table(document["checks"], ("ok", "name", "value", "limit", "unit")),
        section("journal", fields(journal, ("path", "examined", "sequence", "epoch", "archived", "segments"))),
        section("problems", _rows(journal["problems"], ("damage", "first_seq", "last_seq", "detail"))),
        section("projections", fields(projections, ("path", "compared", "examined", "sequence"))),
        section("differences", _rows(projections["differences"], ("table", "rows", "keys"))),
    ]
    return "\n".join(part for part in parts if part)


def _rows(rows: list[dict[str, Any]], columns: tuple[str, ...]) -> str:
    return table(rows, columns) if rows else ""
