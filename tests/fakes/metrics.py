"""Everything that `/metrics` of a live service shows, over vital signs that a test makes up."""

from __future__ import annotations

from prometheus_client import CollectorRegistry

from adapters.telemetry import (
    DoorMetrics,
    FactMetrics,
    ServiceTelemetry,
    VenueVital,
    Vitals,
    VitalsMetrics,
    add_process,
)

NOW_NS = 1_790_000_000_000_000_000


def vitals() -> Vitals:
    """Return a service that is well, with something of everything."""
    venue = VenueVital(
        venue="OKX",
        account="PAPER-OKX",
        state="CONNECTED",
        heard_ns=NOW_NS - 1_000_000_000,
        quoted_ns=NOW_NS - 2_000_000_000,
        round_trip_s=0.02,
        budgets_left={"orders": 0.5},
    )
    return Vitals(
        now_ns=NOW_NS,
        mailbox={"urgent": 0, "reports": 0, "orders": 3, "commit": 1},
        unconfirmed_ns=(NOW_NS - 30_000_000_000, NOW_NS - 700_000_000_000),
        breaks=(("POSITION_DIFFERS", NOW_NS - 5_000_000_000),),
        exposure_usd={"gross": 3.0, "net": -1.0, "worst_case": 4.0},
        limit_use={"max_total_notional": 0.5},
        venues=[venue],
        disk_free_bytes=50,
        disk_bytes=100,
    )


def metrics() -> CollectorRegistry:
    """Return a registry with every collector of a live service; Linux tells of a process, others may not."""
    registry = CollectorRegistry()
    telemetry = ServiceTelemetry(registry)
    FactMetrics(registry, 0, telemetry.steps)
    DoorMetrics(registry, telemetry.steps)
    VitalsMetrics(registry, vitals)
    add_process(registry, "1.2.3")
    return registry
