"""Runs migrations on the connection that `adapters.sql.upgrade` hands over; all of them in its transaction."""

from __future__ import annotations

from alembic import context

context.configure(connection=context.config.attributes["connection"], transactional_ddl=True)
context.run_migrations()
