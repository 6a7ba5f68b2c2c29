"""Executions and their commissions, which TWS tells apart and late, joined into trades: each once.

An execution id ends in its revision (`….01`, `….02`): a correction has the next one. The trade is what stands before
it, so that a corrected trade is the same trade, told again with a higher revision; and so is one whose commission comes
after it was told without. Of each revision there, ours is the odd number without its own commission, the even one with.
"""

from __future__ import annotations

import logging
from collections import OrderedDict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC
from decimal import Decimal
from typing import Any, Final

from ib_async.contract import Contract
from ib_async.objects import CommissionReport, Execution

from livexec_ibkr.exact import stated
from ports.instruments import InstrumentKey
from ports.reports import FillReport
from ports.values import (
    ZERO,
    AccountId,
    ClientOrderId,
    Currency,
    Liquidity,
    Money,
    Price,
    Quantity,
    Side,
    TradeId,
    VenueOrderId,
    plain,
)

_log = logging.getLogger(__name__)
_REMEMBERED: Final = 100_000
_NANOS: Final = 1_000_000_000
_SIDES: Final = {"BOT": Side.BUY, "SLD": Side.SELL}
_LIQUIDITY: Final = {1: Liquidity.MAKER, 2: Liquidity.TAKER, 3: Liquidity.TAKER}


@dataclass(frozen=True, slots=True, kw_only=True)
class Executed:
    """One execution in our words, without its commission. `trade` and `revision` are the two parts of its id."""

    trade: str
    revision: str
    execution_id: str
    instrument: InstrumentKey
    client_order_id: ClientOrderId | None
    perm_id: int
    client_id: int
    side: Side
    quantity: Decimal
    price: Decimal
    currency: str
    total: Decimal  # of the order, after it
    liquidity: Liquidity | None
    time_ns: int

    @property
    def number(self) -> int:
        """Its revision as a number; 1 where its id states none."""
        return int(self.revision) if self.revision.isdecimal() else 1


def executed(contract: Contract, said: Execution, key: InstrumentKey, multiplier: Decimal) -> Executed:
    """Return an execution; a correction may leave nothing of it.

    Raises:
        ValueError: it has no exact quantity or price.
    """
    quantity, price, total = (stated(one) for one in (said.shares, said.price, said.cumQty))
    if quantity is None or price is None or total is None or said.side not in _SIDES or not said.execId:
        raise ValueError(f"execution {said.execId} cannot be read: {said}")
    trade, dot, revision = said.execId.rpartition(".")
    return Executed(
        trade=trade if dot else said.execId,
        revision=revision,
        execution_id=said.execId,
        instrument=key,
        client_order_id=ClientOrderId(said.orderRef) if said.orderRef else None,
        perm_id=said.permId,
        client_id=said.clientId,
        side=_SIDES[said.side],
        quantity=_plain(quantity * multiplier),
        price=_plain(price),
        currency=contract.currency,
        total=_plain(total * multiplier),
        liquidity=_LIQUIDITY.get(said.lastLiquidity),
        time_ns=int(said.time.astimezone(UTC).timestamp()) * _NANOS,
    )


def newest(executions: Iterable[Executed]) -> Sequence[Executed]:
    """Return each trade once, as its last revision says, oldest first."""
    trades: dict[str, Executed] = {}
    for one in executions:
        known = trades.get(one.trade)
        if known is None or one.number >= known.number:
            trades[one.trade] = one
    return sorted(trades.values(), key=lambda one: (one.time_ns, one.perm_id, one.total, one.trade))


class Executions:
    """What one connection was told. `tell` gets a trade when its commission has come, and again when it is corrected.

    `bare` are trades told without their own commission, by execution id; they outlive the connection.
    """

    def __init__(
        self, account: AccountId, tell: Callable[[FillReport], None], bare: OrderedDict[str, Executed]
    ) -> None:
        self._account = account
        self._tell = tell
        self._bare = bare
        self._fees: OrderedDict[str, Money] = OrderedDict()  # by execution id
        self._waiting: dict[str, Executed] = {}  # by trade
        self._told: OrderedDict[str, Executed] = OrderedDict()

    def knows(self, one: Executed) -> bool:
        """Whether a trade was told by the stream as it is now, or waits for its commission."""
        known = self._waiting.get(one.trade) or self._told.get(one.trade)
        return known is not None and known.number >= one.number

    def seen(self, one: Executed) -> None:
        """Take a trade that was asked for before the stream began: whoever asked has it."""
        self._keep_newest(one)

    def hear(self, one: Executed) -> bool:
        """Take an execution; True: it has to wait for its commission."""
        if self.knows(one):
            return False
        self._waiting[one.trade] = one
        return not self._try(one.trade)

    def commission(self, said: CommissionReport) -> None:
        """Take a commission, whether its execution has come yet or not, or was told without."""
        amount = stated(said.commission)
        if amount is None:
            return
        _keep(self._fees, said.execId, Money(_plain(amount), Currency(said.currency)))
        bare = self._bare.pop(said.execId, None)
        if bare is not None and bare.trade not in self._waiting:
            self._tell(self._report(bare))
        self._try(_trade_of(said.execId))

    def give_up(self, trade: str) -> None:
        """Tell a trade although its commission has not come: a position must not wait for a fee."""
        one = self._waiting.pop(trade, None)
        if one is not None:
            self._put(one)

    def trouble(self) -> str:
        """Say whose commission has not come; empty where all have."""
        names = list(self._bare)
        return f"the commission of {len(names)} trades has not come: {', '.join(names[:3])}" if names else ""

    def fill(self, one: Executed, *, bare: bool = False) -> FillReport | None:
        """Return a trade that was asked for, as the stream tells it; None while its commission is not known.

        With `bare` it is told without, and again when that comes.
        """
        if one.execution_id in self._fees or one.execution_id in self._bare:
            return self._report(one)
        if not bare:
            return None
        _keep(self._bare, one.execution_id, one)
        return self._report(one)

    def _try(self, trade: str) -> bool:
        one = self._waiting.get(trade)
        if one is None or one.execution_id not in self._fees:
            return one is None
        del self._waiting[trade]
        self._put(one)
        return True

    def _put(self, one: Executed) -> None:
        self._keep_newest(one)
        if one.execution_id not in self._fees:
            _keep(self._bare, one.execution_id, one)
        self._tell(self._report(one))

    def _keep_newest(self, one: Executed) -> None:
        known = self._told.get(one.trade)
        _keep(self._told, one.trade, one if known is None or one.number >= known.number else known)

    def _report(self, one: Executed) -> FillReport:
        own = self._fees.get(one.execution_id)
        return FillReport(
            account=self._account,
            instrument=one.instrument,
            client_order_id=one.client_order_id,
            venue_order_id=VenueOrderId(str(one.perm_id)) if one.perm_id else None,
            trade_id=TradeId(one.trade),
            side=one.side,
            quantity=Quantity(one.quantity),
            price=Price(one.price),
            fee=own or self._fee_of_before(one),
            liquidity=one.liquidity,
            venue_time_ns=one.time_ns,
            revision=2 * one.number - (own is None),
        )

    def _fee_of_before(self, one: Executed) -> Money:
        """Return the commission of the revision before: until its own comes, a corrected trade costs what it cost."""
        earlier = (f"{one.trade}.{number:02d}" for number in range(one.number - 1, 0, -1))
        known = next((self._fees[name] for name in earlier if name in self._fees), None)
        return known if known is not None and one.quantity else Money(ZERO, Currency(one.currency))


def _trade_of(execution_id: str) -> str:
    return execution_id.rpartition(".")[0] or execution_id


def _plain(value: Decimal) -> Decimal:
    return Decimal(plain(value))


def _keep(memory: OrderedDict[str, Any], key: str, value: Any) -> None:
    memory[key] = value
    memory.move_to_end(key)
    if len(memory) > _REMEMBERED:
        memory.popitem(last=False)
