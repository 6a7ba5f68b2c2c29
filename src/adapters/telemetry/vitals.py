"""The service's vital signs, read as one when somebody asks: what metrics show and alerts judge."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from prometheus_client import CollectorRegistry
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

_S: Final = 1e9
AGES: Final[Mapping[str, float]] = {"under_10s": 10, "under_1m": 60, "under_10m": 600, "older": float("inf")}


@dataclass(frozen=True, slots=True, kw_only=True)
class VenueVital:
    """One account's session. A time of 0: never; a ratio that is not there: not known."""

    venue: str
    account: str
    state: str  # CONNECTED | RECONCILING | DISCONNECTED
    heard_ns: int = 0
    quoted_ns: int = 0
    round_trip_s: float = 0.0
    clock_ahead_s: float = 0.0
    budgets_left: Mapping[str, float] = field(default_factory=dict)  # of its rate limits, 0 to 1

    @property
    def is_up(self) -> bool:
        """Whether orders may go to it."""
        return self.state == "CONNECTED"


@dataclass(frozen=True, slots=True, kw_only=True)
class Vitals:
    """Everything at one instant; times are UTC nanoseconds, amounts are for people and alerts, never for a decision."""

    now_ns: int
    is_taking: bool = True  # the journal takes what is decided
    lease_s: float | None = None  # for how long new orders may still be sent; None: no other process could lead
    mailbox: Mapping[str, int] = field(
        default_factory=dict
    )  # messages that wait, by lane; `commit`: outcomes, for the journal
    tables_behind: int = 0  # facts
    open_orders: int = 0
    unconfirmed_ns: Sequence[int] = ()  # since when
    breaks: Sequence[tuple[str, int]] = ()  # kind, and since when
    halts: int = 0
    exposure_usd: Mapping[str, float] = field(default_factory=dict)  # gross, net, worst_case
    limit_use: Mapping[str, float] = field(default_factory=dict)  # by rule: the highest share of newest decisions
    venues: Sequence[VenueVital] = ()
    disk_free_bytes: int = 0
    disk_bytes: int = 0


type VitalsSource = Callable[[], Vitals]
type _Sample = tuple[tuple[str, ...], float]


@dataclass(frozen=True, slots=True)
class _Family:
    name: str
    says: str
    labels: tuple[str, ...]
    read: Callable[[Vitals], Iterable[_Sample]]


def by_age(now_ns: int, since_ns: Iterable[int]) -> Mapping[str, int]:
    """Return how many are of each age."""
    counts = dict.fromkeys(AGES, 0)
    for each in since_ns:
        age_s = (now_ns - each) / _S
        counts[next(name for name, most in AGES.items() if age_s < most)] += 1
    return counts


def _breaks(vitals: Vitals) -> Iterable[_Sample]:
    for kind in sorted({kind for kind, _ in vitals.breaks}):
        ages = by_age(vitals.now_ns, [since for each, since in vitals.breaks if each == kind])
        yield from [((kind, age), float(count)) for age, count in ages.items()]


def _labelled(values: Mapping[str, float]) -> list[_Sample]:
    return [((label,), float(value)) for label, value in values.items()]


def _by_venue(value: Callable[[VenueVital, int], float | None]) -> Callable[[Vitals], Iterable[_Sample]]:
    def read(vitals: Vitals) -> Iterable[_Sample]:
        told = [(one, value(one, vitals.now_ns)) for one in vitals.venues]
        return [((one.venue, one.account), found) for one, found in told if found is not None]

    return read


def _budgets(vitals: Vitals) -> Iterable[_Sample]:
    return [
        ((one.venue, one.account, budget), left) for one in vitals.venues for budget, left in one.budgets_left.items()
    ]


def _states(vitals: Vitals) -> Iterable[_Sample]:
    return [((one.venue, one.account, one.state), 1.0) for one in vitals.venues]


def _plain(value: Callable[[Vitals], float]) -> Callable[[Vitals], Iterable[_Sample]]:
    return lambda vitals: [((), float(value(vitals)))]


_VENUE: Final = ("venue", "account")
_FAMILIES: Final = (
    _Family("livexec_journal_taking", "1 while the journal takes what is decided", (), _plain(lambda v: v.is_taking)),
    _Family(
        "livexec_lease_seconds", "For how long new orders may be sent without a renewal; not there on SQLite", (),
        lambda v: () if v.lease_s is None else [((), v.lease_s)],
    ),
    _Family("livexec_mailbox_messages", "What waits, by lane", ("lane",), lambda v: _labelled(v.mailbox)),
    _Family("livexec_read_tables_behind_facts", "Facts they lack", (), _plain(lambda v: v.tables_behind)),
    _Family("livexec_open_orders", "Orders released and not ended", (), _plain(lambda v: v.open_orders)),
    _Family(
        "livexec_unconfirmed_orders", "Orders whose outcome nobody knows", ("age",),
        lambda v: _labelled(by_age(v.now_ns, v.unconfirmed_ns)),
    ),
    _Family("livexec_open_breaks", "Breaks that wait to be settled", ("kind", "age"), _breaks),
    _Family("livexec_halts", "Halts in force", (), _plain(lambda v: v.halts)),
    _Family("livexec_exposure_usd", "Exposure in USD", ("measure",), lambda v: _labelled(v.exposure_usd)),
    _Family("livexec_limit_use_ratio", "Highest share of a limit in new decisions", ("rule",),
            lambda v: _labelled(v.limit_use)),
    _Family("livexec_venue_state", "1 for the state that a session is in", (*_VENUE, "state"), _states),
    _Family("livexec_venue_up", "1 while orders may go there", _VENUE, _by_venue(lambda one, _: float(one.is_up))),
    _Family(
        "livexec_venue_heard_age_seconds", "Since a venue was last heard", _VENUE,
        _by_venue(lambda one, now: (now - one.heard_ns) / _S if one.heard_ns else None),
    ),
    _Family(
        "livexec_market_data_age_seconds", "Since a venue's newest quote", _VENUE,
        _by_venue(lambda one, now: (now - one.quoted_ns) / _S if one.quoted_ns else None),
    ),
    _Family(
        "livexec_venue_round_trip_seconds", "Median of recent answers", _VENUE,
        _by_venue(lambda one, _: one.round_trip_s or None),
    ),
    _Family(
        "livexec_venue_clock_ahead_seconds", "A venue's clock of ours", _VENUE,
        _by_venue(lambda one, _: one.clock_ahead_s),
    ),
    _Family(
        "livexec_venue_rate_limit_left_ratio", "What is left of a rate limit", (*_VENUE, "budget"), _budgets,
    ),
    _Family("livexec_disk_free_bytes", "Free where the state folder is", (), _plain(lambda v: v.disk_free_bytes)),
    _Family("livexec_disk_size_bytes", "All there is where the state folder is", (), _plain(lambda v: v.disk_bytes)),
)  # fmt: skip


class VitalsMetrics(Collector):
    """Gauges of the vital signs: nothing is reckoned before somebody scrapes."""

    def __init__(self, registry: CollectorRegistry, source: VitalsSource) -> None:
        self._source = source
        registry.register(self)

    def collect(self) -> Iterable[GaugeMetricFamily]:
        """Return every gauge, all of one instant."""
        vitals = self._source()
        for family in _FAMILIES:
            gauge = GaugeMetricFamily(family.name, family.says, labels=family.labels)
            for labels, value in family.read(vitals):
                gauge.add_metric(labels, value)
            yield gauge

    def describe(self) -> Iterable[GaugeMetricFamily]:
        """Say which names this collector uses, without reading anything."""
        return [GaugeMetricFamily(one.name, one.says, labels=one.labels) for one in _FAMILIES]
