"""The keys of `controls`: which controls act by themselves, and who has the last word."""

from __future__ import annotations

from typing import Annotated, Final, Literal, Self

from pydantic import BeforeValidator, field_validator, model_validator

from app.settings_types import Flag, Milliseconds, Positive, SecretText, Section, Text, WindowMs
from core.control_rules import ControlRules, CountedTrip, TimedTrip
from ports.commands import HaltMode
from ports.secrets import Secret
from ports.values import Principal

_MS: Final = 1_000_000


def _lower(value: object) -> object:
    return value.lower() if isinstance(value, str) else value


Mode = Annotated[Literal["reduce", "halt", "cancel", "flatten"], BeforeValidator(_lower)]


class LossTrip(Section):
    """A loss or drawdown of the day beyond its limit in `risk_engine`."""

    mode: Mode


class Counted(Section):
    """More than `count` within the window."""

    count: Positive
    window_ms: WindowMs = 60_000
    mode: Mode = "halt"

    def rule(self) -> CountedTrip:
        """Return it as the core takes it."""
        return CountedTrip(count=self.count, window_ns=self.window_ms * _MS, mode=HaltMode(self.mode))


class Lasting(Section):
    """What goes on for longer than `after_ms`."""

    after_ms: Milliseconds
    mode: Mode = "halt"

    def rule(self) -> TimedTrip:
        """Return it as the core takes it."""
        return TimedTrip(after_ns=self.after_ms * _MS, mode=HaltMode(self.mode))


class Trips(Section):
    """What halts by itself until a person resumes it; one that is left out halts nothing."""

    loss: LossTrip | None = None
    rejections: Counted | None = None
    disconnect: Lasting | None = None
    failures: Counted | None = None


class RedisLimitsSettings(Section):
    """Limits between processes: whether this one tells its own, or takes another's."""

    url: SecretText | None = None
    limits: Annotated[Literal["off", "publish", "follow"], BeforeValidator(_lower)] = "off"
    key: Text = "livexec:limits"
    name: Text = "livexec"  # what others know this process by

    @field_validator("url")
    @classmethod
    def _is_of_redis(cls, url: Secret | None) -> Secret | None:
        if url is not None and not url.reveal().startswith(("redis://", "rediss://", "unix://")):
            raise ValueError("an address of Redis begins with redis://, rediss:// or unix://")
        return url

    @model_validator(mode="after")
    def _has_an_address(self) -> Self:
        if self.limits != "off" and self.url is None:
            raise ValueError("url is not set: write the address of Redis, or set REDIS_URL")
        return self


class Controls(Section):
    """Who resumes what tripped, and whether limits that let more through need a second person."""

    risk_officers: tuple[Text, ...] = ()  # principals of `doors.tokens`
    two_person_limits: Flag = False
    approval_within_ms: Milliseconds = 3_600_000
    trips: Trips = Trips()


def control_rules(controls: Controls) -> ControlRules:
    """Return the rules that a configuration sets."""
    trips = controls.trips
    return ControlRules(
        loss=None if trips.loss is None else HaltMode(trips.loss.mode),
        rejections=None if trips.rejections is None else trips.rejections.rule(),
        disconnect=None if trips.disconnect is None else trips.disconnect.rule(),
        failures=None if trips.failures is None else trips.failures.rule(),
        risk_officers=tuple([Principal(name) for name in controls.risk_officers]),
        two_person_limits=controls.two_person_limits,
        approval_within_ns=controls.approval_within_ms * _MS,
    )
