"""Deribit's promise to take orders back when it has lost us: its cancel-on-disconnect.

It belongs to a connection and covers the orders placed over it, and no others. The venue has lost us when the
connection breaks, and when a test request of its heartbeats stays unanswered: after two of them at the latest
(https://docs.deribit.com/articles/json-rpc-overview).
"""

from __future__ import annotations

import logging
from collections.abc import Container, Iterable
from typing import Final

from livexec_deribit.rpc import NoAnswerError, NotAskedError, RefusedError, RpcConnection
from livexec_deribit.settings import DeribitSettings
from livexec_deribit.words import OrderState

_log = logging.getLogger(__name__)
_SCOPE: Final = {"scope": "connection"}
_DISARM_S: Final = 2.0  # whoever hangs up does not wait long


class DeadMan:
    """Of one connection. `arm` before orders go over it, `disarm` before it is hung up on purpose."""

    def __init__(self, settings: DeribitSettings, rpc: RpcConnection) -> None:
        self._settings = settings
        self._rpc = rpc
        self._is_armed = False
        self._others: frozenset[str] = frozenset()  # orders of ours that were placed over earlier connections

    async def arm(self) -> None:
        """Let the venue take this connection's orders back when it is lost, where that is configured.

        Raises:
            NotAskedError, RefusedError, NoAnswerError: it was not told, or will not.
        """
        if self._settings.lost_after_s:
            method = "private/enable_cancel_on_disconnect"
            await self._rpc.ask(method, _SCOPE, within_s=self._settings.answer_s)
            self._is_armed = True

    def begin(self, open_orders: Iterable[OrderState]) -> None:
        """Note the orders that were open before any went over this connection."""
        self._others = frozenset(one.order_id for one in open_orders if one.client_order_id is not None)

    async def disarm(self) -> None:
        """Let orders stay, for this end hangs up on purpose; not where that is configured to cancel as well."""
        if not self._is_armed or self._settings.cancel_on_disconnect:
            return
        self._is_armed = False
        try:
            await self._rpc.ask("private/disable_cancel_on_disconnect", _SCOPE, within_s=_DISARM_S)
        except (NotAskedError, RefusedError, NoAnswerError) as failure:
            _log.warning("%s: orders may be taken back: %s", self._settings.account, failure)

    def waits_s(self, working: Container[str]) -> int:
        """Return after how long without us every order is taken back at the latest; 0: not every one is, or none."""
        return self._settings.lost_after_s if self._is_armed and not self._uncovered(working) else 0

    def trouble(self, working: Container[str]) -> str:
        """Say which orders it does not cover; empty: none."""
        uncovered = self._uncovered(working) if self._is_armed else 0
        return f"{uncovered} open orders of an earlier connection are not taken back without us" if uncovered else ""

    def _uncovered(self, working: Container[str]) -> int:
        return sum(1 for one in self._others if one in working)
