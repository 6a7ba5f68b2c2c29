"""When somebody has to know: each condition once, as this process judges it and as Prometheus does."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final, NamedTuple

from adapters.telemetry.sights import History, Sight, grown, quantile
from ports.alerts import Severity

WINDOW_S: Final = 300.0
HISTORY_S: Final = 3_600.0
GAP_S: Final = 900.0  # between them: what is slow for minutes is not what is usual yet
REJECTED_SHARE: Final = 0.2
REJECTED_OF: Final = 20  # orders in the window, at least
NEAR_LIMIT: Final = 0.8
SLOWER: Final = 4.0  # times its own history
SLOW_S: Final = 0.01  # and at least so slow
SLOW_OF: Final = 50  # measurements in the window, at least
UNCONFIRMED_S: Final = 60.0
SILENT_S: Final = 60.0
BEHIND: Final = 10_000  # facts
WAITING: Final = 5_000  # messages
DISK_LEFT: Final = 0.1
CLOCK_S: Final = 0.5
BUDGET_LEFT: Final = 0.1


class Finding(NamedTuple):
    """What a condition holds of; `subject` is empty where it is the service."""

    subject: str
    says: str
    value: str
    limit: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """One condition: `expr` and `summary` are Prometheus's, `judge` is ours; it has to hold for `for_s` seconds."""

    name: str
    severity: Severity
    for_s: int
    summary: str
    expr: str
    judge: Callable[[Sight, History], Iterable[Finding]]


def _rejections(sight: Sight, history: History) -> Iterable[Finding]:
    before = history.before(sight, WINDOW_S)
    submitted = sight.submitted - before.submitted
    turned_away = sight.refused + sight.rejected - before.refused - before.rejected
    if submitted >= REJECTED_OF and turned_away > REJECTED_SHARE * submitted:
        share = turned_away / submitted
        says = f"{turned_away} of {submitted} orders of the last five minutes were refused or rejected"
        yield Finding("", says, f"{share:.0%}", f"{REJECTED_SHARE:.0%}")


def _venues_down(sight: Sight, _: History) -> Iterable[Finding]:
    for one in sight.vitals.venues:
        if not one.is_up:
            yield Finding(one.account, f"{one.venue} takes no orders: it is {one.state}", one.state, "CONNECTED")


def _near_limits(sight: Sight, _: History) -> Iterable[Finding]:
    for rule, share in sight.vitals.limit_use.items():
        if NEAR_LIMIT <= share <= 1:
            yield Finding(rule, f"orders use {share:.0%} of the limit {rule}", f"{share:.0%}", f"{NEAR_LIMIT:.0%}")


def _breached_limits(sight: Sight, history: History) -> Iterable[Finding]:
    before = history.before(sight, WINDOW_S)
    for rule, count in sight.refusals.items():
        lately = count - before.refusals.get(rule, 0)
        if lately:
            yield Finding(rule, f"the rule {rule} refused {lately} orders in five minutes", f"{lately} orders", "0")


def _slow_steps(sight: Sight, history: History) -> Iterable[Finding]:
    before = history.before(sight, WINDOW_S)
    then, long_before = history.before(sight, GAP_S), history.before(sight, GAP_S + HISTORY_S)
    for step, counts in sight.steps.items():
        lately = grown(counts, before.steps.get(step, ()))
        usually = grown(then.steps.get(step, ()), long_before.steps.get(step, ()))
        if sum(lately) < SLOW_OF or sum(usually) < SLOW_OF:
            continue
        now_s, usual_s = (quantile(0.99, each, history.bounds) for each in (lately, usually))
        if now_s > SLOW_S and now_s > SLOWER * usual_s:
            says = f"99 of 100 took {now_s * 1e3:.1f} ms or less at step {step}; in the hour before {usual_s * 1e3:.1f}"
            yield Finding(step, says, f"{now_s * 1e3:.1f} ms", f"{SLOWER * usual_s * 1e3:.1f} ms")


def _unconfirmed(sight: Sight, _: History) -> Iterable[Finding]:
    old = [each for each in sight.vitals.unconfirmed_ns if sight.vitals.now_ns - each >= UNCONFIRMED_S * 1e9]
    if old:
        oldest_s = (sight.vitals.now_ns - min(old)) / 1e9
        says = f"nobody knows what became of {len(old)} orders, the oldest for {oldest_s:.0f} s"
        yield Finding("", says, f"{len(old)} orders", "0")


def _breaks(sight: Sight, _: History) -> Iterable[Finding]:
    kinds = [kind for kind, _ in sight.vitals.breaks]
    for kind in sorted(set(kinds)):
        count = kinds.count(kind)
        yield Finding(kind, f"{count} breaks of kind {kind} wait for somebody", f"{count} breaks", "0")


def _silent(sight: Sight, _: History) -> Iterable[Finding]:
    for one in sight.vitals.venues:
        quiet_s = (sight.vitals.now_ns - one.quoted_ns) / 1e9
        if one.is_up and one.quoted_ns and quiet_s > SILENT_S:
            says = f"{one.venue} is connected and has quoted nothing for {quiet_s:.0f} s"
            yield Finding(one.account, says, f"{quiet_s:.0f} s", f"{SILENT_S:.0f} s")


def _journal(sight: Sight, _: History) -> Iterable[Finding]:
    if not sight.vitals.is_taking:
        yield Finding("", "the journal takes nothing: only what reduces risk is carried out", "away", "taking")


def _lease(sight: Sight, _: History) -> Iterable[Finding]:
    left_s = sight.vitals.lease_s
    if left_s is not None and left_s <= 0:
        says = f"the lease is over for {-left_s:.0f} s: no new order is sent, and a standby may take over"
        yield Finding("", says, f"{left_s:.0f} s", "0 s")


def _tables(sight: Sight, _: History) -> Iterable[Finding]:
    behind = sight.vitals.tables_behind
    if behind > BEHIND:
        yield Finding("", f"the read tables lack {behind} facts", f"{behind} facts", f"{BEHIND} facts")


def _mailbox(sight: Sight, _: History) -> Iterable[Finding]:
    for lane, waiting in sight.vitals.mailbox.items():
        if waiting > WAITING:
            says = f"{waiting} messages wait in the lane {lane}"
            yield Finding(lane, says, f"{waiting} messages", f"{WAITING} messages")


def _disk(sight: Sight, _: History) -> Iterable[Finding]:
    free, size = sight.vitals.disk_free_bytes, sight.vitals.disk_bytes
    if size and free < DISK_LEFT * size:
        says = f"{free / size:.1%} of the state folder's disk is free"
        yield Finding("", says, f"{free / size:.1%}", f"{DISK_LEFT:.0%}")


def _clocks(sight: Sight, _: History) -> Iterable[Finding]:
    for one in sight.vitals.venues:
        if abs(one.clock_ahead_s) > CLOCK_S:
            says = f"the clocks of {one.venue} and of this machine differ by {one.clock_ahead_s:+.1f} s"
            yield Finding(one.account, says, f"{one.clock_ahead_s:+.1f} s", f"{CLOCK_S} s")


def _budgets(sight: Sight, _: History) -> Iterable[Finding]:
    for one in sight.vitals.venues:
        for budget, left in one.budgets_left.items():
            if left < BUDGET_LEFT:
                says = f"{left:.0%} of the rate limit {budget} of {one.venue} is left"
                yield Finding(f"{one.account} {budget}", says, f"{left:.0%}", f"{BUDGET_LEFT:.0%}")


def _halted(sight: Sight, _: History) -> Iterable[Finding]:
    if sight.vitals.halts:
        yield Finding("", f"{sight.vitals.halts} halts are in force", f"{sight.vitals.halts} halts", "0")


def _incidents(sight: Sight, history: History) -> Iterable[Finding]:
    lately = sight.incidents - history.before(sight, WINDOW_S).incidents
    if lately:
        yield Finding("", f"{lately} requests met a defect in five minutes", f"{lately} requests", "0")


def _of_steps(window: str, offset: str = "") -> str:
    return (
        "histogram_quantile(0.99, sum by (step, le) "
        f"(rate(livexec_order_step_seconds_bucket[{window}]{offset})))"
    )  # fmt: skip


def _counted(window: str, offset: str = "") -> str:
    return f"sum by (step) (increase(livexec_order_step_seconds_count[{window}]{offset}))"


def _risen(by: str, counter: str) -> str:
    """Return what has been counted of late, of each label; one that is new began at no 0 that `increase` could see."""
    new = f"({counter} unless {counter} offset 5m)"
    return f"(sum {by} (increase({counter}[5m])) > 0) or (sum {by} {new} > 0)"


_SUBMITTED: Final = "sum(increase(livexec_orders_submitted_total[5m]))"
_TURNED_AWAY: Final = (
    "((sum(increase(livexec_orders_refused_total[5m])) or vector(0))"
    " + (sum(increase(livexec_orders_rejected_total[5m])) or vector(0)))"
)
WARNING, CRITICAL, INFO = Severity.WARNING, Severity.CRITICAL, Severity.INFO

CONDITIONS: Final = (
    Condition(
        name="LivexecRejectionsHigh", severity=WARNING, for_s=0, judge=_rejections,
        summary="{{ $value | humanizePercentage }} of new orders are refused or rejected",
        expr=f"{_TURNED_AWAY} / {_SUBMITTED} > {REJECTED_SHARE} and {_SUBMITTED} >= {REJECTED_OF}",
    ),
    Condition(
        name="LivexecVenueDown", severity=CRITICAL, for_s=30, judge=_venues_down,
        summary="{{ $labels.venue }} takes no orders ({{ $labels.account }})", expr="livexec_venue_up == 0",
    ),
    Condition(
        name="LivexecLimitNear", severity=WARNING, for_s=0, judge=_near_limits,
        summary="orders use {{ $value | humanizePercentage }} of the limit {{ $labels.rule }}",
        expr=f"livexec_limit_use_ratio >= {NEAR_LIMIT} and livexec_limit_use_ratio <= 1",
    ),
    Condition(
        name="LivexecLimitBreached", severity=WARNING, for_s=0, judge=_breached_limits,
        summary="the rule {{ $labels.rule }} refuses orders",
        expr=_risen("by (rule)", "livexec_risk_refusals_total"),
    ),
    Condition(
        name="LivexecLatencyUnusual", severity=WARNING, for_s=60, judge=_slow_steps,
        summary="step {{ $labels.step }} takes {{ $value | humanizeDuration }}, far more than in the hour before",
        expr=(
            f"{_of_steps('5m')} > {SLOWER:g} * {_of_steps('1h', ' offset 15m')} and {_of_steps('5m')} > {SLOW_S}"
            f" and {_counted('5m')} >= {SLOW_OF} and {_counted('1h', ' offset 15m')} >= {SLOW_OF}"
        ),
    ),
    Condition(
        name="LivexecOrdersUnconfirmed", severity=CRITICAL, for_s=0, judge=_unconfirmed,
        summary="nobody knows what became of {{ $value }} orders",
        expr='sum without (age) (livexec_unconfirmed_orders{age=~"under_10m|older"}) > 0',
    ),
    Condition(
        name="LivexecBreakOpen", severity=WARNING, for_s=0, judge=_breaks,
        summary="{{ $value }} breaks of kind {{ $labels.kind }} wait for somebody",
        expr="sum without (age) (livexec_open_breaks) > 0",
    ),
    Condition(
        name="LivexecStreamSilent", severity=CRITICAL, for_s=0, judge=_silent,
        summary="{{ $labels.venue }} is connected and has quoted nothing for {{ $value | humanizeDuration }}",
        expr=f"livexec_market_data_age_seconds > {SILENT_S:g} and on (instance, venue, account) livexec_venue_up == 1",
    ),
    Condition(
        name="LivexecJournalAway", severity=CRITICAL, for_s=5, judge=_journal,
        summary="the journal takes nothing: only what reduces risk is carried out", expr="livexec_journal_taking == 0",
    ),
    Condition(
        name="LivexecLeaseClosed", severity=CRITICAL, for_s=5, judge=_lease,
        summary="the journal does not renew the lease: no new order is sent, and a standby may take over",
        expr="livexec_lease_seconds <= 0",
    ),
    Condition(
        name="LivexecReadTablesBehind", severity=WARNING, for_s=30, judge=_tables,
        summary="the read tables lack {{ $value }} facts", expr=f"livexec_read_tables_behind_facts > {BEHIND}",
    ),
    Condition(
        name="LivexecMailboxLong", severity=CRITICAL, for_s=10, judge=_mailbox,
        summary="{{ $value }} messages wait in the lane {{ $labels.lane }}",
        expr=f"livexec_mailbox_messages > {WAITING}",
    ),
    Condition(
        name="LivexecDiskLow", severity=CRITICAL, for_s=0, judge=_disk,
        summary="{{ $value | humanizePercentage }} of the state folder's disk is free",
        expr=f"livexec_disk_free_bytes / livexec_disk_size_bytes < {DISK_LEFT}",
    ),
    Condition(
        name="LivexecClockOff", severity=WARNING, for_s=0, judge=_clocks,
        summary="the clocks of {{ $labels.venue }} and of this machine differ by {{ $value }} s",
        expr=f"abs(livexec_venue_clock_ahead_seconds) > {CLOCK_S}",
    ),
    Condition(
        name="LivexecRateLimitLow", severity=WARNING, for_s=10, judge=_budgets,
        summary="{{ $value | humanizePercentage }} of {{ $labels.budget }} of {{ $labels.venue }} is left",
        expr=f"livexec_venue_rate_limit_left_ratio < {BUDGET_LEFT}",
    ),
    Condition(
        name="LivexecHalted", severity=INFO, for_s=0, judge=_halted,
        summary="{{ $value }} halts are in force", expr="livexec_halts > 0",
    ),
    Condition(
        name="LivexecDefectMet", severity=WARNING, for_s=0, judge=_incidents,
        summary="requests meet a defect",
        expr=_risen("without (call, door, outcome)", 'livexec_door_requests_total{outcome=~"500|INTERNAL"}'),
    ),
)  # fmt: skip
BY_NAME: Final = {one.name: one for one in CONDITIONS}
