"""An index by which an order is found from its decision."""

from __future__ import annotations

from alembic import op

revision = "projections_0003"
down_revision = "projections_0002"


def upgrade() -> None:
    """Make the index."""
    op.create_index("unified_orders_by_decision", "unified_orders", ["decision_id"])
