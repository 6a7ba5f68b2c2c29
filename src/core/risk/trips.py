"""What trips are judged by: rejections, failures and silence, each from facts alone, and when somebody resumed last."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from core.orders.oms import Oms
from core.risk.halts import HaltKey
from core.risk.traffic import Times
from ports.facts import (
    AccountLost,
    AccountReady,
    Fact,
    HaltLifted,
    LeaderStarted,
    MessageQuarantined,
    OrderRefused,
    OrderRejected,
)
from ports.values import AccountId, OperationId, StrategyId

_OF_A_HALT: Final = "RISK_HALT"  # says nothing that is not known already


class TripBook:
    """Rejected orders by strategy, messages set aside, and since when each account is not ready."""

    def __init__(self, oms: Oms) -> None:
        self._oms = oms
        self._rejected: dict[StrategyId, Times] = {}
        self._failures = Times()
        self._lost_ns: dict[AccountId, int] = {}
        self._lifted_ns: dict[HaltKey, int] = {}

    def rejected_within(self, strategy: StrategyId, now_ns: int, window_ns: int) -> int:
        """Return how many of a strategy's orders were rejected in `(now - window, now]`."""
        times = self._rejected.get(strategy)
        return 0 if times is None else times.within(now_ns, window_ns)

    def failures_within(self, now_ns: int, window_ns: int) -> int:
        """Return how many messages were set aside in `(now - window, now]`."""
        return self._failures.within(now_ns, window_ns)

    def lost(self) -> Mapping[AccountId, int]:
        """Return since when each account that is not ready has been so; from the start of this life at the earliest."""
        return self._lost_ns

    def lifted_ns(self, scope: HaltKey) -> int:
        """Return when a scope was resumed last; 0: never."""
        return self._lifted_ns.get(scope, 0)

    def appliers(self) -> Mapping[type[Fact], Callable[[Any], object]]:
        """Return who takes each kind of fact, after the orders have."""
        return {
            OrderRejected: self._order_rejected,
            OrderRefused: self._order_refused,
            MessageQuarantined: self._set_aside,
            AccountLost: self._account_lost,
            AccountReady: self._account_ready,
            LeaderStarted: self._led,
            HaltLifted: self._lifted,
        }

    def canonical(self) -> tuple[object, ...]:
        """Return what is known of accounts and resumes in one fixed shape."""
        return (
            tuple(sorted(self._lost_ns.items())),
            tuple([(*scope, at_ns) for scope, at_ns in sorted(self._lifted_ns.items())]),
        )

    def _order_rejected(self, fact: OrderRejected) -> None:
        self._rejected_of(fact.operation_id, fact.learnt_ns)

    def _order_refused(self, fact: OrderRefused) -> None:
        if fact.code != _OF_A_HALT:
            self._rejected_of(fact.operation_id, fact.refused_ns)

    def _rejected_of(self, operation_id: OperationId, at_ns: int) -> None:
        strategy = self._oms.recorded(operation_id).terms.strategy_id
        self._rejected.setdefault(strategy, Times()).add(at_ns)

    def _set_aside(self, fact: MessageQuarantined) -> None:
        self._failures.add(fact.quarantined_ns)

    def _account_lost(self, fact: AccountLost) -> None:
        self._lost_ns.setdefault(fact.account, fact.since_ns)

    def _account_ready(self, fact: AccountReady) -> None:
        self._lost_ns.pop(fact.account, None)

    def _led(self, fact: LeaderStarted) -> None:
        for account in self._lost_ns:
            self._lost_ns[account] = fact.started_ns

    def _lifted(self, fact: HaltLifted) -> None:
        self._lifted_ns[fact.scope, fact.value] = fact.lifted_ns
