"""`livexec db`: migrations, integrity, and making the read tables again."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cyclopts import App

from app.cli.failures import FAILED
from app.cli.options import DATA_GROUP, Config, Json, StateDir
from app.cli.output import emit
from app.cli.progress import Progress, progress
from app.cli.service import overridden
from app.cli.tables import fields, section, table

if TYPE_CHECKING:
    from adapters.sql import CheckReport, Database

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


def _database(config: Path | None, state_dir: Path | None) -> Database:
    from adapters.sql import database_at
    from app.settings import load_settings

    settings = overridden(load_settings(config, os.environ), state_dir=state_dir)
    return database_at(settings.database_url.reveal())


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
        section("journal", fields(journal, ("path", "examined", "sequence", "epoch"))),
        section("problems", _rows(journal["problems"], ("damage", "first_seq", "last_seq", "detail"))),
        section("projections", fields(projections, ("path", "compared", "examined", "sequence"))),
        section("differences", _rows(projections["differences"], ("table", "rows", "keys"))),
    ]
    return "\n".join(part for part in parts if part)


def _rows(rows: list[dict[str, Any]], columns: tuple[str, ...]) -> str:
    return table(rows, columns) if rows else ""
