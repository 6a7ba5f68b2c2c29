"""Transaction cost analysis of a session: its market kept, its orders measured, and the report of a run."""
