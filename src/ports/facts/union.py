"""Every kind of fact there is, and the version each is written in."""

from __future__ import annotations

from typing import Final

from ports.facts.control import (
    AccountLost,
    AccountReady,
    AccountReconciling,
    BreakOpened,
    BreakSettled,
    HaltLifted,
    HaltRaised,
    InstrumentDefined,
    LeaderStarted,
    LimitsSet,
    MessageQuarantined,
)
from ports.facts.order import (
    CancelRequested,
    CancelWasRefused,
    OrderAcknowledged,
    OrderCanceled,
    OrderExpired,
    OrderFilled,
    OrderRecorded,
    OrderRefused,
    OrderRejected,
    OrderReleased,
    OrderRouted,
    OrderTombstoned,
    OrderUnconfirmed,
    OrderUnseen,
    RiskDecided,
)

type OrderFact = (
    OrderRecorded
    | RiskDecided
    | OrderRouted
    | OrderReleased
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
    | OrderTombstoned
)
type Fact = (
    OrderFact
    | LeaderStarted
    | InstrumentDefined
    | LimitsSet
    | HaltRaised
    | HaltLifted
    | AccountReconciling
    | AccountReady
    | AccountLost
    | BreakOpened
    | BreakSettled
    | MessageQuarantined
)

FACTS: Final[dict[type[Fact], int]] = {
    OrderRecorded: 1,
    RiskDecided: 1,
    OrderRouted: 1,
    OrderReleased: 1,
    OrderRefused: 1,
    OrderAcknowledged: 1,
    OrderFilled: 1,
    OrderRejected: 1,
    OrderCanceled: 1,
    OrderExpired: 1,
    OrderUnconfirmed: 1,
    OrderUnseen: 1,
    CancelRequested: 1,
    CancelWasRefused: 1,
    OrderTombstoned: 1,
    LeaderStarted: 1,
    InstrumentDefined: 1,
    LimitsSet: 1,
    HaltRaised: 1,
    HaltLifted: 1,
    AccountReconciling: 1,
    AccountReady: 1,
    AccountLost: 1,
    BreakOpened: 1,
    BreakSettled: 1,
    MessageQuarantined: 1,
}
