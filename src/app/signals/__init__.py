"""Strategies whose signals the live service trades: configured, started and stopped; followed as files, or pushed."""

from app.signals.desk import SignalDesk
from app.signals.following import SignalFollower

__all__ = ["SignalDesk", "SignalFollower"]
