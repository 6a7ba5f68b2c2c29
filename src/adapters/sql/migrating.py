"""The two lines of migrations, and running one on an open connection, without Alembic's command line."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import alembic.command
import alembic.config
from sqlalchemy import Connection

from adapters.sql.schema import JOURNAL_REVISION, PROJECTIONS_REVISION

MIGRATIONS: Final = Path(__file__).parent / "migrations"


@dataclass(frozen=True, slots=True)
class Line:
    """One line of versions: where they are, the newest of them, and the table in which PostgreSQL keeps its place.

    On SQLite each line has a file to itself, and Alembic's own name for that table.
    """

    name: str
    newest: str
    folders: Sequence[Path]

    @property
    def version_table(self) -> str:
        """The table that says how far a PostgreSQL database is."""
        return f"{self.name}_version"


JOURNAL: Final = Line("journal", JOURNAL_REVISION, (MIGRATIONS / "journal",))
PROJECTIONS: Final = Line("projections", PROJECTIONS_REVISION, (MIGRATIONS / "projections",))


def migrate(connection: Connection, line: Line, version_table: str = "alembic_version") -> None:
    """Bring the tables of `line` to its newest version, in the connection's transaction.

    Raises:
        CommandError: the tables are at a version that this program does not know.
    """
    config = alembic.config.Config(attributes={"connection": connection, "version_table": version_table})
    config.set_main_option("script_location", _escaped(MIGRATIONS))
    config.set_main_option("version_locations", "\n".join(_escaped(folder) for folder in line.folders))
    config.set_main_option("path_separator", "newline")
    alembic.command.upgrade(config, "head")


def _escaped(path: Path) -> str:
    return str(path).replace("%", "%%")  # alembic's settings take % for a reference
