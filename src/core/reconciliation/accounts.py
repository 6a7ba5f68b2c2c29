"""Which accounts are connected, and which of their orders still have to be answered for."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from ports.facts import AccountLost, AccountReady, AccountReconciling
from ports.values import AccountId, OperationId, VenueId


class AccountStatus(StrEnum):
    """How far an account is."""

    LOST = "LOST"
    RECONCILING = "RECONCILING"
    READY = "READY"


@dataclass(slots=True)
class AccountState:
    """One account; `unanswered` are its open orders that the venue has not spoken of since it came up."""

    venue: VenueId
    status: AccountStatus
    since_ns: int = 0  # when its session last came up
    unanswered: set[OperationId] = field(default_factory=set)


class Accounts:
    """Every account that ever came up."""

    def __init__(self) -> None:
        self._accounts: dict[AccountId, AccountState] = {}

    def get(self, account: AccountId) -> AccountState | None:
        """Return an account; None means its session never came up."""
        return self._accounts.get(account)

    def is_ready(self, account: AccountId) -> bool:
        """Say whether orders may go to an account."""
        state = self._accounts.get(account)
        return state is not None and state.status is AccountStatus.READY

    def all(self) -> dict[AccountId, AccountState]:
        """Return every account."""
        return self._accounts

    def reconciling(self, fact: AccountReconciling, open_orders: set[OperationId]) -> None:
        """A session came up; these orders have to be answered for."""
        self._accounts[fact.account] = AccountState(fact.venue, AccountStatus.RECONCILING, fact.since_ns, open_orders)

    def ready(self, fact: AccountReady) -> None:
        """Everything is answered for."""
        up_since_ns = self._accounts[fact.account].since_ns
        self._accounts[fact.account] = AccountState(fact.venue, AccountStatus.READY, up_since_ns)

    def lost(self, fact: AccountLost) -> None:
        """The session is gone."""
        self._accounts[fact.account] = AccountState(fact.venue, AccountStatus.LOST)

    def answered(self, account: AccountId | None, operation_id: OperationId) -> None:
        """The venue spoke of an order."""
        state = self._accounts.get(account) if account is not None else None
        if state is not None:
            state.unanswered.discard(operation_id)

    def canonical(self) -> tuple[object, ...]:
        """Return the accounts in one fixed shape."""
        return tuple(
            [
                (key, one.venue, str(one.status), one.since_ns, tuple(sorted(one.unanswered)))
                for key, one in sorted(self._accounts.items())
            ]
        )
