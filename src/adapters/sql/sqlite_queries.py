"""The queries on SQLite, over connections that cannot write."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Final

import aiosqlite
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import AsyncAdaptedQueuePool

from adapters.sql.queries import Followed, SqlQueries
from adapters.sql.sqlite_connection import connect, failure
from adapters.sql.valuation import Valuation
from ports.market_data import QuoteReader

_READERS: Final = 2  # more would only queue for the interpreter
_QUEUE_S: Final = 5.0


class SqliteQueries(SqlQueries):
    """Reads the tables in the file `path`; connects when it is first asked. Close it when done.

    `projections` is whoever writes that file (`SqliteProjections`), `quotes` what positions are valued at.
    """

    def __init__(
        self,
        path: Path,
        projections: Followed,
        quotes: QuoteReader,
        valuation: Valuation,
        *,
        visible_within_s: float = 2.0,
    ) -> None:
        async def reader() -> aiosqlite.Connection:
            try:
                return await connect(path, "query_only = ON", cached_statements=128)
            except sqlite3.Error as error:
                raise failure(path, "open", error) from error

        engine = create_async_engine(
            "sqlite+aiosqlite://",
            async_creator=reader,
            poolclass=AsyncAdaptedQueuePool,
            pool_size=_READERS,
            max_overflow=0,
            pool_timeout=_QUEUE_S,
        )
        super().__init__(engine, projections, quotes, valuation, visible_within_s=visible_within_s)
