"""What is counted of facts, of measurements and of vital signs, as Prometheus reads it."""

from __future__ import annotations

import pytest
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.parser import text_string_to_metric_families

from adapters.telemetry import DoorMetrics, FactMetrics, ServiceTelemetry
from adapters.telemetry.vitals import by_age
from ports.facts import OrderUnconfirmed
from ports.telemetry import STEP_SECONDS
from ports.values import OperationId

from fakes.desk import Desk
from fakes.metrics import NOW_NS, metrics
from fakes.sayings import accepted, set_limits, submit, traded

BOUNDED = {
    *("kind", "order_type", "venue", "account", "code", "rule", "liquidity", "event", "step", "le", "journal", "name"),
    *("lane", "age", "measure", "state", "budget", "version", "python", "door", "call", "outcome"),
}


@pytest.fixture
def registry() -> CollectorRegistry:
    return CollectorRegistry()


@pytest.fixture
def facts(registry: CollectorRegistry) -> FactMetrics:
    return FactMetrics(registry, 0, ServiceTelemetry(registry).steps)


async def told(desk: Desk, facts: FactMetrics) -> None:
    await facts.take(desk.entries)


def samples(registry: CollectorRegistry) -> dict[str, float]:
    text = generate_latest(registry).decode()
    found = [each for family in text_string_to_metric_families(text) for each in family.samples]
    return {f"{each.name}{sorted(each.labels.items())}": each.value for each in found}


def value(registry: CollectorRegistry, metric: str, /, **labels: str) -> float:
    return samples(registry)[f"{metric}{sorted(labels.items())}"]


async def test_an_orders_way_is_timed_from_its_facts(registry: CollectorRegistry, facts: FactMetrics) -> None:
    desk = Desk()
    desk.receive(set_limits())
    desk.receive(submit("op-1", buy="1", at="50000"))
    desk.pass_time(2)
    desk.receive(accepted("op-1"))
    desk.pass_time(3)
    desk.receive(traded("op-1", "t-1", "1"))
    await told(desk, facts)
    assert value(registry, "livexec_order_step_seconds_sum", step="ack") == 2.0
    assert value(registry, "livexec_order_step_seconds_sum", step="fill") == 5.0
    assert value(registry, "livexec_order_step_seconds_count", step="queue") == 1.0
    assert value(registry, "livexec_orders_acknowledged_total", venue="BINANCE-FUTURES") == 1.0
    assert value(registry, "livexec_orders_submitted_total", order_type="LIMIT") == 1.0


async def test_a_repeated_batch_counts_once(registry: CollectorRegistry, facts: FactMetrics) -> None:
    desk = Desk()
    desk.receive(submit("op-1", buy="1", at="50000"))
    await told(desk, facts)
    await told(desk, facts)
    assert value(registry, "livexec_orders_submitted_total", order_type="LIMIT") == 1.0


async def test_an_order_is_unconfirmed_from_its_doubt_to_its_evidence(facts: FactMetrics) -> None:
    desk = Desk()
    desk.receive(submit("op-1", buy="1", at="50000"))
    desk.pass_time(60)
    await told(desk, facts)
    doubted = [entry.fact for entry in desk.entries if isinstance(entry.fact, OrderUnconfirmed)]
    assert facts.unconfirmed == {OperationId("op-1"): doubted[0].since_ns}
    desk.receive(traded("op-1", "t-1", "1"))
    await told(desk, facts)
    assert facts.unconfirmed == {}


def test_measurements_land_in_the_bucket_that_holds_them(registry: CollectorRegistry) -> None:
    telemetry = ServiceTelemetry(registry)
    for seconds in (0.0002, 0.0003, 120.0):
        telemetry.observe(STEP_SECONDS, seconds, step="commit")
    telemetry.observe("risk_plugin_rule_us", 1_500)
    name = "livexec_order_step_seconds_bucket"
    assert value(registry, name, step="commit", le="0.0002") == 1.0
    assert value(registry, name, step="commit", le="0.0005") == 2.0
    assert value(registry, name, step="commit", le="60.0") == 2.0
    assert value(registry, name, step="commit", le="+Inf") == 3.0
    assert value(registry, "livexec_measurement_seconds_sum", name="risk_plugin_rule") == 0.0015


def test_a_request_is_counted_by_its_outcome_and_only_submits_are_timed(registry: CollectorRegistry) -> None:
    doors = DoorMetrics(registry, ServiceTelemetry(registry).steps)
    doors("rest", "POST /api/orders", "201", 0.003)
    doors("grpc", "get_order", "NOT_FOUND", 0.001)
    assert value(registry, "livexec_order_step_seconds_count", step="door") == 1.0
    assert value(registry, "livexec_door_requests_total", door="grpc", call="get_order", outcome="NOT_FOUND") == 1.0


def test_what_waits_is_told_by_its_age() -> None:
    seconds = [5, 30, 59, 61, 4_000]
    counts = by_age(NOW_NS, [NOW_NS - each * 1_000_000_000 for each in seconds])
    assert counts == {"under_10s": 1, "under_1m": 2, "under_10m": 1, "older": 1}


def test_every_label_is_one_of_a_bounded_few_and_names_keep_the_conventions() -> None:
    registry = metrics()
    shown = samples(registry)
    labels = {label for each in text_string_to_metric_families(generate_latest(registry).decode())
              for sample in each.samples for label in sample.labels}  # fmt: skip
    assert labels <= BOUNDED
    assert value(registry, "livexec_unconfirmed_orders", age="older") == 1.0
    assert value(registry, "livexec_venue_up", venue="OKX", account="PAPER-OKX") == 1.0
    assert not [name for name in shown if "_ms" in name or "_us[" in name]
