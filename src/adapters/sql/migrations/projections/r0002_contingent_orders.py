"""Triggers, reduce-only, what is shown, and the orders that an order depends on."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "projections_0002"
down_revision = "projections_0001"


def upgrade() -> None:
    """Add the columns; orders from before have none of these, which is what their defaults say."""
    text = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
    number = sa.Text().with_variant(sa.Numeric(36, 18), "postgresql")
    whole = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    for column in (
        sa.Column("trigger_price", number),
        sa.Column("trailing_offset", number),
        sa.Column("reduce_only", whole, nullable=False, server_default="0"),
        sa.Column("display_quantity", number),
        sa.Column("oco_group", text, nullable=False, server_default=""),
        sa.Column("after_operation_id", text),
    ):
        op.add_column("unified_orders", column)
