"""Calls of venues at our door: proven by their plugin, taken once, and never when they are old."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from typing import Final

from adapters.doors.errors import Kind, Refusal
from ports.errors import HookRefusedError
from ports.values import VenueId
from ports.webhooks import Hook, TakesHooks

OLDEST_NS: Final = 300 * 1_000_000_000  # what is older is refused, so that what was taken is remembered no longer
_MOST: Final = 100_000  # deliveries of one venue within that time; a further one is refused

type HookSource = Callable[[VenueId], TakesHooks | None]


class HookDesk:
    """Takes the calls of all venues."""

    def __init__(self, sessions: HookSource) -> None:
        self._sessions = sessions
        self._taken: dict[VenueId, OrderedDict[str, int]] = {}

    def take(self, venue: VenueId, hook: Hook) -> Refusal | None:
        """Take a call, or say why not; a call that is repeated by whoever heard it changes nothing."""
        session = self._sessions(venue)
        if session is None:
            return _refusal(Kind.NOT_FOUND, "venue", venue, "no connected venue of that name takes calls")
        try:
            proof = session.check_hook(hook)
        except HookRefusedError as wrong:
            return _refusal(Kind.UNAUTHENTICATED, "signature", "", f"sign it as the venue does: {wrong}")
        if abs(hook.received_ns - proof.sent_ns) > OLDEST_NS:
            return _refusal(
                Kind.OPERATION_CONFLICT, "sent", str(proof.sent_ns), "it is older than 300 s, or not yet sent"
            )
        taken = self._taken.setdefault(venue, OrderedDict())
        while taken and next(iter(taken.values())) < hook.received_ns - 2 * OLDEST_NS:
            taken.popitem(last=False)
        if proof.delivery in taken:
            return _refusal(Kind.OPERATION_CONFLICT, "delivery", proof.delivery, "it was taken before; send it no more")
        if len(taken) >= _MOST:
            return _refusal(Kind.MAILBOX_FULL, "venue", venue, "too many calls at once; send it again later")
        taken[proof.delivery] = hook.received_ns
        session.take_hook(hook)
        return None


def _refusal(kind: Kind, field: str, value: str, remedy: str) -> Refusal:
    shown = repr(value[:80])
    return Refusal(kind, f"{field}: {shown} is not usable: {remedy}", field, shown, remedy)
