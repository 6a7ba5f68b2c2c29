"""Alerts: when each condition holds, and who is told of it how often."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import pytest

from adapters.telemetry.alert_engine import OVER_S, AlertEngine, Escalation
from adapters.telemetry.conditions import BY_NAME, CONDITIONS
from adapters.telemetry.sights import History, Sight, quantile
from ports.alerts import Alert, AlertState, Severity
from ports.values import Principal

from fakes.metrics import NOW_NS, vitals

WELL = replace(vitals(), unconfirmed_ns=(), breaks=())
VENUE = WELL.venues[0]
BOUNDS = (0.02, 2.0)
ANNA = Principal("anna")


def at(seconds: float, changes: Mapping[str, Any] | None = None, **counts: Any) -> Sight:
    now_ns = NOW_NS + int(seconds * 1e9)
    venues = [replace(one, heard_ns=now_ns, quoted_ns=now_ns) for one in WELL.venues]
    return Sight(vitals=replace(WELL, **{"now_ns": now_ns, "venues": venues, **(changes or {})}), **counts)


class Watch:
    """An engine that is led by hand, and what it told."""

    def __init__(self) -> None:
        self.told: list[Alert] = []
        history = History(BOUNDS)
        self.engine = AlertEngine([self.told.append], history, Escalation(repeat_s=300, escalate_s=900))

    def look(self, *sights: Sight) -> list[Alert]:
        before = len(self.told)
        for sight in sights:
            self.engine.look(sight)
        return self.told[before:]


def venues(**changes: Any) -> Mapping[str, Any]:
    return {"venues": [replace(VENUE, **{"quoted_ns": NOW_NS + 600_000_000_000, **changes})]}


SLOW = {"ack": (3_000, 2_000, 0)}
HOLDS: Mapping[str, Sequence[Sight]] = {
    "LivexecRejectionsHigh": [at(0), at(300, submitted=30, refused=6, rejected=1)],
    "LivexecVenueDown": [at(0, venues(state="DISCONNECTED")), at(30, venues(state="DISCONNECTED"))],
    "LivexecLimitNear": [at(0, {"limit_use": {"max_total_notional": 0.85}})],
    "LivexecLimitBreached": [at(0), at(60, refusals={"price_collar": 1})],
    "LivexecLatencyUnusual": [
        at(0, steps={"ack": (0, 0, 0)}),
        *(at(3_600 + gone, steps={"ack": (3_000, 0, 0)}) for gone in (0, 600)),
        *(at(4_500 + gone, steps=SLOW) for gone in (0, 60)),
    ],
    "LivexecOrdersUnconfirmed": [at(0, {"unconfirmed_ns": (NOW_NS - 61_000_000_000,)})],
    "LivexecBreakOpen": [at(0, {"breaks": (("OVERFILL", NOW_NS),)})],
    "LivexecStreamSilent": [at(0, venues(quoted_ns=NOW_NS - 61_000_000_000))],
    "LivexecJournalAway": [at(0, {"is_taking": False}), at(5, {"is_taking": False})],
    "LivexecLeaseClosed": [at(gone, {"lease_s": -gone}) for gone in (0, 5)],
    "LivexecReadTablesBehind": [at(gone, {"tables_behind": 20_000}) for gone in (0, 30)],
    "LivexecMailboxLong": [at(gone, {"mailbox": {"orders": 9_000}}) for gone in (0, 10)],
    "LivexecDiskLow": [at(0, {"disk_free_bytes": 9})],
    "LivexecClockOff": [at(0, venues(clock_ahead_s=-0.6))],
    "LivexecRateLimitLow": [at(gone, venues(budgets_left={"orders": 0.05})) for gone in (0, 10)],
    "LivexecHalted": [at(0, {"halts": 1})],
    "LivexecDefectMet": [at(0), at(60, incidents=1)],
}


def test_every_condition_is_looked_at_here() -> None:
    assert HOLDS.keys() == BY_NAME.keys()


@pytest.mark.parametrize("name", HOLDS)
def test_a_condition_that_holds_long_enough_is_told_once(name: str) -> None:
    watch = Watch()
    told = watch.look(*HOLDS[name])
    assert [(one.name, one.state) for one in told] == [(name, AlertState.FIRING)]
    assert told[0].severity is BY_NAME[name].severity
    assert told[0].runbook.endswith(f"#{name.lower()}")
    assert watch.engine.active() == told


def test_a_service_that_is_well_tells_nothing() -> None:
    counted = [at(gone, submitted=gone, refused=gone // 20, steps={"ack": (gone * 10, 0, 0)})
               for gone in range(0, 7_200, 60)]  # fmt: skip
    assert Watch().look(*counted) == []


def test_what_does_not_hold_long_enough_is_never_told() -> None:
    down = venues(state="DISCONNECTED")
    assert Watch().look(at(0, down), at(15, down), at(20), at(25, down), at(45, down)) == []


def test_an_alert_is_told_again_and_graver_until_somebody_acknowledges_it() -> None:
    watch, near = Watch(), {"limit_use": {"max_total_notional": 0.85}}
    told = watch.look(*[at(gone, near) for gone in range(0, 1_000, 5)])
    assert [(one.told_before, one.severity) for one in told] == [
        (0, Severity.WARNING), (1, Severity.WARNING), (2, Severity.WARNING), (3, Severity.CRITICAL),
    ]  # fmt: skip
    noted = watch.engine.acknowledge("LivexecLimitNear", "max_total_notional", ANNA, NOW_NS)
    assert noted is not None
    assert (noted.state, noted.acknowledged_by) == (AlertState.ACKNOWLEDGED, "anna")
    assert watch.look(*[at(gone, near) for gone in range(1_000, 5_000, 5)]) == []
    assert watch.told[-1] == noted


def test_what_is_over_is_told_once_and_what_flickers_is_one_alert() -> None:
    watch, halted = Watch(), {"halts": 1}
    told = watch.look(at(0, halted), at(5), at(10, halted), at(15), at(35), at(10 + OVER_S))
    assert [one.state for one in told] == [AlertState.FIRING, AlertState.RESOLVED]
    assert watch.engine.active() == []
    assert [one.state for one in watch.look(at(100, halted))] == [AlertState.FIRING]


def test_subjects_are_alerts_of_their_own_the_gravest_first() -> None:
    watch = Watch()
    watch.look(at(0, {"halts": 1, "limit_use": {"a": 0.9, "b": 0.9}, "disk_free_bytes": 1}))
    assert [(one.name, one.subject) for one in watch.engine.active()] == [
        ("LivexecDiskLow", ""), ("LivexecLimitNear", "a"), ("LivexecLimitNear", "b"), ("LivexecHalted", ""),
    ]  # fmt: skip


def test_nobody_acknowledges_what_does_not_hold() -> None:
    assert Watch().engine.acknowledge("LivexecHalted", "", ANNA, NOW_NS) is None


def test_a_quantile_is_reckoned_as_prometheus_does() -> None:
    assert quantile(0.5, (10, 10, 0), BOUNDS) == 0.02
    assert quantile(0.75, (10, 10, 0), BOUNDS) == pytest.approx(1.01)
    assert quantile(0.99, (0, 0, 5), BOUNDS) == 2.0
    assert quantile(0.5, (0, 0, 0), BOUNDS) == 0.0


def test_a_condition_has_one_name_and_one_rule() -> None:
    assert len(BY_NAME) == len(CONDITIONS) == len({one.expr for one in CONDITIONS})
