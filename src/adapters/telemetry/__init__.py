"""Prometheus metrics, structured logs, and the recorders that tests and demonstrations read."""

from adapters.telemetry.fact_log import FactLog
from adapters.telemetry.fact_metrics import FactMetrics
from adapters.telemetry.logs import configure_logs
from adapters.telemetry.releases import ReleaseRecorder
from adapters.telemetry.service import ServiceTelemetry

__all__ = ["FactLog", "FactMetrics", "ReleaseRecorder", "ServiceTelemetry", "configure_logs"]
