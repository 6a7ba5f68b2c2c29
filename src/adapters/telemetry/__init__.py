"""Prometheus metrics, structured logs, and the recorders that tests and demonstrations read."""

from adapters.telemetry.door_metrics import DoorMetrics
from adapters.telemetry.durations import Durations
from adapters.telemetry.fact_log import FactLog
from adapters.telemetry.fact_metrics import FactMetrics
from adapters.telemetry.logs import configure_logs
from adapters.telemetry.process import add_process
from adapters.telemetry.releases import ReleaseRecorder
from adapters.telemetry.service import ServiceTelemetry
from adapters.telemetry.vitals import VenueVital, Vitals, VitalsMetrics

__all__ = [
    "DoorMetrics",
    "Durations",
    "FactLog",
    "FactMetrics",
    "ReleaseRecorder",
    "ServiceTelemetry",
    "VenueVital",
    "Vitals",
    "VitalsMetrics",
    "add_process",
    "configure_logs",
]
