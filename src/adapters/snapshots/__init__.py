"""Snapshots of the book in files."""

from adapters.snapshots.files import SnapshotFiles

__all__ = ["SnapshotFiles"]
