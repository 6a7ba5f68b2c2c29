"""The queries on PostgreSQL, over a few connections that cannot write."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import AsyncAdaptedQueuePool

from adapters.sql.postgres.address import PostgresAddress
from adapters.sql.postgres.connection import connect
from adapters.sql.queries import Followed, SqlQueries
from adapters.sql.valuation import Valuation
from ports.market_data import QuoteReader

if TYPE_CHECKING:
    from adapters.sql.postgres.connection import Connection

_QUEUE_S: Final = 5.0


class PostgresQueries(SqlQueries):
    """Reads the tables at `address` over at most `pool_size` connections; connects when it is first asked.

    `projections` is whoever writes them (`PostgresProjections`), `quotes` what positions are valued at. Close it when
    done.
    """

    def __init__(
        self,
        address: PostgresAddress,
        projections: Followed,
        quotes: QuoteReader,
        valuation: Valuation,
        *,
        pool_size: int = 5,
        visible_within_s: float = 2.0,
    ) -> None:
        async def reader() -> Connection:
            return await connect(address, timeout_s=_QUEUE_S)

        engine = create_async_engine(
            "postgresql+asyncpg://",
            async_creator=reader,
            poolclass=AsyncAdaptedQueuePool,
            pool_size=pool_size,
            max_overflow=0,
            pool_timeout=_QUEUE_S,
            pool_pre_ping=True,  # a server that was started again costs nobody an answer
            isolation_level="AUTOCOMMIT",
            json_deserializer=str,  # the tables hold JSON as the text that we wrote, and it is read as that
        )
        super().__init__(engine, projections, quotes, valuation, visible_within_s=visible_within_s)
