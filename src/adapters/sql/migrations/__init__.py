"""Alembic's environment and two lines of versions, one for the journal and one for the projections.

A version is for ever: what a release has shipped is never edited, only followed by another.
"""
