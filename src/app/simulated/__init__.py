"""Live trading at simulated venues: their processes, the configuration that leads there, their own count against ours.

The simulators themselves are in the repository's `tests/simulators`, not in the wheel.
"""
