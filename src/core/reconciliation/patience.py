"""How long silence is borne before a venue is asked, and how often it is asked again."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from ports.records import brief_record, maker
from ports.requests import WakeAt
from ports.values import AccountId, OperationId, StrategyId

_new_wake_at: Final = maker(WakeAt)

_SECOND_NS: Final = 1_000_000_000
_LONGEST_DOUBLING: Final = 6
_UNSEEN_APART_NS: Final = 2 * _SECOND_NS  # what a venue's copies may lag behind; its deadline has passed by the first
TIMES_UNSEEN_IS_EVIDENCE: Final = 2
MOST_CLOSINGS_IN_VAIN: Final = 4  # in a row, until a person is told
MOST_UNSENT: Final = 8  # sends that never left, of one order: the last is tried a minute after the first


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """`answer_ns`: from release, or from a cancel, to the first question. `not_found_lag_ns`: how long after release
    a venue may still not know an order that it has (its query lag, with room). `statement_ns`: between a venue's
    statements of a whole account. `resend_ns`: from the first proof that an order never left to its next send.
    """

    answer_ns: int = 5 * _SECOND_NS
    not_found_lag_ns: int = 1 * _SECOND_NS
    statement_ns: int = 60 * _SECOND_NS
    resend_ns: int = _SECOND_NS // 2

    def watch(self, watch: Watch, now_ns: int) -> WakeAt:
        """Return the request to look at an order again; each attempt waits twice as long as the one before."""
        delay_ns = self.answer_ns << min(watch.attempt, _LONGEST_DOUBLING)
        token = f"watch|{watch.attempt}|{watch.since_ns}|{watch.operation_id}"
        return _new_wake_at(at_ns=now_ns + delay_ns, token=token)

    def counts_from_ns(self, released_ns: int, unseen_asked_ns: int) -> int:
        """Return from when on a question's "not found" counts, of an order that was released and was not seen then."""
        return max(released_ns + self.not_found_lag_ns, unseen_asked_ns + self._apart_ns)

    @property
    def _apart_ns(self) -> int:
        return min(self.not_found_lag_ns, _UNSEEN_APART_NS)

    def ask_again(self, operation_id: OperationId, now_ns: int, counts_from_ns: int = 0) -> WakeAt:
        """Return the request to ask once more after a "not found", when the next one counts."""
        return WakeAt(at_ns=max(now_ns + self._apart_ns, counts_from_ns), token=f"ask|{operation_id}")

    def try_again_ns(self, times: int, now_ns: int) -> int:
        """Return when an order is sent again of which so many sends never left; each pause is twice the one before."""
        return now_ns + (self.resend_ns << min(times - 1, _LONGEST_DOUBLING))

    def close_again_ns(self, times: int, last_ns: int) -> int:
        """Return when a position is closed again of which so many closing orders came to nothing, the last then."""
        return last_ns + (self.answer_ns << min(times - 1, _LONGEST_DOUBLING))

    def look_at_positions(self, raised_ns: int, now_ns: int) -> WakeAt:
        """Return the request to look again at what is to be closed under the halt that was raised then."""
        return WakeAt(at_ns=now_ns + self.answer_ns, token=f"flatten|{raised_ns}")

    def next_statement(self, account: AccountId, since_ns: int, now_ns: int) -> WakeAt:
        """Return the request to ask for the next statement of an account."""
        return WakeAt(at_ns=now_ns + self.statement_ns, token=f"statement|{since_ns}|{account}")

    def statement_again(self, account: AccountId, since_ns: int, now_ns: int) -> WakeAt:
        """Return the request to ask soon for a statement that was not answered."""
        return WakeAt(at_ns=now_ns + self.answer_ns, token=f"statement|{since_ns}|{account}")


def look_at(operation_id: OperationId, at_ns: int) -> WakeAt:
    """Return the request to look again at a held order at a time."""
    return WakeAt(at_ns=at_ns, token=f"held|{operation_id}")


def plan_due(operation_id: OperationId, at_ns: int) -> WakeAt:
    """Return the request to ask a parent's planner again."""
    return WakeAt(at_ns=at_ns, token=f"plan|{at_ns}|{operation_id}")


def time_is_up(operation_id: OperationId, at_ns: int) -> WakeAt:
    """Return the request to be woken when an order's time in force ends."""
    return WakeAt(at_ns=at_ns, token=f"expire|{operation_id}")


def strategy_gone(strategy: StrategyId, cancel_at_ns: int) -> WakeAt:
    """Return the request to look whether a strategy has come back in time."""
    return WakeAt(at_ns=cancel_at_ns, token=f"gone|{cancel_at_ns}|{strategy}")


def trip_look(epoch: int, at_ns: int) -> WakeAt:
    """Return the request to look at what trips controls; a chain ends with the life that began it."""
    return WakeAt(at_ns=at_ns, token=f"trips|{epoch}")


@brief_record
class Watch:
    """One chain of looks at an order: since when it is waited for, and how often it was looked at.

    There is one live chain an order at most: a chain whose `since_ns` is not the order's any more ends.
    """

    operation_id: OperationId
    since_ns: int
    attempt: int = 0


@dataclass(frozen=True, slots=True)
class StatementDue:
    """The time for an account's next statement; `since_ns` is when the session that asked for it came up."""

    account: AccountId
    since_ns: int


@dataclass(frozen=True, slots=True)
class HeldLook:
    """The time to look at a held order again that something stands in the way of."""

    operation_id: OperationId


@dataclass(frozen=True, slots=True)
class TimeIsUp:
    """The end of an order's time in force."""

    operation_id: OperationId


@dataclass(frozen=True, slots=True)
class FlattenDue:
    """The time to look again at the positions that a halt closes."""

    raised_ns: int


@dataclass(frozen=True, slots=True)
class PlanDue:
    """The time at which a parent's planner asked to be asked again."""

    operation_id: OperationId
    at_ns: int


@brief_record
class StrategyGone:
    """The time at which a disconnected strategy's orders are cancelled."""

    strategy: StrategyId
    cancel_at_ns: int


@dataclass(frozen=True, slots=True)
class TripLook:
    """The time to look at losses and at accounts that are not ready."""

    epoch: int


type Token = TripLook | StrategyGone | Watch | StatementDue | HeldLook | TimeIsUp | FlattenDue | PlanDue | OperationId


def read_token(token: str) -> Token:
    """Return what a wake-up is for; an operation id alone is one more question about its order."""
    kind, _, rest = token.partition("|")
    match kind:
        case "held":
            return HeldLook(OperationId(rest))
        case "flatten":
            return FlattenDue(int(rest))
        case "plan":
            at_ns, operation_id = rest.split("|", 1)
            return PlanDue(OperationId(operation_id), int(at_ns))
        case "gone":
            cancel_at_ns, strategy = rest.split("|", 1)
            return StrategyGone(StrategyId(strategy), int(cancel_at_ns))
        case "trips":
            return TripLook(int(rest))
        case "expire":
            return TimeIsUp(OperationId(rest))
        case "ask":
            return OperationId(rest)
        case "statement":
            since_ns, account = rest.split("|", 1)
            return StatementDue(AccountId(account), int(since_ns))
        case _:
            attempt, since_ns, operation_id = rest.split("|", 2)
            return Watch(OperationId(operation_id), int(since_ns), int(attempt))
