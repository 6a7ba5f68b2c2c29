"""`livexec db backup`: a copy of the journal while the service runs."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from app.cli.database import settings_of
from app.cli.options import Config, Json, StateDir
from app.cli.output import emit
from app.cli.tables import fields
from ports.errors import InvalidInputError


def backup(
    *,
    to: Annotated[Path, Parameter(help="A new file; put it where `livexec.db` was to restore it.")],
    config: Config = None,
    state_dir: StateDir = None,
    json: Json = False,
) -> int:
    """Copy the journal into a new file, whole as of one instant; a running service goes on.

    On PostgreSQL use the server's own pg_dump.
    """
    from adapters.sql.backup import back_up

    settings = settings_of(config, state_dir)
    if settings.database.is_postgres:
        raise InvalidInputError("database.url", "(hidden)", "it is on a server: use pg_dump (docs/deploy.md)")
    sequence = back_up(settings.database_path, to)
    document = {"ok": True, "file": str(to), "sequence": sequence}
    emit(document, fields(document, ("file", "sequence")), as_json=json)
    return 0
