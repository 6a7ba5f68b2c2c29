"""What each fact of an order's life changes in the OMS, and orders made from such facts alone."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from core.orders.oms import Oms
from ports.facts import (
    AmendRequested,
    AmendWasRefused,
    CancelRequested,
    CancelWasRefused,
    Fact,
    HeldOrderAmended,
    OrderAcknowledged,
    OrderAmended,
    OrderCanceled,
    OrderExpired,
    OrderFact,
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
    ParentEnded,
    ParentNoted,
    ParentProgressed,
    ParentStarted,
    ParentVolumeSeen,
    RiskDecided,
    RouteDecided,
    RouteJudged,
    TriggerMoved,
)


def appliers_of(oms: Oms) -> Mapping[type[Fact], Callable[[Any], object]]:
    """Return what takes each kind of fact of an order's life into an OMS."""
    return {
        OrderRecorded: oms.record,
        OrderTombstoned: oms.tombstone,
        RiskDecided: oms.judge,
        OrderRouted: oms.route,
        OrderHeld: oms.hold,
        TriggerMoved: oms.trail,
        OrderTriggered: oms.trigger,
        HeldOrderAmended: oms.amend_held,
        ParentStarted: oms.start,
        ParentNoted: oms.note,
        ParentVolumeSeen: oms.see_volume,
        RouteDecided: oms.decide_route,
        RouteJudged: lambda fact: None,  # of venues, not of the order
        ParentProgressed: oms.progress,
        ParentEnded: oms.end_parent,
        OrderReleased: oms.release,
        OrderRefused: oms.refuse,
        OrderAcknowledged: oms.acknowledge,
        OrderFilled: oms.fill,
        OrderRejected: oms.end,
        OrderCanceled: oms.end,
        OrderExpired: oms.end,
        OrderUnconfirmed: oms.unconfirm,
        OrderUnseen: oms.unseen,
        OrderUnsent: oms.unsend,
        AmendRequested: oms.request_amend,
        OrderAmended: oms.amend,
        AmendWasRefused: oms.refuse_amend,
        CancelRequested: oms.request_cancel,
        CancelWasRefused: oms.refuse_cancel,
    }


def lives_of(facts: Iterable[OrderFact]) -> Oms:
    """Return the orders that facts make, and nothing else: no position, no reservation."""
    oms = Oms()
    appliers = appliers_of(oms)
    for fact in facts:
        appliers[type(fact)](fact)
    return oms
