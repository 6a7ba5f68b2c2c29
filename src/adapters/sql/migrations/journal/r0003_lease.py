"""The lease of the leader."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "journal_0003"
down_revision = "journal_0002"


def upgrade() -> None:
    """Add the leader's pulse and terms to its row, on PostgreSQL; a file has no second machine that could lead."""
    if op.get_bind().dialect.name == "postgresql":
        for name in ("renewals", "lease_ms", "fence_ms"):
            op.add_column("journal_leader", sa.Column(name, sa.BigInteger(), nullable=False, server_default="0"))
