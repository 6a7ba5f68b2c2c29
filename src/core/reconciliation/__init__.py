"""Ours against theirs: what an answer settles, and what it leaves open."""
