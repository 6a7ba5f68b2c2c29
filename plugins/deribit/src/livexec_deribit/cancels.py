"""Cancels of one connection: each by its label, or in one request where they are all that works there."""

from __future__ import annotations

import asyncio
import logging
from collections import defaultdict
from collections.abc import Callable, Collection, Coroutine, Iterable, Mapping, Sequence
from typing import Any, Final, Protocol

from livexec_deribit.exact_json import Param
from livexec_deribit.names import currency_of, name_of
from livexec_deribit.orders import NOT_OPEN
from livexec_deribit.rpc import NoAnswerError, NotAskedError, RefusedError, RpcConnection
from livexec_deribit.words import OrderState
from ports.instruments import InstrumentKey, InstrumentType
from ports.reports import CancelRefused, Report
from ports.requests import SendCancel
from ports.values import AccountId

_log = logging.getLogger(__name__)
_FAILURES: Final = (NotAskedError, RefusedError, NoAnswerError)
_WAITS_S: Final = 2.0  # for the answer to its own order, which a cancel must not overtake
_MANY: Final = 3  # cancels; fewer are asked for one by one
_ALL_OF_CURRENCY: Final = "private/cancel_all_by_currency"
_ALL_OF_INSTRUMENT: Final = "private/cancel_all_by_instrument"

type _Pool = tuple[str, str]  # what one request can clear besides an instrument: a currency, and futures or options


class Counter(Protocol):
    """The connection that a desk belongs to."""

    @property
    def working(self) -> Collection[OrderState] | None:
        """Return every open order of the account, by hand ones too; None where one may be open that is not known."""

    def submitting(self, cancel: SendCancel) -> asyncio.Task[None] | None:
        """Return what waits for the answer to the order itself."""

    def put(self, report: Report) -> None: ...

    def start(self, work: Coroutine[Any, Any, None], name: str) -> asyncio.Task[None]: ...


class CancelDesk:
    """Takes the cancels of one connection; what is asked for within one turn of the loop leaves together.

    A success is told by the stream. What cannot be sent, or is not answered, is asked about by whoever watches the
    order, and canceled again: a cancel is harmless to repeat.
    """

    def __init__(self, account: AccountId, rpc: RpcConnection, answer_s: float, counter: Counter) -> None:
        self._account = account
        self._rpc = rpc
        self._answer_s = answer_s
        self._counter = counter
        self._together: list[SendCancel] = []
        self._sweeps: dict[InstrumentKey | _Pool, asyncio.Task[None]] = {}

    def cancel(self, cancel: SendCancel) -> None:
        """Begin to ask for a cancel."""
        if not self._together:
            asyncio.get_running_loop().call_soon(self._leave)
        self._together.append(cancel)

    async def swept(self, instrument: InstrumentKey) -> None:
        """Wait, not for long, while a cancel of all is under way that would take a new order with it."""
        sweeps = [self._sweeps[one] for one in (instrument, _pool(instrument)) if one in self._sweeps]
        if sweeps:
            await asyncio.wait(sweeps, timeout=self._answer_s)

    def _leave(self) -> None:
        together, self._together = self._together, []
        working = self._counter.working
        for pool, of_pool in _grouped(together, lambda one: _pool(one.instrument)).items():
            there = None if working is None else [one for one in working if _pool(one.instrument) == pool]
            if there and self._are_all(pool, of_pool, there) and len({one.instrument for one in there}) > 1:
                currency, kind = pool
                self._sweep(pool, _ALL_OF_CURRENCY, {"currency": currency, "kind": kind}, of_pool)
                continue
            for instrument, cancels in _grouped(of_pool, lambda one: one.instrument).items():
                of_it = [one for one in there or () if one.instrument == instrument]
                if there is not None and pool not in self._sweeps and self._are_all(instrument, cancels, of_it):
                    self._sweep(instrument, _ALL_OF_INSTRUMENT, {"instrument_name": name_of(instrument)}, cancels)
                else:
                    self._one_by_one(cancels)

    def _are_all(
        self, what: InstrumentKey | _Pool, cancels: Sequence[SendCancel], working: Iterable[OrderState]
    ) -> bool:
        names = {one.client_order_id for one in cancels}
        return len(names) >= _MANY and what not in self._sweeps and all(one.client_order_id in names for one in working)

    def _sweep(
        self, what: InstrumentKey | _Pool, method: str, params: Mapping[str, Param], cancels: Sequence[SendCancel]
    ) -> None:
        sweep = self._counter.start(self._ask_at_once(method, params, cancels), f"{method} {what}")
        self._sweeps[what] = sweep
        sweep.add_done_callback(lambda _: self._sweeps.pop(what, None))

    async def _ask_at_once(self, method: str, params: Mapping[str, Param], cancels: Sequence[SendCancel]) -> None:
        try:
            await self._rpc.ask(method, params, within_s=self._answer_s)
        except _FAILURES as failure:
            _log.warning("%s: %s", self._account, failure)
            self._one_by_one(cancels)

    def _one_by_one(self, cancels: Sequence[SendCancel]) -> None:
        for cancel in cancels:
            self._counter.start(self._ask(cancel), f"cancel {cancel.client_order_id}")

    async def _ask(self, cancel: SendCancel) -> None:
        """Ask for one, after the order's own answer; a refusal is reported."""
        pending = self._counter.submitting(cancel)
        if pending is not None:
            await asyncio.wait([pending], timeout=_WAITS_S)
        params = {"label": cancel.client_order_id, "currency": currency_of(cancel.instrument)}
        reason = "the venue has no open order of that label"
        try:
            if await self._rpc.ask("private/cancel_by_label", params, within_s=self._answer_s) != 0:
                return
        except _FAILURES as failure:
            if not isinstance(failure, RefusedError) or failure.code not in NOT_OPEN:
                _log.warning("%s: cancel of %s: %s", self._account, cancel.client_order_id, failure)
                return
            reason = str(failure)
        refused = CancelRefused(account=self._account, client_order_id=cancel.client_order_id, reason=reason)
        self._counter.put(refused)


def _pool(instrument: InstrumentKey) -> _Pool:
    return currency_of(instrument), "option" if instrument.type is InstrumentType.OPTION else "future"


def _grouped[K](cancels: Iterable[SendCancel], of: Callable[[SendCancel], K]) -> Mapping[K, list[SendCancel]]:
    groups: defaultdict[K, list[SendCancel]] = defaultdict(list)
    for one in cancels:
        groups[of(one)].append(one)
    return groups
