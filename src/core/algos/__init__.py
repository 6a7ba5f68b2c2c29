"""Execution algorithms as pure planners: from a parent's terms, its children so far and the market to the next step."""
