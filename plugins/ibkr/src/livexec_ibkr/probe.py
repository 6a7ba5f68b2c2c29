"""Notices a stream that keeps something back: TWS is asked now and then, and its answer held against what it told."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Final, Protocol

from ib_async.contract import Contract
from ib_async.objects import Execution

from livexec_ibkr.book import OrderBook, key_of_order
from livexec_ibkr.executions import Executed, Executions
from livexec_ibkr.settings import IbkrSettings
from livexec_ibkr.tws import NoAnswerError, RefusedError, Tws

_GRACE_S: Final = 2.0  # what TWS lists and has not told by then, it keeps back
_OVERLAP_S: Final = 60
_UNANSWERED_IS_DOWN: Final = 3


class Owner(Protocol):
    """Who reads executions, and hears of those that nobody streams."""

    def executed(self, contract: Contract, execution: Execution) -> Executed | None: ...

    def hear(self, read: Executed) -> None: ...


class Probe:
    """Orders by hand and of other programs are told by it alone: TWS streams them to nobody but client 0."""

    def __init__(
        self,
        tws: Tws,
        settings: IbkrSettings,
        book: OrderBook,
        trades: Executions,
        owner: Owner,
    ) -> None:
        self._tws = tws
        self._settings = settings
        self._book = book
        self._trades = trades
        self._owner = owner
        self._newest_s = 0
        self._unanswered = 0

    async def run(self, fall: Callable[[str], None]) -> None:
        """Look for as long as all is well, and call `fall` once where it is not."""
        while True:
            await asyncio.sleep(self._settings.probe_s)
            reason = await self._kept_back()
            if reason is not None:
                fall(reason)
                return

    async def _kept_back(self) -> str | None:
        try:
            suspects = await self._missed()
            if suspects:
                await asyncio.sleep(min(_GRACE_S, self._settings.probe_s))
                suspects &= await self._missed()
        except (NoAnswerError, RefusedError) as silent:
            self._unanswered += 1
            if self._unanswered < _UNANSWERED_IS_DOWN:
                return None
            return f"TWS did not answer {self._unanswered} times in a row: {silent}"
        self._unanswered = 0
        if suspects:
            return f"the stream is silent: TWS lists what it never told: {', '.join(sorted(suspects)[:3])}"
        return None

    async def _missed(self) -> frozenset[str]:
        before = self._book.open_keys()
        listed = {key_of_order(one.clientId, one.orderId, one.permId) for _, one, _ in await self._tws.open_orders()}
        missed = {f"order {key[1]} is open no more" for key in (before & self._book.open_keys()) - listed}
        since = (
            "" if not self._newest_s else f"{datetime.fromtimestamp(self._newest_s - _OVERLAP_S, UTC):%Y%m%d-%H:%M:%S}"
        )
        for contract, said in await self._tws.executions(self._tws.account_id, since):
            one = self._owner.executed(contract, said)
            if one is None:
                continue
            if one.client_id != self._settings.client_id:
                self._owner.hear(one)
            elif not self._trades.knows(one):
                missed.add(f"trade {one.trade}")
                continue
            self._newest_s = max(self._newest_s, one.time_ns // 1_000_000_000)
        return frozenset(missed)
