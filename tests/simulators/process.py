"""A simulated venue in a process of its own: what the demonstration of live venues starts, and the tests."""

from __future__ import annotations

from app.simulated.process import SimulatedVenue

__all__ = ["SimulatedVenue"]
