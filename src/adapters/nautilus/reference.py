"""NautilusTrader by itself, to measure against: its TradingNode in a process of its own, without ours."""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Final, Self

from adapters.nautilus.reference_node import serve
from adapters.nautilus.venue_reference_node import OrderAtVenue, Place, serve_at_venue
from ports.errors import LivexecError

_START_S: Final = 60.0  # the import alone takes two seconds on a small machine
_ROUND_S: Final = 300.0
_STOP_S: Final = 10.0


class ReferenceUnavailableError(LivexecError):
    """The reference did not come up, or did not answer in time."""


@dataclass(frozen=True, slots=True)
class ReferenceRound:
    """One round's result: how long each order took from submit to its fill event, and the whole round."""

    latencies_ns: Sequence[int]
    seconds: float


class _Reference:
    """A TradingNode in a process of its own (one node a process is what is supported), between `with` and its end.

    Rounds can be interleaved with rounds of something else: the node idles meanwhile. Calls block; from a loop,
    use a thread.
    """

    def __init__(self, serving: Callable[..., None], *given: object) -> None:
        context = multiprocessing.get_context("spawn")
        self._pipe, self._far_end = context.Pipe()
        args = (self._far_end, *given)
        self._process = context.Process(target=serving, args=args, name="nautilus reference", daemon=True)

    def __enter__(self) -> Self:
        """Start the node.

        Raises:
            ReferenceUnavailableError: it did not come up within a minute.
        """
        self._process.start()
        self._far_end.close()
        try:
            self._answer(_START_S)
        except ReferenceUnavailableError:
            self.close()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """End the process. Harmless to repeat."""
        self._pipe.close()  # the node ends when its end of the pipe does
        if self._process.pid is not None:
            self._process.join(_STOP_S)
            if self._process.is_alive():
                self._process.kill()
                self._process.join(_STOP_S)

    def _ask(self, asked: object) -> Any:
        try:
            self._pipe.send(asked)
        except OSError as gone:
            raise ReferenceUnavailableError("the Nautilus reference has ended") from gone
        return self._answer(_ROUND_S)

    def _answer(self, patience_s: float) -> Any:
        try:
            if not self._pipe.poll(patience_s):
                raise ReferenceUnavailableError(f"the Nautilus reference did not answer within {patience_s:.0f} s")
            return self._pipe.recv()
        except (EOFError, OSError) as gone:
            raise ReferenceUnavailableError("the Nautilus reference ended") from gone


class NautilusReference(_Reference):
    """Nautilus with its sandbox."""

    def __init__(self) -> None:
        super().__init__(serve)

    def round(self, orders: int, outstanding: int) -> ReferenceRound:
        """Submit `orders` market orders, `outstanding` at a time, each as soon as an earlier one has filled.

        Raises:
            ReferenceUnavailableError: the node ended, or did not answer in time.
        """
        latencies_ns, seconds = self._ask((orders, outstanding))
        return ReferenceRound(latencies_ns, seconds)


class VenueReference(_Reference):
    """Nautilus with its own adapter of Binance USDT-M Futures, at a simulated venue."""

    def __init__(self, place: Place) -> None:
        super().__init__(serve_at_venue, place)

    def round(self, orders: int) -> Sequence[OrderAtVenue]:
        """Buy that often at the market, each as soon as the one before has filled.

        Raises:
            ReferenceUnavailableError: the node ended, or did not answer in time.
        """
        told: Sequence[OrderAtVenue] = self._ask(orders)
        return told
