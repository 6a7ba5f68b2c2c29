"""Reading back what has left memory: closed orders, old trades, old tombstones."""

from __future__ import annotations

from operator import itemgetter
from typing import Final, Protocol

from ports.facts import OrderFact
from ports.instruments import InstrumentKey
from ports.records import record
from ports.values import AccountId, ClientOrderId, Money, OperationId, Price, Quantity, Side, StrategyId, TradeId

type TradeKey = tuple[AccountId, InstrumentKey, TradeId]


@record
class LoadOrders:
    """Read these back, and hand over the message that they were asked for again, with what was found.

    Of an order that an algorithm works or worked, and of a child of it, the whole family is wanted.
    """

    operation_ids: frozenset[OperationId] = frozenset()
    client_order_ids: frozenset[ClientOrderId] = frozenset()
    trades: frozenset[TradeKey] = frozenset()

    def __bool__(self) -> bool:
        """Say whether anything is wanted."""
        return bool(self.operation_ids or self.client_order_ids or self.trades)

    def __or__(self, other: LoadOrders) -> LoadOrders:
        """Return what either wants."""
        return LoadOrders(
            operation_ids=self.operation_ids | other.operation_ids,
            client_order_ids=self.client_order_ids | other.client_order_ids,
            trades=self.trades | other.trades,
        )

    def __sub__(self, other: LoadOrders) -> LoadOrders:
        """Return what this one wants and the other does not."""
        return LoadOrders(
            operation_ids=self.operation_ids - other.operation_ids,
            client_order_ids=self.client_order_ids - other.client_order_ids,
            trades=self.trades - other.trades,
        )


NOTHING: Final = LoadOrders()


@record
class CountedTrade:
    """A trade that was counted, whether it was of an order of ours or of nobody's."""

    account: AccountId
    instrument: InstrumentKey
    trade_id: TradeId
    strategy_id: StrategyId
    side: Side
    quantity: Quantity
    price: Price
    fee: Money
    revision: int = 1  # tables keep none

    @property
    def key(self) -> TradeKey:
        """What it is known by."""
        return self.account, self.instrument, self.trade_id


@record
class LoadedOrders:
    """What was found, and nothing where there is none: whole lives of orders, facts by their sequence, and trades."""

    facts: tuple[tuple[int, OrderFact], ...] = ()
    trades: tuple[CountedTrade, ...] = ()

    def __add__(self, other: LoadedOrders) -> LoadedOrders:
        """Return both, each fact once and in the journal's order."""
        facts = dict(self.facts) | dict(other.facts)
        return LoadedOrders(facts=tuple(sorted(facts.items(), key=itemgetter(0))), trades=self.trades + other.trades)


class OrderRecords(Protocol):
    """Every order that ever was, kept outside of memory."""

    async def load(self, wanted: LoadOrders, min_sequence: int) -> LoadedOrders:
        """Return what there is of `wanted`, as of `min_sequence` or later; what is not there is left out.

        Raises:
            NotYetVisibleError: the records did not reach `min_sequence` in time; nothing was learnt.
            JournalUnavailableError: the store did not answer; nothing was learnt.
            JournalCorruptError: what is there cannot be read.
        """
