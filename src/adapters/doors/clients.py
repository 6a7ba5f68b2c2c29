"""How much one client may ask: so many requests a second, so many at once. What reduces risk always passes."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

from adapters.doors.errors import Kind, Refusal, RefusedError

AT_ONCE: Final = 512  # requests of one client that are being answered, streams among them
REMEMBERED: Final = 10_000  # clients; of more the one that asked longest ago is forgotten, which favours it
RELEASING: Final = frozenset({"cancel_order", "cancel_all", "halt", "flatten"})


class _Client:
    __slots__ = ("at_once", "left", "since_s")

    def __init__(self, left: float, since_s: float) -> None:
        self.left, self.since_s, self.at_once = left, since_s, 0


class Clients:
    """Counts by client: a principal, or an address where nobody has to say who they are."""

    def __init__(
        self, requests_per_second: int, at_once: int = AT_ONCE, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._rate = requests_per_second
        self._at_once = at_once
        self._clock = clock
        self._known: OrderedDict[str, _Client] = OrderedDict()

    @contextmanager
    def asking(self, client: str, *, releases: bool) -> Iterator[None]:
        """Hold a client's place while it is answered; `releases`: it takes risk away, and is never refused.

        Raises:
            RefusedError: it asks too often, or too much at once.
        """
        one = self._client(client)
        if not releases:
            self._take(one, client)
        one.at_once += 1
        try:
            yield
        finally:
            one.at_once -= 1

    def _client(self, name: str) -> _Client:
        one = self._known.get(name)
        if one is None:
            one = self._known[name] = _Client(float(self._rate), self._clock())
            if len(self._known) > REMEMBERED:
                self._known.popitem(last=False)
        else:
            self._known.move_to_end(name)
        return one

    def _take(self, one: _Client, name: str) -> None:
        now_s = self._clock()
        one.left = min(one.left + (now_s - one.since_s) * self._rate, float(self._rate))
        one.since_s = now_s
        if one.at_once >= self._at_once:
            raise RefusedError(_refusal(name, f"{self._at_once} requests at once"))
        if one.left < 1:
            raise RefusedError(_refusal(name, f"{self._rate} requests a second"))
        one.left -= 1


def _refusal(client: str, limit: str) -> Refusal:
    shown = repr(client[:80])
    remedy = "ask less often; cancels and halts always pass"
    return Refusal(Kind.TOO_MANY_REQUESTS, f"client: {shown} is over {limit}: {remedy}", "client", shown, remedy)
