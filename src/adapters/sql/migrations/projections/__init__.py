"""Versions of the projections' tables. They are made from the journal, so a version may simply make them anew."""
