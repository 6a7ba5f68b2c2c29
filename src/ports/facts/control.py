"""Facts that are not of one order: leaders, instruments, limits, halts, accounts, breaks, poison."""

from __future__ import annotations

from enum import StrEnum

from ports.capabilities import Abilities
from ports.commands import BreakReason, HaltMode, HaltScope, Limits
from ports.instruments import Instrument, InstrumentKey
from ports.records import record
from ports.values import AccountId, OperationId, Principal, StrategyId, VenueId


@record
class LeaderStarted:
    """A process took the book. `OrderUnconfirmed` follows for every released order that no venue has answered."""

    epoch: int
    program: str
    started_ns: int


@record
class InstrumentDefined:
    """A venue lists this instrument so, from here on."""

    account: AccountId
    instrument: Instrument


@record
class LimitChange:
    """One limit that a document changes, by its name and as text (empty: not set); whether it lets more through."""

    name: str
    old: str
    new: str
    loosens: bool


@record
class LimitsSet:
    """These limits are in force from here on. `approved_by`: the second person, where one had to be asked."""

    limits: Limits
    principal: Principal
    reason: str
    set_ns: int
    changes: tuple[LimitChange, ...] = ()
    approved_by: Principal | None = None


@record
class LimitsProposed:
    """Somebody wants limits that let more through: they wait for a second person until `expires_ns`."""

    proposal_id: str
    limits: Limits
    changes: tuple[LimitChange, ...]
    principal: Principal
    reason: str
    proposed_ns: int
    expires_ns: int


class ProposalEnd(StrEnum):
    """What became of limits that waited for a second person."""

    APPROVED = "APPROVED"  # `LimitsSet` follows
    REFUSED = "REFUSED"
    SUPERSEDED = "SUPERSEDED"  # other limits were set, or proposed, meanwhile
    EXPIRED = "EXPIRED"


@record
class LimitsProposalEnded:
    """Limits that were proposed wait no more."""

    proposal_id: str
    end: ProposalEnd
    principal: Principal
    reason: str
    ended_ns: int


class TripKind(StrEnum):
    """Which control halted a scope by itself."""

    LOSS = "LOSS"  # the day's loss or drawdown is beyond its limit
    REJECTIONS = "REJECTIONS"  # too many orders of a strategy were rejected
    BREAK = "BREAK"  # our ledger and a venue's word differ
    DISCONNECT = "DISCONNECT"  # an account was not ready for too long
    FAILURES = "FAILURES"  # messages could not be processed


@record
class HaltRaised:
    """No order opens risk in this scope from here until it is lifted.

    `trip`: a control did it by itself, and it stays until a person with the risk role resumes it.
    """

    scope: HaltScope
    value: str
    mode: HaltMode
    principal: Principal
    reason: str
    raised_ns: int
    trip: TripKind | None = None


@record
class HaltLifted:
    """The scope trades again."""

    scope: HaltScope
    value: str
    principal: Principal
    reason: str
    lifted_ns: int


@record
class AbilitiesStated:
    """What an account's venue takes as it is, from here on; what it does not, we do or refuse."""

    account: AccountId
    abilities: Abilities
    stated_ns: int


@record
class AccountReconciling:
    """A venue session came up; new orders wait until every open order of the account has been answered for."""

    account: AccountId
    venue: VenueId
    since_ns: int


@record
class AccountReady:
    """The account is connected and reconciled: orders may go to it."""

    account: AccountId
    venue: VenueId
    since_ns: int


@record
class AccountLost:
    """The account's session is gone: no new orders go to it."""

    account: AccountId
    venue: VenueId
    reason: str
    since_ns: int


class BreakKind(StrEnum):
    """What kind of difference a break is."""

    OVERFILL = "OVERFILL"  # the venue filled more than was ordered
    FILL_AFTER_REJECT = "FILL_AFTER_REJECT"  # a trade of an order that the venue had rejected
    UNATTRIBUTED_ORDER = "UNATTRIBUTED_ORDER"  # the venue holds an order that is not ours
    UNATTRIBUTED_FILL = "UNATTRIBUTED_FILL"  # a trade that no order of ours explains
    GONE_FROM_VENUE = "GONE_FROM_VENUE"  # an order the venue had acknowledged, and now does not know
    POSITION_DIFFERS = "POSITION_DIFFERS"  # ours and the venue's, twice in a row and without a trade between
    BALANCE_DIFFERS = "BALANCE_DIFFERS"  # a balance moved, and no trade of ours explains by what
    FORCED_CLOSE = "FORCED_CLOSE"  # the venue closed positions by force: a liquidation, or ADL
    FUNDING_UNSHARED = "FUNDING_UNSHARED"  # a funding payment that our positions at its time do not explain
    STOP_FAILED = "STOP_FAILED"  # a stop was met and came to nothing, and what it was to close is open still
    CLOSING_REFUSED = "CLOSING_REFUSED"  # orders to close a position came to nothing, several in a row
    RULE_FAILED = "RULE_FAILED"  # a risk rule of a plugin raised, and refuses every order
    QUARANTINE = "QUARANTINE"  # a message that could not be processed


@record
class BreakOpened:
    """Our ledger and a venue's word differ; open until evidence or a person settles it."""

    break_id: str
    kind: BreakKind
    account: AccountId | None
    instrument: InstrumentKey | None
    detail: str
    opened_ns: int


@record
class BreakSettled:
    """A break is settled: by evidence (`principal` is None) or by a person, and `how` says what they found.

    `reason` is what moved a balance; None of every other kind of break.
    """

    break_id: str
    how: str
    principal: Principal | None
    settled_ns: int
    reason: BreakReason | None = None


@record
class MessageQuarantined:
    """A message made an actor raise: it is set aside, and its instrument is halted."""

    message: str
    error: str
    instrument: InstrumentKey | None
    quarantined_ns: int


@record
class StreamOpened:
    """A strategy's stream is open; when it is lost, its orders are cancelled after `grace_ns`."""

    strategy_id: StrategyId
    stream_id: str
    grace_ns: int
    principal: Principal
    opened_ns: int


@record
class StreamLost:
    """A strategy's stream is gone. `cancel_at_ns`: when its orders are cancelled; None: another one is still open."""

    strategy_id: StrategyId
    stream_id: str
    reason: str
    cancel_at_ns: int | None
    lost_ns: int


@record
class OrdersAbandoned:
    """A strategy did not come back in time: its open orders are being taken back."""

    strategy_id: StrategyId
    principal: Principal
    orders: int
    abandoned_ns: int


@record
class OrdersLeftMemory:
    """These ended long ago and are kept outside of memory from here on, with the children of those that had any.

    A tombstone leaves the same way, and so do the `unattributed` oldest trades that are of no order of ours.
    """

    operation_ids: tuple[OperationId, ...]
    unattributed: int
    left_ns: int
