"""The tables: the journal, and the projections that are made from it (contracts.md, Database).

Two sets of tables: whoever writes the journal shares its connection with nobody, and on SQLite not even its file.
Times are UTC nanoseconds since 1970 as whole numbers, also where a column is called `created_at`.

What differs between the databases stands here: SQLite has no exact number and no JSON of its own, so both are text;
PostgreSQL compares text byte by byte (collation C), as SQLite does, whatever the language of its cluster.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any, Final, override

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    Dialect,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Numeric,
    Table,
    UniqueConstraint,
)
from sqlalchemy import Text as AnyText
from sqlalchemy.types import TypeDecorator, TypeEngine, UserDefinedType

from ports.values import MAX_PLACES, MAX_WHOLE_DIGITS, plain

POSTGRESQL: Final = "postgresql"


class ExactDecimal(TypeDecorator[Decimal]):
    """A number held exactly: plain text on SQLite, NUMERIC on PostgreSQL.

    NUMERIC(36, 18) rounds further places in silence, so only what is known to fit is kept in it. `of_any_size` is for
    sums and for what a venue says: NUMERIC without limits.
    """

    impl = AnyText
    cache_ok = True

    def __init__(self, *, of_any_size: bool = False) -> None:
        super().__init__()
        self.of_any_size = of_any_size

    @override
    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        if dialect.name != POSTGRESQL:
            return dialect.type_descriptor(AnyText())
        limits = () if self.of_any_size else (MAX_WHOLE_DIGITS + MAX_PLACES, MAX_PLACES)
        return dialect.type_descriptor(Numeric(*limits))

    @override
    def process_bind_param(self, value: Decimal | None, dialect: Dialect) -> Decimal | str | None:
        return value if value is None or dialect.name == POSTGRESQL else plain(value)

    @override
    def process_result_value(self, value: Decimal | str | None, dialect: Dialect) -> Decimal | None:
        if isinstance(value, Decimal):
            return Decimal(plain(value))  # without the zeros that fill a column up
        return None if value is None else Decimal(value)


class _JsonAsText(UserDefinedType[str]):
    """PostgreSQL's JSON, read and written as the text that it is."""

    cache_ok = True

    def get_col_spec(self, **_: Any) -> str:
        return "JSON"


Text: Final = AnyText().with_variant(AnyText(collation="C"), POSTGRESQL)
_Whole: Final = BigInteger().with_variant(Integer(), "sqlite")  # a STRICT table of SQLite knows INTEGER alone
_Json: Final = AnyText().with_variant(_JsonAsText(), POSTGRESQL)
_Exact: Final = ExactDecimal()  # the terms of an order: one whose numbers do not fit was refused
_Any: Final = ExactDecimal(of_any_size=True)

JOURNAL_REVISION: Final = "journal_0003"  # the newest migration of each line; another one is refused
PROJECTIONS_REVISION: Final = "projections_0006"

JOURNAL_TABLES: Final = MetaData()
LEADER_TABLES: Final = MetaData()  # PostgreSQL alone: a file of SQLite has a lock beside it instead
PROJECTION_TABLES: Final = MetaData()

journal: Final = Table(
    "journal",
    JOURNAL_TABLES,
    Column("seq", _Whole, primary_key=True, autoincrement=False),
    Column("ts_ns", _Whole, nullable=False),
    Column("epoch", _Whole, nullable=False),
    Column("actor", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("version", _Whole, nullable=False),
    Column("cause", Text, nullable=False),
    Column("body", LargeBinary, nullable=False),
    Column("checksum", _Whole, nullable=False),
    sqlite_strict=True,
)

# What was cut out of the journal, and where it is: a row for each object of its archive.
journal_segments: Final = Table(
    "journal_segments",
    JOURNAL_TABLES,
    Column("last_seq", _Whole, primary_key=True, autoincrement=False),
    Column("first_seq", _Whole, nullable=False),
    Column("path", Text, nullable=False),
    Column("previous", _Whole, nullable=False),
    Column("checksum", _Whole, nullable=False),
    Column("digest", Text, nullable=False),
    sqlite_strict=True,
)

# One row: who may append. `epoch` grows whenever somebody takes the journal, and is in every append; `renewals` while
# it leads and appends nothing. `lease_ms` and `fence_ms` are its terms (adapters.sql.postgres.leadership.Pulse).
journal_leader: Final = Table(
    "journal_leader",
    LEADER_TABLES,
    Column(
        "id", _Whole, CheckConstraint("id = 1", name="journal_leader_is_one"), primary_key=True, autoincrement=False
    ),
    Column("epoch", _Whole, nullable=False),
    Column("holder", Text, nullable=False),
    Column("since_ns", _Whole, nullable=False),
    Column("renewals", _Whole, nullable=False, server_default="0"),
    Column("lease_ms", _Whole, nullable=False, server_default="0"),
    Column("fence_ms", _Whole, nullable=False, server_default="0"),
)

unified_orders: Final = Table(
    "unified_orders",
    PROJECTION_TABLES,
    Column("operation_id", Text, primary_key=True),
    Column("canonical_id", Text, nullable=False),  # the instrument key: as asked until routed, then the venue's
    Column("venue", Text),  # NULL until routed
    Column("venue_type", Text),  # NAUTILUS or EXTERNAL_SDK
    Column("venue_order_id", Text),
    Column("status", Text, nullable=False),
    Column("side", Text, nullable=False),
    Column("quantity", _Exact, nullable=False),
    Column("price", _Exact),
    Column("fills", _Json, nullable=False),
    Column("strategy_id", Text, nullable=False),
    Column("created_at", _Whole, nullable=False),
    Column("updated_at", _Whole, nullable=False),
    Column("order_id", Text, nullable=False),
    Column("account", Text),
    Column("order_type", Text, nullable=False),
    Column("time_in_force", Text, nullable=False),
    Column("filled_quantity", _Any, nullable=False),
    Column("average_price", _Any),
    Column("reason_code", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("decision_id", Text, nullable=False),
    Column("client_order_id", Text),
    Column("exec_algorithm", Text, nullable=False),
    Column("tags", _Json, nullable=False),
    Column("trigger_price", _Exact),
    Column("trailing_offset", _Exact),
    Column("reduce_only", _Whole, nullable=False, server_default="0"),  # 1: yes
    Column("display_quantity", _Exact),
    Column("oco_group", Text, nullable=False, server_default=""),
    Column("after_operation_id", Text),
    Column("parent_operation_id", Text),  # of a child: the order that an algorithm works by it
    Column("created_seq", _Whole, nullable=False),  # orders are listed, and paged, by it
    Column("updated_seq", _Whole, nullable=False),
    UniqueConstraint("created_seq"),
    Index("unified_orders_by_status", "status", "created_seq"),
    Index("unified_orders_by_strategy", "strategy_id", "created_seq"),
    Index("unified_orders_by_instrument", "canonical_id", "created_seq"),
    Index("unified_orders_by_time", "created_at"),
    Index("unified_orders_by_parent", "parent_operation_id", "created_seq"),
    Index("unified_orders_by_decision", "decision_id"),
    Index("unified_orders_by_client", "client_order_id"),
    sqlite_strict=True,
)

order_events: Final = Table(
    "order_events",
    PROJECTION_TABLES,
    Column("seq", _Whole, primary_key=True, autoincrement=False),
    Column("operation_id", Text, nullable=False),
    Column("ts_ns", _Whole, nullable=False),
    Column("kind", Text, nullable=False),
    Column("body", _Json, nullable=False),
    Column("version", _Whole, nullable=False, server_default="1"),
    Index("order_events_by_order", "operation_id", "seq"),
    sqlite_strict=True,
)

# By sequence, not by trade id: this table shows what the journal says, also if it should say a trade twice.
fills: Final = Table(
    "fills",
    PROJECTION_TABLES,
    Column("seq", _Whole, primary_key=True, autoincrement=False),
    Column("operation_id", Text),  # NULL: no order of ours explains it
    Column("fill_id", Text, nullable=False),
    Column("account", Text, nullable=False),
    Column("strategy_id", Text, nullable=False),
    Column("canonical_id", Text, nullable=False),
    Column("venue", Text, nullable=False),
    Column("venue_order_id", Text),
    Column("side", Text, nullable=False),
    Column("quantity", _Any, nullable=False),
    Column("price", _Any, nullable=False),
    Column("fee", _Any, nullable=False),
    Column("fee_currency", Text, nullable=False),
    Column("liquidity", Text),  # MAKER, TAKER, or NULL: the venue did not say
    Column("venue_time_ns", _Whole, nullable=False),
    Column("learnt_at", _Whole, nullable=False),
    Index("fills_by_order", "operation_id", "seq"),
    Index("fills_by_instrument", "canonical_id", "seq"),
    Index("fills_by_trade", "fill_id"),
    sqlite_strict=True,
)

positions: Final = Table(
    "positions",
    PROJECTION_TABLES,
    Column("canonical_id", Text, primary_key=True),
    Column("account", Text, primary_key=True),
    Column("strategy_id", Text, primary_key=True),
    Column("quantity", _Any, nullable=False),  # negative where short
    Column("open_cash", _Any, nullable=False),
    Column("average_entry_price", _Any),  # NULL where flat
    Column("realized_pnl", _Any, nullable=False),
    Column("fees", _Json, nullable=False),  # currency to amount
    Column("settlement", Text, nullable=False),
    Column("updated_at", _Whole, nullable=False),
    sqlite_strict=True,
)

# `current_price` is that of our own last trade, and `unrealized_pnl` is at it: what facts alone can say. A query
# values at the newest quote.
unified_positions: Final = Table(
    "unified_positions",
    PROJECTION_TABLES,
    Column("canonical_id", Text, primary_key=True),
    Column("base_asset", Text, nullable=False),
    Column("aggregated_quantity", _Any, nullable=False),
    Column("venue_positions", _Json, nullable=False),  # venue to quantity
    Column("venue_types", _Json, nullable=False),  # venue to NAUTILUS or EXTERNAL_SDK
    Column("average_entry_price", _Any),  # NULL where flat, and where strategies stand on both sides
    Column("current_price", _Any),
    Column("unrealized_pnl", _Any),
    Column("realized_pnl", _Any, nullable=False),
    Column("updated_at", _Whole, nullable=False),
    sqlite_strict=True,
)

instruments: Final = Table(
    "instruments",
    PROJECTION_TABLES,
    Column("canonical_id", Text, primary_key=True),
    Column("account", Text, primary_key=True),
    Column("venue", Text, nullable=False),
    Column("instrument_type", Text, nullable=False),
    Column("base_asset", Text, nullable=False),
    Column("tick_size", _Any, nullable=False),
    Column("lot_size", _Any, nullable=False),
    Column("body", _Json, nullable=False),  # the whole fact, from which it is read back
    Column("version", _Whole, nullable=False),
    Column("seq", _Whole, nullable=False),
    Column("updated_at", _Whole, nullable=False),
    sqlite_strict=True,
)

# What every position was after each of its changes.
position_history: Final = Table(
    "position_history",
    PROJECTION_TABLES,
    Column("seq", _Whole, primary_key=True, autoincrement=False),
    Column("canonical_id", Text, nullable=False),
    Column("venue", Text, nullable=False),
    Column("account", Text, nullable=False),
    Column("strategy_id", Text, nullable=False),
    Column("quantity", _Any, nullable=False),
    Column("average_entry_price", _Any),  # NULL where flat
    Column("realized_pnl", _Any, nullable=False),
    Column("fees", _Json, nullable=False),
    Column("cause", Text, nullable=False),  # the trade or the adjustment
    Column("changed_at", _Whole, nullable=False),
    Index("position_history_by_instrument", "canonical_id", "seq"),
    Index("position_history_by_strategy", "strategy_id", "seq"),
    sqlite_strict=True,
)

# By the sequence that opened it: a name may be used again once its break is settled, and each is kept.
breaks: Final = Table(
    "breaks",
    PROJECTION_TABLES,
    Column("opened_seq", _Whole, primary_key=True, autoincrement=False),
    Column("break_id", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("account", Text),
    Column("canonical_id", Text),
    Column("detail", Text, nullable=False),
    Column("opened_at", _Whole, nullable=False),
    Column("settled_at", _Whole),  # NULL while it is open
    Column("how", Text),
    Column("settled_seq", _Whole),
    Column("principal", Text),  # NULL: evidence settled it
    Column("reason", Text),  # what moved a balance
    Index("breaks_by_name", "break_id"),
    Index("breaks_by_settlement", "settled_seq"),
    sqlite_strict=True,
)

projection_cursor: Final = Table(
    "projection_cursor",
    PROJECTION_TABLES,
    Column("name", Text, primary_key=True),
    Column("seq", _Whole, nullable=False),
    sqlite_strict=True,
)
