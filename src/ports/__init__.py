"""The vocabulary and the promises: what things are called and what is expected, never how."""
