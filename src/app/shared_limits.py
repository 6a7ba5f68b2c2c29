"""Limits between processes of ours: one publishes what is in force there, others put it in force as well."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import Final, Protocol

from adapters.doors.limits import limits_plain, read_limits
from app.settings_controls import RedisLimitsSettings
from ports.actor import Command
from ports.commands import Limits, SetLimits
from ports.errors import LimitsChannelError, LivexecError
from ports.facts import LimitsSet
from ports.journal import Entry
from ports.shared_limits import LimitsChannel, SharedLimits
from ports.telemetry import Telemetry
from ports.values import CONFIGURATION, SYSTEM, Principal

_FIRST_PAUSE_S: Final = 0.1
_LONGEST_PAUSE_S: Final = 10.0
_MOST_REASON: Final = 200  # as the doors take it


class Asks(Protocol):
    """The book of record."""

    async def ask(self, command: Command) -> object:
        """See `CommandGateway.ask`."""


class LimitsPublisher:
    """A follower of the journal (`ports.projections.Projection`) that publishes every change of the limits.

    At a start it publishes what is in force: what others hold may be older, or Redis empty.
    """

    def __init__(
        self, origin: str, channel: LimitsChannel, in_force: Callable[[], Limits], sequence: int, now_ns: int
    ) -> None:
        self._origin = origin
        self._channel = channel
        self._in_force = in_force
        self._started_ns = now_ns
        self._sequence = sequence
        self._is_told = False

    async def cursor(self) -> int:
        """Publish what is in force at the start, once, and return the last sequence taken in.

        Raises:
            LimitsChannelError: nobody confirmed; it is tried again.
        """
        if not self._is_told:
            fact = LimitsSet(
                limits=self._in_force(),
                principal=CONFIGURATION,
                reason=f"in force when {self._origin} started",
                set_ns=self._started_ns,
            )
            await self._channel.put(SharedLimits(origin=self._origin, sequence=self._sequence, fact=fact))
            self._is_told = True
        return self._sequence

    async def take(self, entries: Sequence[Entry]) -> None:
        """Publish the newest limits of these entries.

        Raises:
            LimitsChannelError: nobody confirmed; the same entries come again.
        """
        for entry in reversed(entries):
            if isinstance(entry.fact, LimitsSet):
                await self._channel.put(SharedLimits(origin=self._origin, sequence=entry.seq, fact=entry.fact))
                break
        self._sequence = entries[-1].seq

    async def clear(self) -> None:
        """Tell everything again."""
        self._is_told, self._sequence = False, 0


def limits_channel(redis: RedisLimitsSettings) -> LimitsChannel | None:
    """Return what a configuration says limits go through between processes; None: nothing."""
    if redis.limits == "off" or redis.url is None:
        return None
    from adapters.redis import RedisLimits  # a fifth of a second, which others need not wait for

    return RedisLimits(redis.url, redis.key)


class LimitsFollowing:
    """Puts limits in force that another process has published; without word from it, those in force stay."""

    def __init__(self, channel: LimitsChannel, book: Asks, telemetry: Telemetry) -> None:
        self._channel = channel
        self._book = book
        self._telemetry = telemetry
        self._taken: SharedLimits | None = None

    async def run(self) -> None:
        """Follow for ever; what goes wrong is noted, and tried again a little later each time."""
        pause_s = _FIRST_PAUSE_S
        while True:
            try:
                async for shared in self._channel.follow():
                    await self._take(shared)
                    pause_s = _FIRST_PAUSE_S
            except LivexecError as trouble:  # the channel's, a document that cannot be used, or the journal's
                self._telemetry.note("limits.not_followed", error=str(trouble), retry_s=pause_s)
            await asyncio.sleep(pause_s)
            pause_s = min(2 * pause_s, _LONGEST_PAUSE_S)

    async def _take(self, shared: SharedLimits) -> None:
        if shared == self._taken:
            return
        await self._book.ask(command_of(shared))
        self._taken = shared
        self._telemetry.note("limits.followed", origin=shared.origin, sequence=shared.sequence)


def command_of(shared: SharedLimits) -> SetLimits:
    """Return published limits as a command of this process, judged as a door judges a document.

    Raises:
        LimitsChannelError: they could not be set at a door either; names what is wrong.
    """
    fact = shared.fact
    # The configuration of another process is not ours, and no limits of ours wait for nobody because of it.
    known = fact.principal not in (CONFIGURATION, SYSTEM)
    who = fact.principal if known else Principal(f"{fact.principal}@{shared.origin}")
    reason = f"{shared.origin}: {fact.reason}"[:_MOST_REASON]
    try:
        judged = read_limits(limits_plain(fact.limits), reason, who)
    except LivexecError as wrong:
        raise LimitsChannelError(f"the limits of {shared.origin} cannot be used: {wrong}") from wrong
    return SetLimits(limits=judged.limits, principal=who, reason=judged.reason, approved_by=fact.approved_by)
