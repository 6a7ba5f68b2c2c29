"""Runs migrations on the connection that `adapters.sql.migrating` hands over; all of them in its transaction."""

from __future__ import annotations

from alembic import context

_GIVEN = context.config.attributes

context.configure(connection=_GIVEN["connection"], version_table=_GIVEN["version_table"], transactional_ddl=True)
context.run_migrations()
