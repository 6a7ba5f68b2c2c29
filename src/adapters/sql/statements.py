"""SQL as the driver takes it, written once from the tables: the hot path binds plain tuples and builds nothing."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from operator import itemgetter
from typing import Any, Final

from sqlalchemy import BindParameter, ClauseElement, Table, bindparam, insert, update
from sqlalchemy.dialects.sqlite import dialect
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.sql.compiler import SQLCompiler

from adapters.sql.rows import Columns

_DIALECT: Final = dialect()  # `?` for every value, in order


@dataclass(frozen=True, slots=True)
class Statement:
    """One statement and the columns that its question marks stand for."""

    text: str
    columns: Sequence[str]

    def bind(self, rows: Iterable[Columns]) -> list[tuple[Any, ...]]:
        """Return rows as the driver takes them."""
        pick = itemgetter(*self.columns)
        return [pick(row) for row in rows] if len(self.columns) > 1 else [(pick(row),) for row in rows]


@cache
def insert_into(table: Table) -> Statement:
    """Return the INSERT of a whole row; one that is there already is an error."""
    return _compiled(insert(table))


@cache
def upsert_into(table: Table) -> Statement:
    """Return the INSERT of a whole row that takes the place of the one with its key."""
    statement = sqlite_insert(table)
    others = {column.name: statement.excluded[column.name] for column in table.columns if not column.primary_key}
    return _compiled(statement.on_conflict_do_update(index_elements=list(table.primary_key), set_=others))


@cache
def update_of(table: Table, columns: frozenset[str]) -> Statement:
    """Return the UPDATE of some columns of the row with one key (the table's only one)."""
    (key,) = table.primary_key
    values: dict[str, BindParameter[Any]] = {name: bindparam(name) for name in sorted(columns)}
    # SET names no column's own parameter, so the key's may not have its name either.
    statement = _compiled(update(table).where(key == bindparam("the_key")).values(values))
    return Statement(statement.text, [key.name if name == "the_key" else name for name in statement.columns])


def _compiled(statement: ClauseElement) -> Statement:
    compiled = statement.compile(dialect=_DIALECT)
    if not isinstance(compiled, SQLCompiler):
        raise TypeError("only statements on rows are written here")
    return Statement(str(compiled), tuple(compiled.positiontup or ()))
