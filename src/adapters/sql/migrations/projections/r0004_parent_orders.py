"""The order that an algorithm works by a child."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "projections_0004"
down_revision = "projections_0003"


def upgrade() -> None:
    """Add the column; orders from before are no children, which is what NULL says."""
    text = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
    op.add_column("unified_orders", sa.Column("parent_operation_id", text))
    op.create_index("unified_orders_by_parent", "unified_orders", ["parent_operation_id", "created_seq"])
