"""Recorded sessions: every message that an actor was given, as it was given, so that its life can be led again."""

from adapters.recording.lines import Began, Given, Line, Made, SetAside, Started
from adapters.recording.reading import lines_of, lives_in
from adapters.recording.session_log import SessionLog

__all__ = ["Began", "Given", "Line", "Made", "SessionLog", "SetAside", "Started", "lines_of", "lives_in"]
