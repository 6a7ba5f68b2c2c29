"""Versions of the journal's table."""
