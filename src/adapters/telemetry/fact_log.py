"""A log line for every fact that people look for: orders, fills, risk, routing, sessions, breaks."""

from __future__ import annotations

from collections.abc import Sequence

import structlog

from ports.facts import (
    AccountLost,
    AccountReady,
    AmendRequested,
    AmendWasRefused,
    BreakOpened,
    BreakSettled,
    CancelRequested,
    HaltLifted,
    HaltRaised,
    LimitsProposalEnded,
    LimitsProposed,
    LimitsSet,
    MessageQuarantined,
    OrderAmended,
    OrderFilled,
    OrderRecorded,
    OrderRefused,
    OrderRejected,
    OrderRouted,
    OrdersAbandoned,
    OrderUnconfirmed,
    PositionAdjusted,
    RiskDecided,
    StreamLost,
    StreamOpened,
    kind_of,
)
from ports.journal import Entry
from ports.values import plain

_ALWAYS = (
    AccountLost,
    AccountReady,
    AmendWasRefused,
    BreakOpened,
    BreakSettled,
    HaltLifted,
    HaltRaised,
    LimitsProposalEnded,
    LimitsProposed,
    LimitsSet,
    MessageQuarantined,
    OrderRejected,
    OrderUnconfirmed,
    OrdersAbandoned,
    StreamLost,
    StreamOpened,
    PositionAdjusted,
)


class FactLog:
    """A projection into the log; begins where it is told."""

    def __init__(self, begin_after: int, *, orders: bool, fills: bool) -> None:
        self._log = structlog.get_logger("livexec.facts")
        self._cursor = begin_after
        self._orders = orders
        self._fills = fills

    async def cursor(self) -> int:
        """Return the last sequence written."""
        return self._cursor

    async def take(self, entries: Sequence[Entry]) -> None:
        """Write entries."""
        for entry in entries:
            if entry.seq > self._cursor:
                self._write(entry)
                self._cursor = entry.seq

    async def clear(self) -> None:
        """Begin again."""
        self._cursor = 0

    def _write(self, entry: Entry) -> None:
        fact, event, seq = entry.fact, kind_of(entry.fact), entry.seq
        match fact:
            case OrderRecorded() if self._orders:
                terms = fact.terms
                self._log.info(
                    event, seq=seq, operation_id=fact.operation_id, strategy_id=terms.strategy_id,
                    instrument=terms.instrument, side=terms.side, amount=plain(terms.quantity),
                    price=None if terms.price is None else plain(terms.price), principal=fact.principal,
                )  # fmt: skip
            case OrderRouted() if self._orders:
                self._log.info(event, seq=seq, operation_id=fact.operation_id, venue=fact.venue, reason=fact.reason)
            case RiskDecided() if self._orders:
                failed = [verdict.rule for verdict in fact.verdicts if not verdict.passed]
                self._log.info(event, seq=seq, operation_id=fact.operation_id, allowed=fact.allowed, failed=failed)
            case OrderRefused():
                self._log.info(event, seq=seq, operation_id=fact.operation_id, code=fact.code, reason=fact.reason)
            case AmendRequested() | OrderAmended() if self._orders:
                self._log.info(
                    event, seq=seq, operation_id=fact.operation_id, quantity=plain(fact.quantity),
                    price=plain(fact.price), status=fact.status,
                )  # fmt: skip
            case CancelRequested() if self._orders:
                self._log.info(
                    event, seq=seq, operation_id=fact.operation_id, principal=fact.principal, reason=fact.reason
                )  # fmt: skip
            case OrderFilled() if self._fills:
                self._log.info(
                    event, seq=seq, operation_id=fact.operation_id, trade_id=fact.trade_id, side=fact.side,
                    quantity=plain(fact.quantity), price=plain(fact.price), status=fact.status,
                )  # fmt: skip
            case _ if isinstance(fact, _ALWAYS):
                self._log.info(event, seq=seq, fact=repr(fact))
            case _:
                pass
