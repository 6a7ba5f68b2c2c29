"""Traces of orders, where the configuration names a collector."""

from __future__ import annotations

from importlib.metadata import version
from typing import TYPE_CHECKING

from ports.errors import InvalidInputError

if TYPE_CHECKING:
    from adapters.telemetry.traces import OrderTraces

WITHIN_S = 5


def order_traces(endpoint: str, begin_after: int) -> OrderTraces:
    """Return a projection that sends every order's trace to a collector (OTLP over HTTP).

    Raises:
        InvalidInputError: OpenTelemetry is not installed.
    """
    try:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter

        from adapters.telemetry.traces import OrderTraces
    except ImportError:
        remedy = "install livexec[otel], or leave it out"
        raise InvalidInputError("logging.traces_endpoint", endpoint, remedy) from None
    exporter = OTLPSpanExporter(endpoint=endpoint, timeout=WITHIN_S)
    return OrderTraces(exporter, begin_after, version("livexec"))
