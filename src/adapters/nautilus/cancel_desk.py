"""Cancels of one connection: one by one, several by name at once, or all that works there in one request."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from functools import partial
from itertools import batched
from typing import Any, Final, Protocol

from adapters.nautilus.live_words import Listed, Refused
from ports.instruments import InstrumentKey
from ports.reports import CancelRefused, OrderStatusReport, Report
from ports.requests import SendCancel
from ports.values import AccountId, ClientOrderId, VenueOrderId

_log = logging.getLogger(__name__)
AT_ONCE: Final = 200  # cancels that wait for the venue's answer
WAITS_S: Final = 2.0  # for the answer to its own order, which a cancel must not overtake
_MANY: Final = 3  # cancels; fewer are asked for one by one
TOGETHER: Final = 20  # cancels by name in one request, at most
_SWEEP_S: Final = 10.0  # for the answer to a cancel of all; new orders of that instrument wait for it


class Counter(Protocol):
    """The connection that a desk belongs to."""

    @property
    def failures(self) -> tuple[type[Exception], ...]:
        """What a request can end with besides an answer."""

    @property
    def mass_cancel(self) -> Callable[[Listed], Awaitable[object]] | None:
        """Asks for a cancel of all that works in an instrument, by hand or ours; None where the venue has no such."""

    @property
    def cancel_together(self) -> Callable[[Sequence[SendCancel], Listed], Awaitable[Sequence[CancelRefused]]] | None:
        """Asks for some cancels by name, and returns what was refused; None where the venue has no such request."""

    def say(self, failure: BaseException) -> str: ...

    def is_submitting(self, client_order_id: ClientOrderId) -> bool: ...

    def working(self, instrument: InstrumentKey) -> frozenset[VenueOrderId | None] | None:
        """Return the orders of the account that work in an instrument; None where one may that is not known yet."""

    async def answered(self, client_order_id: ClientOrderId) -> None: ...

    async def ask_to_cancel(self, cancel: SendCancel, listed: Listed) -> OrderStatusReport | Refused | None: ...

    def put(self, report: Report) -> None: ...

    def put_status(self, report: OrderStatusReport) -> None: ...

    def start(self, work: Coroutine[Any, Any, None], name: str) -> asyncio.Task[None]: ...


class CancelDesk:
    """Takes the cancels of one connection; what is asked for within one turn of the loop leaves together."""

    def __init__(self, account: AccountId, counter: Counter) -> None:
        self._account = account
        self._counter = counter
        self._together: list[tuple[SendCancel, Listed]] = []
        self._waiting: set[asyncio.Task[None]] = set()
        self._sweeps: dict[InstrumentKey, asyncio.Task[None]] = {}

    def is_sweeping(self, instrument: InstrumentKey) -> bool:
        """Say whether a cancel of all that works in an instrument is under way: it would take a new order with it."""
        return instrument in self._sweeps

    async def swept(self, instrument: InstrumentKey) -> None:
        """Wait, not for long, until no cancel of all in an instrument is under way."""
        sweep = self._sweeps.get(instrument)
        if sweep is not None:
            await asyncio.wait([sweep], timeout=_SWEEP_S)

    @property
    def waiting(self) -> int:
        """How many requests wait for the venue's answer."""
        return len(self._waiting)

    def cancel(self, cancel: SendCancel, listed: Listed) -> None:
        """Begin to ask for a cancel, after the order's own answer; a refusal and a success are reported."""
        if not self._together:
            asyncio.get_running_loop().call_soon(self._leave)
        self._together.append((cancel, listed))

    async def close(self) -> None:
        """Let what was asked for leave, and wait, not for long, for the answers."""
        self._leave()
        if self._waiting:
            await asyncio.wait(self._waiting, timeout=WAITS_S)

    def _leave(self) -> None:
        together, self._together = self._together, []
        for instrument in dict.fromkeys(cancel.instrument for cancel, _ in together):
            cancels = [cancel for cancel, _ in together if cancel.instrument == instrument]
            listed = next(listed for cancel, listed in together if cancel.instrument == instrument)
            if self._are_all(instrument, cancels):
                sweep = self._start(self._ask_at_once(cancels, listed), f"cancel all of {instrument}")
                self._sweeps[instrument] = sweep
                sweep.add_done_callback(partial(self._swept, instrument))
            elif self._counter.cancel_together is not None:
                self._by_name(cancels, listed)
            else:
                self._one_by_one(cancels, listed)

    def _by_name(self, cancels: Sequence[SendCancel], listed: Listed) -> None:
        """Ask for many at once, but for those whose own order is still under way: each waits for that by itself."""
        ready = [one for one in cancels if not self._counter.is_submitting(one.client_order_id)]
        self._one_by_one([one for one in cancels if one not in ready], listed)
        for together in batched(ready, TOGETHER):
            if len(together) < _MANY:
                self._one_by_one(together, listed)
            else:
                self._start(self._ask_together(together, listed), f"{len(together)} cancels of {listed.symbol}")

    async def _ask_together(self, cancels: Sequence[SendCancel], listed: Listed) -> None:
        if self._counter.cancel_together is None:
            return
        try:
            refused = await self._counter.cancel_together(cancels, listed)
        except self._counter.failures as failure:  # asking again is harmless
            _log.warning(
                "%s: %d cancels of %s: %s", self._account, len(cancels), listed.symbol, self._counter.say(failure)
            )
            self._one_by_one(cancels, listed)
            return
        for report in refused:
            self._counter.put(report)

    def _are_all(self, instrument: InstrumentKey, cancels: Sequence[SendCancel]) -> bool:
        if self._counter.mass_cancel is None or len(cancels) < _MANY or self.is_sweeping(instrument):
            return False
        working = self._counter.working(instrument)
        return working is not None and working <= {cancel.venue_order_id for cancel in cancels} - {None}

    async def _ask_at_once(self, cancels: Sequence[SendCancel], listed: Listed) -> None:
        if self._counter.mass_cancel is None:
            return
        try:
            await self._counter.mass_cancel(listed)
        except self._counter.failures as failure:  # asking again is harmless
            _log.warning("%s: cancel of all %s: %s", self._account, listed.symbol, self._counter.say(failure))
            self._one_by_one(cancels, listed)

    def _one_by_one(self, cancels: Sequence[SendCancel], listed: Listed) -> None:
        for cancel in cancels:
            if len(self._waiting) >= AT_ONCE:  # whoever watches the order asks again
                _log.warning("%s: too many cancels wait; not sent: %s", self._account, cancel.client_order_id)
            else:
                self._start(self._ask(cancel, listed), f"cancel {cancel.client_order_id}")

    async def _ask(self, cancel: SendCancel, listed: Listed) -> None:
        client_order_id = cancel.client_order_id
        await self._counter.answered(client_order_id)
        try:
            # Not by Nautilus's own command: it sends nothing for an order that it takes for closed or does not know.
            said = await self._counter.ask_to_cancel(cancel, listed)
        except self._counter.failures as failure:  # whoever watches the order asks about it, and cancels again
            _log.warning("%s: cancel of %s: %s", self._account, client_order_id, self._counter.say(failure))
            return
        if isinstance(said, Refused):
            refused = CancelRefused(account=self._account, client_order_id=client_order_id, reason=said.reason)
            self._counter.put(refused)
        elif said is not None:
            self._counter.put_status(said)

    def _swept(self, instrument: InstrumentKey, _: asyncio.Task[None]) -> None:
        self._sweeps.pop(instrument, None)

    def _start(self, work: Coroutine[Any, Any, None], name: str) -> asyncio.Task[None]:
        task = self._counter.start(work, name)
        self._waiting.add(task)
        task.add_done_callback(self._waiting.discard)
        return task
