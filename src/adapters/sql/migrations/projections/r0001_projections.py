"""Orders, their timelines, fills, positions, instruments, breaks, and how far the journal has been taken in."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSON

revision = "projections_0001"
down_revision = None


def upgrade() -> None:
    """Make the tables; numbers and JSON are text in SQLite, and columns of their own kind in PostgreSQL."""
    _orders()
    _order_events()
    _fills()
    _positions()
    _instruments()
    _breaks()
    op.create_table("projection_cursor", _key("name"), _whole("seq"), sqlite_strict=True)


def _plain_text() -> sa.types.TypeEngine[str]:
    return sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def _key(name: str) -> sa.Column[Any]:
    return sa.Column(name, _plain_text(), primary_key=True)


def _seq() -> sa.Column[Any]:
    return sa.Column("seq", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), primary_key=True, autoincrement=False)


def _text(name: str, *, nullable: bool = False) -> sa.Column[Any]:
    return sa.Column(name, _plain_text(), nullable=nullable)


def _json(name: str) -> sa.Column[Any]:
    return sa.Column(name, sa.Text().with_variant(JSON(), "postgresql"), nullable=False)


def _term(name: str, *, nullable: bool = False) -> sa.Column[Any]:
    """Return a column for a number that is refused where NUMERIC(36, 18) cannot hold it."""
    return sa.Column(name, sa.Text().with_variant(sa.Numeric(36, 18), "postgresql"), nullable=nullable)


def _number(name: str, *, nullable: bool = False) -> sa.Column[Any]:
    """Return a column for a number of any size."""
    return sa.Column(name, sa.Text().with_variant(sa.Numeric(), "postgresql"), nullable=nullable)


def _whole(name: str, *, nullable: bool = False) -> sa.Column[Any]:
    return sa.Column(name, sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=nullable)


def _orders() -> None:
    op.create_table(
        "unified_orders",
        _key("operation_id"),
        _text("canonical_id"),
        _text("venue", nullable=True),
        _text("venue_type", nullable=True),
        _text("venue_order_id", nullable=True),
        _text("status"),
        _text("side"),
        _term("quantity"),
        _term("price", nullable=True),
        _json("fills"),
        _text("strategy_id"),
        _whole("created_at"),
        _whole("updated_at"),
        _text("order_id"),
        _text("account", nullable=True),
        _text("order_type"),
        _text("time_in_force"),
        _number("filled_quantity"),
        _number("average_price", nullable=True),
        _text("reason_code"),
        _text("reason"),
        _text("decision_id"),
        _text("client_order_id", nullable=True),
        _text("exec_algorithm"),
        _json("tags"),
        _whole("created_seq"),
        _whole("updated_seq"),
        sa.UniqueConstraint("created_seq"),
        sqlite_strict=True,
    )
    op.create_index("unified_orders_by_status", "unified_orders", ["status", "created_seq"])
    op.create_index("unified_orders_by_strategy", "unified_orders", ["strategy_id", "created_seq"])
    op.create_index("unified_orders_by_instrument", "unified_orders", ["canonical_id", "created_seq"])
    op.create_index("unified_orders_by_time", "unified_orders", ["created_at"])


def _order_events() -> None:
    op.create_table(
        "order_events",
        _seq(),
        _text("operation_id"),
        _whole("ts_ns"),
        _text("kind"),
        _json("body"),
        sqlite_strict=True,
    )
    op.create_index("order_events_by_order", "order_events", ["operation_id", "seq"])


def _fills() -> None:
    op.create_table(
        "fills",
        _seq(),
        _text("operation_id", nullable=True),
        _text("fill_id"),
        _text("account"),
        _text("strategy_id"),
        _text("canonical_id"),
        _text("venue"),
        _text("venue_order_id", nullable=True),
        _text("side"),
        _number("quantity"),
        _number("price"),
        _number("fee"),
        _text("fee_currency"),
        _text("liquidity", nullable=True),
        _whole("venue_time_ns"),
        _whole("learnt_at"),
        sqlite_strict=True,
    )
    op.create_index("fills_by_order", "fills", ["operation_id", "seq"])
    op.create_index("fills_by_instrument", "fills", ["canonical_id", "seq"])


def _positions() -> None:
    op.create_table(
        "positions",
        _key("canonical_id"),
        _key("account"),
        _key("strategy_id"),
        _number("quantity"),
        _number("open_cash"),
        _number("average_entry_price", nullable=True),
        _number("realized_pnl"),
        _json("fees"),
        _text("settlement"),
        _whole("updated_at"),
        sqlite_strict=True,
    )
    op.create_table(
        "unified_positions",
        _key("canonical_id"),
        _text("base_asset"),
        _number("aggregated_quantity"),
        _json("venue_positions"),
        _json("venue_types"),
        _number("average_entry_price", nullable=True),
        _number("current_price", nullable=True),
        _number("unrealized_pnl", nullable=True),
        _number("realized_pnl"),
        _whole("updated_at"),
        sqlite_strict=True,
    )


def _instruments() -> None:
    op.create_table(
        "instruments",
        _key("canonical_id"),
        _key("account"),
        _text("venue"),
        _text("instrument_type"),
        _text("base_asset"),
        _number("tick_size"),
        _number("lot_size"),
        _json("body"),
        _whole("version"),
        _whole("seq"),
        _whole("updated_at"),
        sqlite_strict=True,
    )


def _breaks() -> None:
    op.create_table(
        "breaks",
        _key("break_id"),
        _text("kind"),
        _text("account", nullable=True),
        _text("canonical_id", nullable=True),
        _text("detail"),
        _whole("opened_at"),
        _whole("settled_at", nullable=True),
        _text("how", nullable=True),
        sqlite_strict=True,
    )
