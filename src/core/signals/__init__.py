"""From what a strategy wants to hold to orders."""
