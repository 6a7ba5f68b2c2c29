"""Reading what was: settled breaks, and what positions were after each change."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import orjson
from sqlalchemy import Row, Select, or_, select

from adapters.sql.schema import breaks, position_history
from ports.commands import BreakReason
from ports.facts import BreakKind
from ports.history import ChangeFilter, PositionChange, SettledBreak, SettledFilter
from ports.instruments import InstrumentKey
from ports.values import AccountId, Currency, Principal, StrategyId, TradeId


def settled_breaks(where: SettledFilter) -> Select[Any]:
    """Return the question for settled breaks, those settled last first."""
    table = breaks.c
    statement = select(breaks).where(table.settled_seq.is_not(None)).order_by(table.settled_seq.desc())
    if where.kind is not None:
        statement = statement.where(table.kind == str(where.kind))
    if where.venue is not None:
        of_venue = table.canonical_id.startswith(f"{where.venue}:", autoescape=True)
        statement = statement.where(or_(of_venue, table.account.in_(sorted(where.accounts))))
    if where.account is not None:
        statement = statement.where(table.account == where.account)
    if where.instrument is not None:
        statement = statement.where(table.canonical_id == str(where.instrument))
    return statement


def settled_break(row: Row[Any]) -> SettledBreak:
    """Return a row of `breaks`."""
    return SettledBreak(
        break_id=row.break_id,
        kind=BreakKind(row.kind),
        account=None if row.account is None else AccountId(row.account),
        instrument=None if row.canonical_id is None else InstrumentKey(row.canonical_id),
        detail=row.detail,
        opened_ns=row.opened_at,
        settled_ns=row.settled_at,
        how=row.how,
        principal=None if row.principal is None else Principal(row.principal),
        reason=None if row.reason is None else BreakReason(row.reason),
    )


def position_changes(where: ChangeFilter) -> Select[Any]:
    """Return the question for changes of positions, newest first."""
    table = position_history.c
    statement = select(position_history).order_by(table.seq.desc())
    if where.instrument is not None:
        statement = statement.where(table.canonical_id == str(where.instrument))
    if where.strategy_id is not None:
        statement = statement.where(table.strategy_id == where.strategy_id)
    if where.account is not None:
        statement = statement.where(table.account == where.account)
    if where.venue is not None:
        statement = statement.where(table.venue == where.venue)
    if where.from_ns is not None:
        statement = statement.where(table.changed_at >= where.from_ns)
    if where.to_ns is not None:
        statement = statement.where(table.changed_at < where.to_ns)
    return statement


def position_change(row: Row[Any]) -> PositionChange:
    """Return a row of `position_history`."""
    return PositionChange(
        sequence=row.seq,
        account=AccountId(row.account),
        strategy_id=StrategyId(row.strategy_id),
        instrument=InstrumentKey(row.canonical_id),
        quantity=row.quantity,
        average_entry_price=row.average_entry_price,
        realized_pnl=row.realized_pnl,
        fees={Currency(currency): Decimal(amount) for currency, amount in orjson.loads(row.fees).items()},
        cause=TradeId(row.cause),
        changed_ns=row.changed_at,
    )
