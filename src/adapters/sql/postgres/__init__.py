"""The journal and its tables in PostgreSQL, beside one another in one database, each with one writer."""
