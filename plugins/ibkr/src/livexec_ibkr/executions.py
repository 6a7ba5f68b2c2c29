"""Executions and their commissions, which TWS tells apart and late, joined into trades: each once.

An execution id ends in its revision (`….01`, `….02`): a correction has the next one. The trade is what stands before
it, so that a corrected trade is the same trade.
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

    def same_numbers(self, other: Executed) -> bool:
        """Whether two revisions say the same of quantity and price."""
        return (self.quantity, self.price) == (other.quantity, other.price)


def executed(contract: Contract, said: Execution, key: InstrumentKey, multiplier: Decimal) -> Executed:
    """Return an execution.

    Raises:
        ValueError: it has no exact quantity or price.
    """
    quantity, price, total = (stated(one) for one in (said.shares, said.price, said.cumQty))
    if not quantity or price is None or total is None or said.side not in _SIDES or not said.execId:
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
        if known is None or one.revision >= known.revision:
            trades[one.trade] = one
    return sorted(trades.values(), key=lambda one: (one.time_ns, one.perm_id, one.total, one.trade))


class Executions:
    """What one connection was told. `tell` gets each trade once, when its commission has come.

    `note` is told what nobody can book: a correction of a trade that was told, a commission that never came.
    """

    def __init__(self, account: AccountId, tell: Callable[[FillReport], None], note: Callable[[str], None]) -> None:
        self._account = account
        self._tell = tell
        self._note = note
        self._fees: OrderedDict[str, Money] = OrderedDict()  # by execution id
        self._waiting: dict[str, Executed] = {}  # by trade
        self._told: OrderedDict[str, Executed] = OrderedDict()
        self._late: dict[str, str] = {}  # execution ids whose trade was told without its commission

    def knows(self, trade: str) -> bool:
        """Whether a trade was told by the stream, or waits for its commission."""
        return trade in self._told or trade in self._waiting

    def seen(self, one: Executed) -> None:
        """Take a trade that was asked for before the stream began: whoever asked has it."""
        _keep(self._told, one.trade, one)

    def hear(self, one: Executed) -> bool:
        """Take an execution; True: it has to wait for its commission."""
        told = self._told.get(one.trade)
        if told is not None:
            if one.revision > told.revision and not one.same_numbers(told):
                self._note(_corrected(told, one))
            _keep(self._told, one.trade, max(told, one, key=lambda each: each.revision))
            return False
        known = self._waiting.get(one.trade)
        if known is None or one.revision >= known.revision:
            self._waiting[one.trade] = one
        return not self._try(one.trade)

    def commission(self, said: CommissionReport) -> None:
        """Take a commission, whether its execution has come yet or not."""
        amount = stated(said.commission)
        if amount is None:
            return
        fee = Money(_plain(amount), Currency(said.currency))
        _keep(self._fees, said.execId, fee)
        if self._late.pop(said.execId, None) is not None and fee.amount:
            self._note(
                f"the commission of trade {said.execId} came late and is not booked: {fee.amount} {fee.currency}"
            )
        self._try(said.execId.rpartition(".")[0] or said.execId)

    def give_up(self, trade: str) -> None:
        """Tell a trade although its commission has not come: a position must not wait for a fee."""
        one = self._waiting.pop(trade, None)
        if one is None:
            return
        self._late[one.execution_id] = trade
        self._note(f"the commission of trade {one.execution_id} has not come; it is booked without")
        self._put(one, Money(ZERO, Currency(one.currency)))

    def fill(self, one: Executed) -> FillReport | None:
        """Return a trade that was asked for, as the stream tells it; None while its commission is not known."""
        fee = self._fees.get(one.execution_id)
        if fee is None and one.execution_id in self._late:
            fee = Money(ZERO, Currency(one.currency))
        return None if fee is None else self._report(one, fee)

    def _try(self, trade: str) -> bool:
        one = self._waiting.get(trade)
        if one is None or one.execution_id not in self._fees:
            return one is None
        del self._waiting[trade]
        self._put(one, self._fees[one.execution_id])
        return True

    def _put(self, one: Executed, fee: Money) -> None:
        _keep(self._told, one.trade, one)
        self._tell(self._report(one, fee))

    def _report(self, one: Executed, fee: Money) -> FillReport:
        return FillReport(
            account=self._account,
            instrument=one.instrument,
            client_order_id=one.client_order_id,
            venue_order_id=VenueOrderId(str(one.perm_id)) if one.perm_id else None,
            trade_id=TradeId(one.trade),
            side=one.side,
            quantity=Quantity(one.quantity),
            price=Price(one.price),
            fee=fee,
            liquidity=one.liquidity,
            venue_time_ns=one.time_ns,
        )


def _corrected(told: Executed, one: Executed) -> str:
    return (
        f"trade {one.trade} was corrected by the venue: {plain(told.quantity)} at {plain(told.price)} is now "
        f"{plain(one.quantity)} at {plain(one.price)}; put it right by hand"
    )


def _plain(value: Decimal) -> Decimal:
    return Decimal(plain(value))


def _keep(memory: OrderedDict[str, Any], key: str, value: Any) -> None:
    memory[key] = value
    memory.move_to_end(key)
    if len(memory) > _REMEMBERED:
        memory.popitem(last=False)
