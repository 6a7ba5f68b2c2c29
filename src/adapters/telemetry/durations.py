"""Histograms that cost a search among a dozen bounds where they measure, and become Prometheus's when scraped."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from prometheus_client import CollectorRegistry
from prometheus_client.core import HistogramMetricFamily
from prometheus_client.registry import Collector

SECONDS: Final = (
    *(0.000_025, 0.000_05, 0.000_1, 0.000_2, 0.000_5, 0.001, 0.002, 0.005),
    *(0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0, 10.0, 60.0),
)


class Durations(Collector):
    """One histogram with one label. Prometheus's own takes a lock and several microseconds a measurement."""

    def __init__(
        self, name: str, help_text: str, label: str, registry: CollectorRegistry, bounds: Sequence[float] = SECONDS
    ) -> None:
        self._name = name
        self._help = help_text
        self._label = label
        self._bounds = tuple(bounds)
        self._counts: dict[str, list[int]] = {}
        self._sums: dict[str, float] = {}
        registry.register(self)

    @property
    def bounds(self) -> Sequence[float]:
        """The upper bound of every bucket but the last, which has none."""
        return self._bounds

    def observe(self, label: str, value: float) -> None:
        """Count one measurement."""
        counts = self._counts.get(label)
        if counts is None:
            counts = self._counts[label] = [0] * (len(self._bounds) + 1)
            self._sums[label] = 0.0
        counts[bisect_left(self._bounds, value)] += 1
        self._sums[label] += value

    def counts(self) -> Mapping[str, Sequence[int]]:
        """Return how many measurements each bucket holds since the start, by label."""
        return {label: tuple(counts) for label, counts in list(self._counts.items())}

    def collect(self) -> Iterable[HistogramMetricFamily]:
        """Return the histogram as it is now."""
        family = HistogramMetricFamily(self._name, self._help, labels=[self._label])
        for label, counts in self.counts().items():
            total, buckets = 0, []
            for bound, count in zip((*map(str, self._bounds), "+Inf"), counts, strict=True):
                total += count
                buckets.append((bound, total))
            family.add_metric([label], buckets, self._sums[label])
        return [family]

    def describe(self) -> Iterable[HistogramMetricFamily]:
        """Say which name this collector uses, without counting."""
        return [HistogramMetricFamily(self._name, self._help, labels=[self._label])]


def steps_of(registry: CollectorRegistry) -> Durations:
    """Return the histogram of an order's steps: queue, decide, commit, send, ack, fill."""
    return Durations("livexec_order_step_seconds", "What each step of an order's way took", "step", registry)
