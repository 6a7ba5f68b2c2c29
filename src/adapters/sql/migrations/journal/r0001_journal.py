"""The journal."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "journal_0001"
down_revision = None


def upgrade() -> None:
    """Make the journal, and on PostgreSQL the row that says who may append to it."""
    whole = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    text = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
    op.create_table(
        "journal",
        sa.Column("seq", whole, primary_key=True, autoincrement=False),
        sa.Column("ts_ns", whole, nullable=False),
        sa.Column("epoch", whole, nullable=False),
        sa.Column("actor", text, nullable=False),
        sa.Column("kind", text, nullable=False),
        sa.Column("version", whole, nullable=False),
        sa.Column("cause", text, nullable=False),
        sa.Column("body", sa.LargeBinary, nullable=False),
        sa.Column("checksum", whole, nullable=False),
        sqlite_strict=True,
    )
    if op.get_bind().dialect.name == "postgresql":
        op.create_table(
            "journal_leader",
            sa.Column(
                "id",
                whole,
                sa.CheckConstraint("id = 1", name="only_one_leader"),
                primary_key=True,
                autoincrement=False,
            ),
            sa.Column("epoch", whole, nullable=False),
            sa.Column("holder", text, nullable=False),
            sa.Column("since_ns", whole, nullable=False),
        )
        op.execute("INSERT INTO journal_leader (id, epoch, holder, since_ns) VALUES (1, 0, '', 0)")
