"""Every break that was settled, and every change of a position: made from the journal, as everything here."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "projections_0006"
down_revision = "projections_0005"

_MADE_AGAIN = (
    "unified_orders", "order_events", "fills", "positions", "unified_positions", "instruments", "projection_cursor",
)  # fmt: skip


def upgrade() -> None:
    """Make the tables, and empty the others: what was before is taken in again, as the cursor is 0."""
    whole = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    text = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
    dialect = op.get_bind().dialect.name
    number = sa.Numeric() if dialect == "postgresql" else text
    json = sa.JSON() if dialect == "postgresql" else text
    op.create_table(
        "position_history",
        sa.Column("seq", whole, primary_key=True, autoincrement=False),
        sa.Column("canonical_id", text, nullable=False),
        sa.Column("venue", text, nullable=False),
        sa.Column("account", text, nullable=False),
        sa.Column("strategy_id", text, nullable=False),
        sa.Column("quantity", number, nullable=False),
        sa.Column("average_entry_price", number),
        sa.Column("realized_pnl", number, nullable=False),
        sa.Column("fees", json, nullable=False),
        sa.Column("cause", text, nullable=False),
        sa.Column("changed_at", whole, nullable=False),
        sqlite_strict=True,
    )
    op.create_index("position_history_by_instrument", "position_history", ["canonical_id", "seq"])
    op.create_index("position_history_by_strategy", "position_history", ["strategy_id", "seq"])
    op.drop_table("breaks")
    op.create_table(
        "breaks",
        sa.Column("opened_seq", whole, primary_key=True, autoincrement=False),
        sa.Column("break_id", text, nullable=False),
        sa.Column("kind", text, nullable=False),
        sa.Column("account", text),
        sa.Column("canonical_id", text),
        sa.Column("detail", text, nullable=False),
        sa.Column("opened_at", whole, nullable=False),
        sa.Column("settled_at", whole),
        sa.Column("how", text),
        sa.Column("settled_seq", whole),
        sa.Column("principal", text),
        sa.Column("reason", text),
        sqlite_strict=True,
    )
    op.create_index("breaks_by_name", "breaks", ["break_id"])
    op.create_index("breaks_by_settlement", "breaks", ["settled_seq"])
    for table in _MADE_AGAIN:
        op.execute(f"DELETE FROM {table}")  # noqa: S608 - names of our own tables
