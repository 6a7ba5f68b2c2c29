"""Every kind of fact there is, the version each is written in, and the status an order has after it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from ports.facts.control import (
    AbilitiesStated,
    AccountLost,
    AccountReady,
    AccountReconciling,
    BreakOpened,
    BreakSettled,
    HaltLifted,
    HaltRaised,
    InstrumentDefined,
    LeaderStarted,
    LimitsProposalEnded,
    LimitsProposed,
    LimitsSet,
    MessageQuarantined,
    OrdersAbandoned,
    OrdersLeftMemory,
    StreamLost,
    StreamOpened,
)
from ports.facts.order import (
    AmendRequested,
    AmendWasRefused,
    CancelRequested,
    CancelWasRefused,
    HeldOrderAmended,
    OrderAcknowledged,
    OrderAmended,
    OrderCanceled,
    OrderExpired,
    OrderFilled,
    OrderHeld,
    OrderRecorded,
    OrderRefused,
    OrderRejected,
    OrderReleased,
    OrderRouted,
    OrderTombstoned,
    OrderTriggered,
    OrderUnconfirmed,
    OrderUnseen,
    OrderUnsent,
    RiskDecided,
    TriggerMoved,
)
from ports.facts.parent import ParentEnded, ParentNoted, ParentProgressed, ParentStarted, ParentVolumeSeen
from ports.facts.position import (
    AccountStated,
    BalanceCompared,
    BalanceStated,
    FundingPaid,
    PnlMarked,
    PositionAdjusted,
    PositionChanged,
    PositionCompared,
)
from ports.facts.routing import RouteDecided, RouteJudged
from ports.values import OrderStatus

type OrderFact = (
    OrderRecorded
    | RiskDecided
    | RouteDecided
    | OrderRouted
    | OrderHeld
    | TriggerMoved
    | OrderTriggered
    | HeldOrderAmended
    | ParentStarted
    | ParentNoted
    | ParentVolumeSeen
    | ParentProgressed
    | ParentEnded
    | RouteJudged
    | OrderReleased
    | OrderUnsent
    | OrderRefused
    | OrderAcknowledged
    | OrderFilled
    | OrderRejected
    | OrderCanceled
    | OrderExpired
    | OrderUnconfirmed
    | OrderUnseen
    | CancelRequested
    | CancelWasRefused
    | AmendRequested
    | OrderAmended
    | AmendWasRefused
    | OrderTombstoned
)
type Fact = (
    OrderFact
    | PositionChanged
    | PositionAdjusted
    | FundingPaid
    | PositionCompared
    | AccountStated
    | BalanceStated
    | BalanceCompared
    | PnlMarked
    | LeaderStarted
    | InstrumentDefined
    | LimitsSet
    | LimitsProposed
    | LimitsProposalEnded
    | HaltRaised
    | HaltLifted
    | AbilitiesStated
    | AccountReconciling
    | AccountReady
    | AccountLost
    | BreakOpened
    | BreakSettled
    | MessageQuarantined
    | StreamOpened
    | StreamLost
    | OrdersAbandoned
    | OrdersLeftMemory
)

FACTS: Final[dict[type[Fact], int]] = {
    OrderRecorded: 1,
    RiskDecided: 1,
    RouteDecided: 1,
    RouteJudged: 1,
    OrderRouted: 1,
    OrderHeld: 1,
    TriggerMoved: 1,
    OrderTriggered: 1,
    HeldOrderAmended: 1,
    ParentStarted: 1,
    ParentNoted: 1,
    ParentVolumeSeen: 1,
    ParentProgressed: 1,
    ParentEnded: 1,
    OrderReleased: 1,
    OrderUnsent: 1,
    OrderRefused: 1,
    OrderAcknowledged: 1,
    OrderFilled: 1,
    PositionChanged: 1,
    PositionAdjusted: 1,
    FundingPaid: 1,
    PositionCompared: 1,
    AccountStated: 1,
    BalanceStated: 1,
    BalanceCompared: 1,
    PnlMarked: 1,
    OrderRejected: 1,
    OrderCanceled: 1,
    OrderExpired: 1,
    OrderUnconfirmed: 1,
    OrderUnseen: 1,
    CancelRequested: 1,
    CancelWasRefused: 1,
    AmendRequested: 1,
    OrderAmended: 1,
    AmendWasRefused: 1,
    OrderTombstoned: 1,
    LeaderStarted: 1,
    InstrumentDefined: 1,
    LimitsSet: 1,
    LimitsProposed: 1,
    LimitsProposalEnded: 1,
    HaltRaised: 1,
    HaltLifted: 1,
    AbilitiesStated: 1,
    AccountReconciling: 1,
    AccountReady: 1,
    AccountLost: 1,
    BreakOpened: 1,
    BreakSettled: 1,
    MessageQuarantined: 1,
    StreamOpened: 1,
    StreamLost: 1,
    OrdersAbandoned: 1,
    OrdersLeftMemory: 1,
}

_STATUS_AFTER: Final[Mapping[type[Fact], OrderStatus]] = {
    OrderRecorded: OrderStatus.PENDING,
    OrderHeld: OrderStatus.HELD,
    ParentStarted: OrderStatus.ACCEPTED,
    OrderReleased: OrderStatus.SUBMITTED,
    OrderUnsent: OrderStatus.HELD,
    OrderRefused: OrderStatus.REJECTED,
    OrderRejected: OrderStatus.REJECTED,
    OrderCanceled: OrderStatus.CANCELED,
    OrderExpired: OrderStatus.EXPIRED,
    OrderUnconfirmed: OrderStatus.UNCONFIRMED,
}


_SAYS_ITSELF: Final = (
    OrderAcknowledged,
    OrderFilled,
    CancelRequested,
    CancelWasRefused,
    AmendRequested,
    OrderAmended,
    AmendWasRefused,
    ParentProgressed,
    ParentEnded,
)


def status_after(fact: Fact) -> OrderStatus | None:
    """Return the status that the fact's order has from then on; None where the fact changes none."""
    if isinstance(fact, _SAYS_ITSELF):
        return fact.status
    return _STATUS_AFTER.get(type(fact))
