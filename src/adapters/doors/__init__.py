"""What gRPC and REST share: who is asking, what they wrote, what is answered, and the one table of errors."""

from adapters.doors.auth import Authenticator
from adapters.doors.service import (
    AlgorithmView,
    BreakView,
    ExposureLine,
    HaltView,
    ParameterView,
    PartHealth,
    Service,
    StreamView,
    VenueView,
)

__all__ = [
    "AlgorithmView",
    "Authenticator",
    "BreakView",
    "ExposureLine",
    "HaltView",
    "ParameterView",
    "PartHealth",
    "Service",
    "StreamView",
    "VenueView",
]
