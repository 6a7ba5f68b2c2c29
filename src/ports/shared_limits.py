"""Limits told to other processes of ours: the newest document counts, and who missed some gets that one."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from typing import Protocol

from ports.facts import LimitsSet
from ports.records import record


@record
class SharedLimits:
    """Limits that are in force in the process `origin` since its journal's `sequence`."""

    origin: str
    sequence: int
    fact: LimitsSet


class LimitsChannel(Protocol):
    """Where one process puts its limits, and others follow them. Nothing is lost but what a newer document replaced."""

    async def put(self, shared: SharedLimits) -> None:
        """Make these the newest limits, and tell whoever follows; harmless to repeat.

        Raises:
            LimitsChannelError: nobody confirmed; they may be there or not.
        """

    def follow(self) -> AsyncGenerator[SharedLimits]:
        """Yield the newest limits that are there, and again whenever others have been put; the same ones may repeat.

        Raises:
            LimitsChannelError: the channel is away, or holds what cannot be read. Nothing was learnt.
        """

    async def ping(self) -> None:
        """Ask whether anybody answers.

        Raises:
            LimitsChannelError: nobody did.
        """

    async def close(self) -> None:
        """Let go of the connections."""
