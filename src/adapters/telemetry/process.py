"""What program this is, and what its process takes of the machine."""

from __future__ import annotations

import platform

from prometheus_client import CollectorRegistry, Gauge, ProcessCollector


def add_process(registry: CollectorRegistry, version: str) -> None:
    """Show the build, and memory, processor time and open files of this process, in `registry`."""
    build = Gauge(
        "livexec_build_info", "1; the labels say which program runs", ["version", "python"], registry=registry
    )
    build.labels(version, platform.python_version()).set(1)
    ProcessCollector(registry=registry)
