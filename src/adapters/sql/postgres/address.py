"""Where a PostgreSQL database is, and what people may be told of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError

from ports.errors import InvalidInputError

_FIELD: Final = "database.url"
_REMEDY: Final = "write postgresql://USER:PASSWORD@HOST:5432/DATABASE"
_DRIVERS: Final = frozenset({"postgresql", "postgresql+asyncpg", "postgres"})


@dataclass(frozen=True, slots=True)
class PostgresAddress:
    """`name` is for people: server and database, no login. `dsn` is for the driver, and is never shown."""

    name: str
    dsn: str = field(repr=False)

    def in_schema(self, schema: str) -> PostgresAddress:
        """Return the same database, with all tables in one schema of it."""
        url = make_url(self.dsn).update_query_dict({"search_path": schema})
        return PostgresAddress(f"{self.name} schema {schema}", url.render_as_string(hide_password=False))


def is_postgres(url: str) -> bool:
    """Say whether an address is meant for PostgreSQL, right or wrong."""
    return url.partition("://")[0] in _DRIVERS


def postgres_address(url: str) -> PostgresAddress:
    """Read `postgresql://USER:PASSWORD@HOST:PORT/DATABASE`; `+asyncpg` may stand there, and `?sslmode=` and its like.

    Raises:
        InvalidInputError: no such address, or one that names no database. Nothing of it is repeated but its server.
    """
    try:
        address = make_url(url)
    except (ArgumentError, ValueError):
        raise InvalidInputError(_FIELD, "(unreadable)", _REMEDY) from None
    if address.drivername not in _DRIVERS or not address.database:
        raise InvalidInputError(_FIELD, _named(address), _REMEDY)
    query = {("sslmode" if key == "ssl" else key): value for key, value in address.query.items()}
    plain = address.set(drivername="postgresql", query=query)
    return PostgresAddress(_named(plain), plain.render_as_string(hide_password=False))


def _named(address: URL) -> str:
    host = address.host or _first(address.query, "host") or "localhost"
    port = address.port or _first(address.query, "port")
    return f"{address.drivername}://{host}{f':{port}' if port else ''}/{address.database or ''}"


def _first(query: Mapping[str, str | Sequence[str]], key: str) -> str:
    value = query.get(key, "")
    return value if isinstance(value, str) else value[0]
