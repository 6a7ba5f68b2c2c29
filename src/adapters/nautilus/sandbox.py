"""The TradingNode with a sandbox for every paper venue, set up to answer at once and to grow nothing."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Collection, Mapping, Sequence
from decimal import Decimal
from functools import partial
from typing import Final

from nautilus_trader.adapters.sandbox.config import SandboxExecutionClientConfig
from nautilus_trader.adapters.sandbox.factory import SandboxLiveExecClientFactory
from nautilus_trader.common import Environment
from nautilus_trader.config import CacheConfig, LoggingConfig
from nautilus_trader.execution.engine import ExecutionEngine
from nautilus_trader.live.config import (
    LiveDataEngineConfig,
    LiveExecEngineConfig,
    LiveRiskEngineConfig,
    TradingNodeConfig,
)
from nautilus_trader.live.node import TradingNode
from nautilus_trader.live.node_builder import TradingNodeBuilder
from nautilus_trader.model.objects import MONEY_MAX
from nautilus_trader.system.kernel import NautilusKernel

from adapters.nautilus.orders import TRADER
from adapters.nautilus.translate import nautilus_venue
from ports.errors import InvalidInputError
from ports.values import VenueId

DEFAULT_BALANCES: Final = (
    "1_000_000_000 USDT",
    "1_000_000_000 USDC",
    "1_000_000_000 USD",
    "100_000 BTC",
    "1_000_000 ETH",
)
_BALANCE: Final = re.compile(r"[0-9][0-9_]*(\.[0-9]{1,8})? [A-Z0-9]{2,10}")
_NO_THROTTLE: Final = "1000000/00:00:01"  # the default is 100 orders a second; our own risk engine decides


class SandboxNode(TradingNode):
    """A TradingNode that leaves the process and its loop as it found them.

    Nautilus's own constructor takes SIGINT, SIGTERM and SIGABRT (a loop's handlers cannot be read back to restore
    them), the loop's default executor and its debug flag. A kernel that is not handed a loop takes none of these.
    """

    def __init__(self, config: TradingNodeConfig) -> None:
        self._config = config
        self.kernel = kernel = NautilusKernel(name=type(self).__name__, config=config)
        self._builder = TradingNodeBuilder(
            loop=asyncio.get_running_loop(),
            data_engine=kernel.data_engine,
            exec_engine=kernel.exec_engine,
            portfolio=kernel.portfolio,
            msgbus=kernel.msgbus,
            cache=kernel.cache,
            clock=kernel.clock,
            logger=kernel.logger,
        )
        self._stream_processors = []
        self._task_streaming = None
        self._is_built = False


def check_balances(balances: Mapping[VenueId, Sequence[str]]) -> None:
    """Refuse what is no amount of money.

    Raises:
        InvalidInputError: names the venue and the text.
    """
    for venue, amounts in balances.items():
        for amount in amounts:
            if _BALANCE.fullmatch(amount) is None or Decimal(amount.split()[0]) >= int(MONEY_MAX):
                remedy = f'write an amount below {int(MONEY_MAX)} and a currency, such as "10_000 USDT"'
                raise InvalidInputError(f"balances.{venue}", amount, remedy)


def sandbox_config(
    venues: Collection[VenueId], balances: Mapping[VenueId, Sequence[str]], timeout_s: float
) -> TradingNodeConfig:
    """Return the node's configuration. Every wait has the bound `timeout_s`; nothing is logged or kept on disk."""
    return TradingNodeConfig(
        environment=Environment.SANDBOX,
        trader_id=TRADER,
        logging=LoggingConfig(bypass_logging=True),  # its log goes to standard output, and can start once a process
        cache=CacheConfig(tick_capacity=1, bar_capacity=1),
        # By default an exception on one of an engine's queues ends the process there and then.
        data_engine=LiveDataEngineConfig(graceful_shutdown_on_exception=True),
        risk_engine=LiveRiskEngineConfig(
            bypass=True, max_order_submit_rate=_NO_THROTTLE, graceful_shutdown_on_exception=True
        ),
        # Its own checks guess at outcomes after silence, and its reconciliation has nothing to ask a sandbox.
        exec_engine=LiveExecEngineConfig(
            reconciliation=False, inflight_check_interval_ms=0, graceful_shutdown_on_exception=True
        ),
        exec_clients={nautilus_venue(venue).value: _client_config(venue, balances) for venue in sorted(venues)},
        timeout_connection=timeout_s,
        timeout_portfolio=timeout_s,
        timeout_disconnection=timeout_s,
        timeout_post_stop=0.0,
    )


def _client_config(venue: VenueId, balances: Mapping[VenueId, Sequence[str]]) -> SandboxExecutionClientConfig:
    return SandboxExecutionClientConfig(
        venue=nautilus_venue(venue).value,
        starting_balances=list(balances.get(venue, DEFAULT_BALANCES)),
        account_type="MARGIN",
        bar_execution=False,
        support_contingent_orders=False,
        use_position_ids=False,
        use_random_ids=True,  # counted ones begin anew with every process, and would name two orders
        use_reduce_only=False,
    )


def build(node: SandboxNode, venues: Collection[VenueId]) -> None:
    """Make one sandbox client for each venue."""
    for venue in venues:
        node.add_exec_client_factory(nautilus_venue(venue).value, SandboxLiveExecClientFactory)
    node.build()


def answer_at_once(kernel: NautilusKernel) -> None:
    """Let commands and events reach their engines by a call, as in a backtest, and not over the live queues.

    The sandbox's matching engine judges by an order's state. Over the queues that state is still INITIALIZED while
    it matches: the rest of an IOC, a FOK that cannot fill and a market order larger than the book would then get no
    answer, ever. The queues also end the process on an exception, and keep every trade id for good.
    """
    engine, bus = kernel.exec_engine, kernel.msgbus
    for endpoint, queued, direct in (
        ("ExecEngine.execute", engine.execute, ExecutionEngine.execute),
        ("ExecEngine.process", engine.process, ExecutionEngine.process),
    ):
        bus.deregister(endpoint, queued)
        bus.register(endpoint, partial(direct, engine))


def keep_no_accounts(kernel: NautilusKernel) -> None:
    """Take the node's portfolio and positions off the path of orders: our ledger keeps both.

    They cost more with every open order (margins), every closed position (pandas, pickles) and every fill of an open
    position. Accounts stay at their starting balances.
    """
    bus, portfolio, engine = kernel.msgbus, kernel.portfolio, kernel.exec_engine

    def ignore(*_: object) -> None:
        return None

    for endpoint, handler in (
        ("Portfolio.update_order", portfolio.update_order),
        ("Portfolio.update_position", portfolio.update_position),
    ):
        bus.deregister(endpoint, handler)
        bus.register(endpoint, ignore)
    bus.unsubscribe("events.order.*", portfolio.on_order_event)
    bus.unsubscribe("events.position.*", portfolio.on_position_event)
    bus.unsubscribe("data.quotes.*", portfolio.update_quote_tick)
    engine._handle_order_fill = ignore  # no setting says so; what follows a fill there concerns positions alone
    portfolio.analyzer.record_trade = ignore
