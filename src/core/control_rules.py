"""How controls act by themselves, and who may undo what they did: told once, when an orchestrator is made."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from ports.commands import HaltMode
from ports.values import SYSTEM, Principal

_HOUR_NS: Final = 3_600 * 1_000_000_000
# A halt lets less through than one that lets positions shrink, and what else is done comes on top.
STRICTER: Final = (HaltMode.REDUCE, HaltMode.HALT, HaltMode.CANCEL, HaltMode.FLATTEN)


@dataclass(frozen=True, slots=True, kw_only=True)
class CountedTrip:
    """So many within a window trip the control."""

    count: int
    window_ns: int  # at most a minute
    mode: HaltMode


@dataclass(frozen=True, slots=True, kw_only=True)
class TimedTrip:
    """What goes on for longer than this trips the control."""

    after_ns: int
    mode: HaltMode


@dataclass(frozen=True, slots=True, kw_only=True)
class ControlRules:
    """Which controls trip by themselves (None: it does not), and what needs a certain person, or a second one.

    `loss` halts a strategy, or everything, whose limit on loss or drawdown is passed; `rejections` a strategy whose
    orders were rejected, by venues or by risk; `disconnect` an account that is not ready; `failures` everything, where
    messages could not be processed. Without `risk_officers` every person may resume what tripped.
    """

    loss: HaltMode | None = None
    rejections: CountedTrip | None = None
    disconnect: TimedTrip | None = None
    failures: CountedTrip | None = None
    risk_officers: tuple[Principal, ...] = ()
    two_person_limits: bool = False
    approval_within_ns: int = _HOUR_NS

    @property
    def looks(self) -> bool:
        """Whether anything has to be looked at though nothing is said."""
        return self.loss is not None or self.disconnect is not None

    def may_resume(self, principal: Principal) -> bool:
        """Say whether somebody may undo what a control did by itself; the service itself never may."""
        return principal != SYSTEM and (not self.risk_officers or principal in self.risk_officers)


def is_weaker(mode: HaltMode, than: HaltMode) -> bool:
    """Say whether one mode lets more happen than another."""
    return STRICTER.index(mode) < STRICTER.index(than)
