"""What gRPC and REST share: who is asking, what they wrote, what is answered, and the one table of errors."""

from adapters.doors.auth import Authenticator
from adapters.doors.service import BreakView, ExposureLine, HaltView, PartHealth, Service, StreamView, VenueView

__all__ = ["Authenticator", "BreakView", "ExposureLine", "HaltView", "PartHealth", "Service", "StreamView", "VenueView"]
