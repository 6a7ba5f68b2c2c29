"""Prices as the core sees them."""
