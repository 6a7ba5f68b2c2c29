"""SQL as the driver takes it, written once from the tables: the hot path binds plain tuples and builds nothing.

Each of the two databases has its dialect; whoever writes to one asks its `Writing` for statements.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from operator import itemgetter
from typing import Any, Final

from sqlalchemy import BindParameter, ClauseElement, Dialect, Table, bindparam, insert, update
from sqlalchemy.dialects.postgresql import insert as insert_or
from sqlalchemy.dialects.sqlite import dialect as sqlite_dialect
from sqlalchemy.engine import make_url
from sqlalchemy.sql.compiler import SQLCompiler

from adapters.sql.rows import Changes, Columns
from adapters.sql.schema import (
    breaks,
    fills,
    instruments,
    order_events,
    position_history,
    positions,
    unified_orders,
)


@dataclass(frozen=True, slots=True)
class Statement:
    """One statement and the columns that its places stand for."""

    text: str
    columns: Sequence[str]

    def bind(self, rows: Iterable[Columns]) -> list[tuple[Any, ...]]:
        """Return rows as the driver takes them."""
        pick = itemgetter(*self.columns)
        return [pick(row) for row in rows] if len(self.columns) > 1 else [(pick(row),) for row in rows]


class Writing:
    """Statements in the words of one dialect."""

    def __init__(self, dialect: Dialect) -> None:
        self._dialect = dialect
        self.insert_into = cache(self._insert_into)
        self.upsert_into = cache(self._upsert_into)
        self.update_of = cache(self._update_of)
        self.settle_breaks = cache(self._settle_breaks)

    def of(self, changes: Changes) -> Iterator[tuple[Statement, Iterable[Columns]]]:
        """Yield what a batch of entries writes, in order; the unified positions, made of the rest, come after it."""
        yield self.insert_into(unified_orders), changes.new_orders.values()
        for columns, rows in _alike(changes.order_changes).items():
            yield self.update_of(unified_orders, columns), rows
        yield self.insert_into(order_events), changes.events
        yield self.insert_into(fills), changes.fills
        yield self.upsert_into(positions), changes.positions.values()
        yield self.upsert_into(instruments), changes.instruments.values()
        yield self.insert_into(position_history), changes.position_history
        yield self.settle_breaks(), changes.settled_breaks  # before those of this batch, which may have the same names
        yield self.insert_into(breaks), changes.breaks

    def text_of(self, statement: ClauseElement) -> str:
        """Return a statement without values as its text."""
        return str(statement.compile(dialect=self._dialect))

    def _insert_into(self, table: Table) -> Statement:
        """Return the INSERT of a whole row; one that is there already is an error."""
        return self._compiled(insert(table))

    def _upsert_into(self, table: Table) -> Statement:
        """Return the INSERT of a whole row that takes the place of the one with its key."""
        statement = insert_or(table)  # spelled the same in both
        others = {column.name: statement.excluded[column.name] for column in table.columns if not column.primary_key}
        return self._compiled(statement.on_conflict_do_update(index_elements=list(table.primary_key), set_=others))

    def _update_of(self, table: Table, columns: frozenset[str]) -> Statement:
        """Return the UPDATE of some columns of the row with one key (the table's only one)."""
        (key,) = table.primary_key
        values: dict[str, BindParameter[Any]] = {name: bindparam(name) for name in sorted(columns)}
        # SET names no column's own parameter, so the key's may not have its name either.
        statement = self._compiled(update(table).where(key == bindparam("the_key")).values(values))
        return Statement(statement.text, [key.name if name == "the_key" else name for name in statement.columns])

    def _settle_breaks(self) -> Statement:
        """Return the UPDATE that settles the open break of one name; earlier ones of that name stay as they are."""
        names = ("settled_at", "how", "settled_seq", "principal", "reason")
        values: dict[str, BindParameter[Any]] = {name: bindparam(name) for name in names}
        is_it = (breaks.c.break_id == bindparam("the_key")) & breaks.c.settled_at.is_(None)
        statement = self._compiled(update(breaks).where(is_it).values(values))
        return Statement(statement.text, ["break_id" if name == "the_key" else name for name in statement.columns])

    def _compiled(self, statement: ClauseElement) -> Statement:
        compiled = statement.compile(dialect=self._dialect)
        if not isinstance(compiled, SQLCompiler):
            raise TypeError("only statements on rows are written here")
        return Statement(str(compiled), tuple(compiled.positiontup or ()))


def _alike(changes: dict[str, Columns]) -> dict[frozenset[str], list[Columns]]:
    """Return changed orders by the set of columns that changed."""
    groups: dict[frozenset[str], list[Columns]] = {}
    for operation_id, columns in changes.items():
        groups.setdefault(frozenset(columns), []).append(columns | {"operation_id": operation_id})
    return groups


SQLITE: Final = Writing(sqlite_dialect())  # `?` for every value, in order
POSTGRES: Final = Writing(make_url("postgresql+asyncpg://").get_dialect()())  # `$1`, `$2`, each with its type
