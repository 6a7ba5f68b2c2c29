"""Which accounts are connected, and which of their orders still have to be answered for."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum

from core.positions.balances import Balances
from ports.capabilities import PLAIN_ORDERS, Abilities
from ports.facts import (
    AbilitiesStated,
    AccountLost,
    AccountReady,
    AccountReconciling,
    AccountStated,
    BalanceStated,
    BreakKind,
    BreakOpened,
    OrderFilled,
    PositionCompared,
)
from ports.instruments import InstrumentKey
from ports.values import AccountId, Currency, OperationId, VenueId, plain


class AccountStatus(StrEnum):
    """How far an account is."""

    LOST = "LOST"
    RECONCILING = "RECONCILING"
    READY = "READY"


@dataclass(slots=True)
class AccountState:
    """One account.

    `unanswered` are its open orders that the venue has not spoken of since it came up, `is_stated` whether a
    statement was taken in since. `compared` holds (ours, theirs) of positions that differed last time.
    """

    venue: VenueId
    known_since_ns: int  # when its session first came up; what happened before is not ours
    abilities: Abilities = PLAIN_ORDERS
    status: AccountStatus = AccountStatus.RECONCILING
    since_ns: int = 0  # when its session last came up
    is_stated: bool = False
    unanswered: set[OperationId] = field(default_factory=set)
    traded_until_ns: int = 0  # the venue's time of its newest trade
    compared: dict[InstrumentKey, tuple[Decimal, Decimal]] = field(default_factory=dict)
    position_breaks: dict[InstrumentKey, str] = field(default_factory=dict)
    balances: dict[Currency, tuple[Decimal, Decimal]] = field(default_factory=dict)  # total, free


class Accounts:
    """Every account that ever came up."""

    def __init__(self) -> None:
        self._accounts: dict[AccountId, AccountState] = {}
        self.balances = Balances()

    def get(self, account: AccountId) -> AccountState | None:
        """Return an account; None means its session never came up."""
        return self._accounts.get(account)

    def is_ready(self, account: AccountId) -> bool:
        """Say whether orders may go to an account."""
        state = self._accounts.get(account)
        return state is not None and state.status is AccountStatus.READY

    def abilities(self, account: AccountId | None) -> Abilities:
        """Return which orders an account's venue takes as they are (None: of an order that was never routed)."""
        state = None if account is None else self._accounts.get(account)
        return PLAIN_ORDERS if state is None else state.abilities

    def able(self, fact: AbilitiesStated) -> None:
        """A venue said what it can do."""
        self._accounts[fact.account].abilities = fact.abilities

    def all(self) -> dict[AccountId, AccountState]:
        """Return every account."""
        return self._accounts

    def reconciling(self, fact: AccountReconciling, open_orders: set[OperationId]) -> None:
        """A session came up; these orders have to be answered for."""
        state = self._known(fact)
        state.status, state.since_ns = AccountStatus.RECONCILING, fact.since_ns
        state.is_stated, state.unanswered = False, open_orders

    def ready(self, fact: AccountReady) -> None:
        """Everything is answered for."""
        self._known(fact).status = AccountStatus.READY

    def lost(self, fact: AccountLost) -> None:
        """The session is gone."""
        state = self._known(fact)
        state.status, state.unanswered = AccountStatus.LOST, set()

    def answered(self, account: AccountId | None, operation_id: OperationId) -> None:
        """The venue spoke of an order."""
        state = self._accounts.get(account) if account is not None else None
        if state is not None:
            state.unanswered.discard(operation_id)

    def stated(self, fact: AccountStated) -> None:
        """A statement was taken in."""
        self._accounts[fact.account].is_stated = True

    def traded(self, fact: OrderFilled) -> None:
        """A trade moves the time from which the next statement asks."""
        state = self._accounts.get(fact.account)
        if state is not None:
            state.traded_until_ns = max(state.traded_until_ns, fact.venue_time_ns)
            self.balances.traded(fact)

    def compared(self, fact: PositionCompared) -> None:
        """Remember a difference, or forget it."""
        differences = self._accounts[fact.account].compared
        if fact.ours == fact.theirs:
            differences.pop(fact.instrument, None)
        else:
            differences[fact.instrument] = (fact.ours, fact.theirs)

    def broke(self, fact: BreakOpened) -> None:
        """Remember the open break of a position."""
        if fact.kind is BreakKind.POSITION_DIFFERS and fact.account is not None and fact.instrument is not None:
            self._accounts[fact.account].position_breaks[fact.instrument] = fact.break_id

    def settled(self, broke: BreakOpened) -> None:
        """Forget the break of a position."""
        if broke.kind is BreakKind.POSITION_DIFFERS and broke.account is not None and broke.instrument is not None:
            self._accounts[broke.account].position_breaks.pop(broke.instrument, None)

    def balance(self, fact: BalanceStated) -> None:
        """Remember a balance."""
        self._accounts[fact.account].balances[fact.currency] = (fact.total, fact.free)
        self.balances.stated(fact)

    def canonical(self) -> tuple[object, ...]:
        """Return the accounts in one fixed shape."""
        accounts = tuple([(key, *_canonical(one)) for key, one in sorted(self._accounts.items())])
        return (accounts, self.balances.canonical())

    def _known(self, fact: AccountReconciling | AccountReady | AccountLost) -> AccountState:
        state = self._accounts.get(fact.account)
        if state is None:
            state = self._accounts[fact.account] = AccountState(fact.venue, fact.since_ns)
        return state


def _canonical(one: AccountState) -> tuple[object, ...]:
    return (
        one.venue, str(one.status), repr(one.abilities), one.known_since_ns,
        one.since_ns, one.is_stated, tuple(sorted(one.unanswered)),
        one.traded_until_ns,
        tuple([(key, plain(ours), plain(theirs)) for key, (ours, theirs) in sorted(one.compared.items())]),
        tuple(sorted(one.position_breaks.items())),
        tuple([(key, plain(total), plain(free)) for key, (total, free) in sorted(one.balances.items())]),
    )  # fmt: skip
