"""The one live node of a process: a TradingNode whose venues connect and fail each by itself."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Final

from nautilus_trader.common import Environment
from nautilus_trader.config import CacheConfig, LoggingConfig
from nautilus_trader.live.config import (
    LiveDataEngineConfig,
    LiveExecEngineConfig,
    LiveRiskEngineConfig,
    TradingNodeConfig,
)
from nautilus_trader.system.kernel import NautilusKernel

from adapters.nautilus.binance_futures import binance_futures_session
from adapters.nautilus.binance_settings import BinanceFuturesSettings, BinanceSpotSettings
from adapters.nautilus.binance_spot import binance_spot_session
from adapters.nautilus.bybit import bybit_session
from adapters.nautilus.bybit_settings import BybitSettings
from adapters.nautilus.live_session import LiveSession
from adapters.nautilus.okx_session import okx_session
from adapters.nautilus.okx_settings import OkxSettings
from adapters.nautilus.orders import TRADER
from adapters.nautilus.sandbox import SandboxNode, answer_at_once, keep_no_accounts
from adapters.nautilus.single import OneNode, end_node
from ports.errors import InvalidInputError, VenueUnavailableError
from ports.values import AccountId

type LiveSettings = BinanceFuturesSettings | BinanceSpotSettings | BybitSettings | OkxSettings

_log = logging.getLogger(__name__)
_NO_THROTTLE: Final = "1000000/00:00:01"  # our own risk engine decides
_GUESSES: Final = ("ExecEngine.reconcile_execution_report", "ExecEngine.reconcile_execution_mass_status")


class LiveNode:
    """Live venues through Nautilus's real adapters, all in one TradingNode on the running loop.

    The node itself starts without any venue. A session brings its data and execution clients when it connects, and
    takes them away when it disconnects: what one venue does never keeps another waiting.
    """

    def __init__(
        self,
        accounts: Sequence[LiveSettings],
        *,
        clock: Callable[[], int] = time.time_ns,
        timeout_s: float = 10.0,
    ) -> None:
        venues = [one.venue for one in accounts]
        for at, one in enumerate(accounts):  # Nautilus routes by venue
            if one.venue in venues[:at]:
                raise InvalidInputError("accounts", one.account, "one account a venue is what Nautilus can route to")
        self._timeout_s = timeout_s
        self._node: SandboxNode | None = None
        self._sessions = {one.account: session_of(one, lambda: self.kernel, clock) for one in accounts}

    @property
    def sessions(self) -> Mapping[AccountId, LiveSession]:
        return self._sessions

    @property
    def kernel(self) -> NautilusKernel:
        """The running node's kernel.

        Raises:
            VenueUnavailableError: the node is not running.
        """
        if self._node is None:
            raise VenueUnavailableError("the live node is not running")
        return self._node.kernel

    async def start(self) -> None:
        """Start the node, with no venue yet. Signals, the loop's executor and its debug flag stay as they are.

        Raises:
            VenueUnavailableError: it did not come up in time, or another node runs in this process.
        """
        OneNode.claim(self)
        try:
            self._node = await self._launched()
        except BaseException:
            OneNode.release(self)
            raise

    async def stop(self) -> None:
        """Disconnect every session and stop the node; orders stay at their venues. Harmless to repeat."""
        node, self._node = self._node, None
        if node is None:
            return
        try:
            async with asyncio.timeout(self._timeout_s):
                await asyncio.gather(*(session.disconnect() for session in self._sessions.values()))
        except TimeoutError:
            _log.warning("a venue session did not disconnect within %s s", self._timeout_s)
        finally:
            await self._end(node)

    async def _launched(self) -> SandboxNode:
        node = SandboxNode(_config(self._timeout_s))
        try:
            node.build()
            await node.kernel.start_async()
            if not node.trader.is_running:  # it returns without an error where something did not come up
                raise VenueUnavailableError("the live node did not come up")
        except BaseException:
            await self._end(node)
            raise
        answer_at_once(node.kernel)
        keep_no_accounts(node.kernel)
        _take_no_guesses(node.kernel)
        return node

    async def _end(self, node: SandboxNode) -> None:
        try:
            await end_node(node, 2 * self._timeout_s)
        finally:
            OneNode.release(self)


def session_of(account: LiveSettings, kernel: Callable[[], NautilusKernel], clock: Callable[[], int]) -> LiveSession:
    """Return a session of an account's venue, not yet connected."""
    match account:
        case BinanceFuturesSettings():
            return binance_futures_session(account, kernel, clock)
        case BinanceSpotSettings():
            return binance_spot_session(account, kernel, clock)
        case BybitSettings():
            return bybit_session(account, kernel, clock)
        case OkxSettings():
            return okx_session(account, kernel, clock)


def _config(timeout_s: float) -> TradingNodeConfig:
    return TradingNodeConfig(
        environment=Environment.SANDBOX,  # decides about the log alone, which is off for good reasons (below)
        trader_id=TRADER,
        load_state=False,
        save_state=False,
        logging=LoggingConfig(bypass_logging=True),  # its log goes to standard output, and can start once a process
        cache=CacheConfig(tick_capacity=1, bar_capacity=1),
        data_engine=LiveDataEngineConfig(graceful_shutdown_on_exception=True),
        risk_engine=LiveRiskEngineConfig(
            bypass=True, max_order_submit_rate=_NO_THROTTLE, graceful_shutdown_on_exception=True
        ),
        exec_engine=LiveExecEngineConfig(
            reconciliation=False, inflight_check_interval_ms=0, graceful_shutdown_on_exception=True
        ),
        timeout_connection=timeout_s,
        timeout_portfolio=timeout_s,
        timeout_disconnection=timeout_s,
        timeout_post_stop=0.0,
    )


def _take_no_guesses(kernel: NautilusKernel) -> None:
    """Let nothing that an adapter reports of orders unknown to this node become an order or a fill of the node.

    It would infer fills that nobody reported. Our own sessions read the venue's words themselves.
    """
    bus, engine = kernel.msgbus, kernel.exec_engine

    def ignore(_: object) -> None:
        return None

    for endpoint, handler in zip(
        _GUESSES, (engine.reconcile_execution_report, engine.reconcile_execution_mass_status), strict=True
    ):
        bus.deregister(endpoint, handler)
        bus.register(endpoint, ignore)
