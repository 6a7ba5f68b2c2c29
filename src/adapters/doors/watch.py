"""From facts to what a strategy wants to hear: which order changed, what its status is now, and the trade if it is one.

Facts say what is after them, so nothing is decided here; what a fact does not carry (whose order it is, on which
side) is remembered from the fact that did, or read once.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from adapters.doors.render import Plain, fill_plain
from ports.execution import FactFeed
from ports.facts import (
    CancelRequested,
    CancelWasRefused,
    OrderAcknowledged,
    OrderCanceled,
    OrderExpired,
    OrderFact,
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
    kind_of,
    status_after,
)
from ports.journal import Entry
from ports.projections import Queries
from ports.values import ZERO, OperationId, OrderStatus, StrategyId, VenueId, VenueOrderId, plain
from ports.views import FillView, OrderView
