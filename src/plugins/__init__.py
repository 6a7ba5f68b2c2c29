"""Finds and examines other people's venues: hook specifications, discovery, conformance suites, scaffold."""
