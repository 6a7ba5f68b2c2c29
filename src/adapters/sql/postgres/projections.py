"""The projections on PostgreSQL: one connection writes them, one transaction a batch."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import TYPE_CHECKING, Final

from adapters.sql.migrating import PROJECTIONS
from adapters.sql.postgres.address import PostgresAddress
from adapters.sql.postgres.connection import STORE_ERRORS, connect, disconnect, failure
from adapters.sql.postgres.leadership import key_of, take_lock
from adapters.sql.postgres.tables import PostgresTables
from adapters.sql.progress import Progress
from adapters.sql.revisions import check_revision
from adapters.sql.valuation import Valuation
from ports.errors import JournalUnavailableError
from ports.journal import Entry

if TYPE_CHECKING:
    from adapters.sql.postgres.connection import Connection

_REVISION: Final = f"SELECT version_num FROM {PROJECTIONS.version_table}"  # noqa: S608 - a constant
_KEY: Final = key_of("projection_cursor")


class PostgresProjections:
    """The tables at `address`, which `upgrade` has made. One process at a time may have them open.

    `timeout_s` bounds every wait for the store. A lost connection ends it: open it again, its tables know their place.
    """

    def __init__(
        self, address: PostgresAddress, valuation: Valuation, *, timeout_s: float = 60.0, takeover_s: float = 2.0
    ) -> None:
        self._address = address
        self._valuation = valuation
        self._timeout_s = timeout_s
        self._takeover_s = takeover_s
        self._progress = Progress()
        self._connection: Connection | None = None
        self._turn = asyncio.Lock()  # a connection does one thing at a time

    async def open(self) -> int:
        """Take the tables for writing and return their cursor; harmless to repeat.

        Raises:
            JournalUnavailableError: no server, no tables, they have to be migrated first, or another process has them.
            JournalCorruptError: they are a newer livexec's.
        """
        if self._connection is None:
            self._connection = await connect(self._address, can_write=True)
            try:
                await self._run(self._take)
            except BaseException:
                await self.close()
                raise
        return await self.cursor()

    async def close(self) -> None:
        """Finish what is under way and let go of the tables; harmless to repeat."""
        async with self._turn:
            connection, self._connection = self._connection, None
            if connection is not None:
                await disconnect(connection)

    async def cursor(self) -> int:
        """See `ports.projections.Projection`.

        Raises:
            JournalUnavailableError: not open, or the store did not answer.
        """
        seq = await self._run(lambda connection: PostgresTables(connection, self._valuation).cursor())
        self._progress.moved_to(seq)
        return seq

    async def take(self, entries: Sequence[Entry]) -> None:
        """See `ports.projections.Projection`.

        Raises:
            ValueError: the entries leave a hole after the cursor; none was taken in.
            JournalUnavailableError: not confirmed; take them again.
        """
        seq = await self._run(lambda connection: PostgresTables(connection, self._valuation).take(entries))
        self._progress.moved_to(seq)

    async def clear(self) -> None:
        """See `ports.projections.Projection`.

        Raises:
            JournalUnavailableError: not confirmed; clear again.
        """
        seq = await self._run(lambda connection: PostgresTables(connection, self._valuation).clear())
        self._progress.moved_to(seq)

    async def reach(self, seq: int, timeout_s: float) -> None:
        """Return as soon as the tables have taken in `seq`.

        Raises:
            NotYetVisibleError: they had not, within `timeout_s`.
        """
        await self._progress.reach(seq, timeout_s)

    async def _take(self, connection: Connection) -> None:
        check_revision(self._address.name, await connection.fetchval(_REVISION), PROJECTIONS.newest)
        if not await take_lock(connection, _KEY, self._takeover_s):
            raise JournalUnavailableError(f"{self._address.name}: another process writes its tables; stop that first")

    async def _run[T](self, work: Callable[[Connection], Awaitable[T]]) -> T:
        try:
            async with asyncio.timeout(self._timeout_s), self._turn:
                if self._connection is None:
                    raise JournalUnavailableError(f"{self._address.name}: not open")
                return await work(self._connection)
        except TimeoutError as silence:
            raise JournalUnavailableError(f"{self._address.name}: no answer in {self._timeout_s:g} s") from silence
        except STORE_ERRORS as error:
            raise failure(self._address, "projections", error) from error
