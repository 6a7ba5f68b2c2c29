"""The catalogue of what was archived."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "journal_0002"
down_revision = "journal_0001"


def upgrade() -> None:
    """Make the catalogue: a row for each segment that was cut out of the journal."""
    whole = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    text = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
    op.create_table(
        "journal_segments",
        sa.Column("last_seq", whole, primary_key=True, autoincrement=False),
        sa.Column("first_seq", whole, nullable=False),
        sa.Column("path", text, nullable=False),
        sa.Column("previous", whole, nullable=False),
        sa.Column("checksum", whole, nullable=False),
        sa.Column("digest", text, nullable=False),
        sqlite_strict=True,
    )
