"""Reading orders and trades back from the tables, as the facts that they were made of."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Sequence
from itertools import batched
from typing import Any, Final

import orjson
from sqlalchemy import Column, Executable, Row, Select, select

from adapters.sql.rows import is_of_an_order
from adapters.sql.schema import fills, order_events, unified_orders
from ports.errors import JournalCorruptError
from ports.facts import OrderFact, decode_fact
from ports.instruments import InstrumentKey
from ports.recall import CountedTrade, LoadedOrders, LoadOrders, TradeKey
from ports.values import AccountId, Currency, Money, Price, Quantity, Side, StrategyId, TradeId

_AT_ONCE: Final = 500  # values of one statement
type Ask = Callable[[Executable], Awaitable[Sequence[Row[Any]]]]


async def read_back(ask: Ask, wanted: LoadOrders) -> LoadedOrders:
    """Return what the tables have of `wanted`; see `ports.recall.OrderRecords`."""
    names = {str(name) for name in wanted.operation_ids}
    orders = unified_orders.c
    named = await _among(ask, select(orders.operation_id), orders.client_order_id, wanted.client_order_ids)
    names |= {row.operation_id for row in named}
    facts = await _lives(ask, await _families(ask, names))
    return LoadedOrders(facts=facts, trades=await _trades(ask, wanted.trades))


async def _families(ask: Ask, names: set[str]) -> set[str]:
    """Return orders with their parents, and with everything that those placed."""
    orders = unified_orders.c
    own = await _among(ask, select(orders.operation_id, orders.parent_operation_id), orders.operation_id, names)
    roots = {row.parent_operation_id or row.operation_id for row in own}
    children = await _among(ask, select(orders.operation_id), orders.parent_operation_id, roots)
    return names | roots | {row.operation_id for row in children}


async def _lives(ask: Ask, names: set[str]) -> tuple[tuple[int, OrderFact], ...]:
    events = order_events.c
    rows = await _among(ask, select(events.seq, events.kind, events.version, events.body), events.operation_id, names)
    return tuple([(row.seq, _fact(row)) for row in sorted(rows, key=lambda row: int(row.seq))])


def _fact(row: Row[Any]) -> OrderFact:
    fact = decode_fact(row.kind, row.version, orjson.loads(row.body))
    if not is_of_an_order(fact):
        raise JournalCorruptError(f"seq {row.seq}: a {row.kind} is of no order's life")
    return fact


async def _trades(ask: Ask, wanted: Iterable[TradeKey]) -> tuple[CountedTrade, ...]:
    keys = set(wanted)
    rows = await _among(ask, select(fills), fills.c.fill_id, {trade_id for _, _, trade_id in keys})
    return tuple([trade for trade in map(_trade, rows) if trade.key in keys])


def _trade(row: Row[Any]) -> CountedTrade:
    return CountedTrade(
        account=AccountId(row.account),
        instrument=InstrumentKey(row.canonical_id),
        trade_id=TradeId(row.fill_id),
        strategy_id=StrategyId(row.strategy_id),
        side=Side(row.side),
        quantity=Quantity(row.quantity),
        price=Price(row.price),
        fee=Money(row.fee, Currency(row.fee_currency)),
    )


async def _among(ask: Ask, statement: Select[Any], column: Column[Any], values: Iterable[str]) -> list[Row[Any]]:
    found: list[Row[Any]] = []
    for part in batched(sorted(values), _AT_ONCE):
        found += await ask(statement.where(column.in_(part)))
    return found
