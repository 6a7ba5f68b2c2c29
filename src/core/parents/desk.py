"""What is remembered between two plans of a parent, and can be made again: nothing of it is in the journal."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from ports.algorithms import Planner, Watch
from ports.instruments import InstrumentKey
from ports.values import ZERO, OperationId


@dataclass(slots=True)
class Worked:
    """A parent's planner, the time it asked to be woken at, and the quotes and trades it waits for.

    Public volume is counted from `counted_from` (what the market view had counted when the planner was made) on, and
    added to what facts say had traded until then. `is_blind`: it asks about volume, and no trade has come yet.
    """

    planner: Planner
    counted_from: Decimal = ZERO
    counted_before: Decimal = ZERO
    wake_ns: int | None = None
    watch: Watch | None = None
    is_blind: bool = False


class AlgorithmDesk:
    """Every parent that is worked, and which of them wait for an instrument's quotes or trades."""

    def __init__(self) -> None:
        self._worked: dict[OperationId, Worked] = {}
        self._watching: dict[InstrumentKey, set[OperationId]] = {}
        self._legs_due: dict[OperationId, int] = {}

    def get(self, operation_id: OperationId) -> Worked | None:
        """Return what is remembered of a parent; None means nothing: not since the start."""
        return self._worked.get(operation_id)

    def add(self, operation_id: OperationId, worked: Worked) -> Worked:
        """Remember a parent's planner."""
        self._worked[operation_id] = worked
        return worked

    def watching(self, instrument: InstrumentKey) -> list[OperationId]:
        """Return the parents that wait for an instrument's quotes or trades, in the order of their names."""
        return sorted(self._watching.get(instrument, ()))

    def wait(
        self, operation_id: OperationId, instrument: InstrumentKey, wake_ns: int | None, watch: Watch | None
    ) -> None:
        """Remember what a parent waits for, instead of what it waited for before."""
        worked = self._worked[operation_id]
        worked.wake_ns, worked.watch = wake_ns, watch
        if watch is not None or worked.is_blind:
            self._watching.setdefault(instrument, set()).add(operation_id)
        else:
            self._unwatch(operation_id, instrument)

    def legs_due(self, operation_id: OperationId) -> int | None:
        """Return when a split order's waiting legs are to be looked at; None means that no look is due."""
        return self._legs_due.get(operation_id)

    def look_at_legs(self, operation_id: OperationId, at_ns: int | None) -> None:
        """Remember when to look at a split order's waiting legs; None forgets it."""
        if at_ns is None:
            self._legs_due.pop(operation_id, None)
        else:
            self._legs_due[operation_id] = at_ns

    def forget(self, operation_id: OperationId, instrument: InstrumentKey) -> None:
        """A parent has ended."""
        self._worked.pop(operation_id, None)
        self._legs_due.pop(operation_id, None)
        self._unwatch(operation_id, instrument)

    def _unwatch(self, operation_id: OperationId, instrument: InstrumentKey) -> None:
        waiting = self._watching.get(instrument)
        if waiting is not None:
            waiting.discard(operation_id)
            if not waiting:
                del self._watching[instrument]
