"""What reading an order back from these tables needs: the versions of its facts, and where to begin."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "projections_0005"
down_revision = "projections_0004"


def upgrade() -> None:
    """Add the column and the indexes; every fact so far was written in version 1."""
    whole = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    op.add_column("order_events", sa.Column("version", whole, nullable=False, server_default="1"))
    op.create_index("unified_orders_by_client", "unified_orders", ["client_order_id"])
    op.create_index("fills_by_trade", "fills", ["fill_id"])
