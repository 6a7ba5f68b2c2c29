"""For venues that call back: what a session is shown of such a call, and what it must say of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol, runtime_checkable

from ports.records import record


@record
class Hook:
    """One call of a venue at our door, as it came; names of headers are in small letters."""

    headers: Mapping[str, str]
    body: bytes
    received_ns: int


@record
class HookProof:
    """What a signature proved: the venue's own id of this delivery, and when it says it sent it (UTC, signed too)."""

    delivery: str
    sent_ns: int


@runtime_checkable
class TakesHooks(Protocol):
    """A session whose venue calls back. A call that was taken before, or is old, is refused before `take_hook`."""

    def check_hook(self, hook: Hook) -> HookProof:
        """Check the signature over headers and body.

        Raises:
            HookRefusedError: it is missing or wrong; shows no secret.
        """

    def take_hook(self, hook: Hook) -> None:
        """Turn a call that was proven into reports; never waits."""
