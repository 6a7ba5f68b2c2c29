"""The `livexec` command. Heavy packages are imported by the commands that need them, so that help comes at once."""

from app.cli.entry import main

__all__ = ["main"]
