"""Orders and trades that have left memory, found in the facts themselves."""

from collections.abc import Callable, Sequence

from ports.errors import JournalUnavailableError, NotYetVisibleError
from ports.facts import Fact, OrderFilled, OrderRecorded, OrderReleased
from ports.journal import Entry
from ports.recall import CountedTrade, LoadedOrders, LoadOrders
from ports.values import OperationId

from fakes.virtual_loop import pause

_LOOKS, _LOOK_S = 20, 0.01


class MemoryRecords:
    """Reads what `entries` returns, once that has come far enough; not while `away`, and later while `slow`."""

    def __init__(self, entries: Callable[[], Sequence[Entry]] = tuple) -> None:
        self._entries = entries
        self.away = self.slow = False
        self.loads: list[LoadOrders] = []

    async def load(self, wanted: LoadOrders, min_sequence: int) -> LoadedOrders:
        while self.slow:
            await pause(_LOOK_S)
        for _ in range(_LOOKS):
            if self.away:
                raise JournalUnavailableError("the records do not answer")
            seen = self._entries()
            if min_sequence <= (seen[-1].seq if seen else 0):
                self.loads.append(wanted)
                return found_in([entry.fact for entry in seen], wanted)
            await pause(_LOOK_S)
        raise NotYetVisibleError(f"{min_sequence} is not here yet")


def found_in(facts: list[Fact], wanted: LoadOrders) -> LoadedOrders:
    """Return what facts tell of what is wanted."""
    names = set(wanted.operation_ids)
    names |= {
        one.operation_id
        for one in facts
        if isinstance(one, OrderReleased) and one.client_order_id in wanted.client_order_ids
    }
    parents = {one.operation_id: one.terms.parent_operation_id for one in facts if isinstance(one, OrderRecorded)}
    roots = {parents.get(name) or name for name in names}
    family = names | roots | {name for name, parent in parents.items() if parent in roots}
    trades = [one for one in facts if isinstance(one, OrderFilled)]
    return LoadedOrders(
        facts=tuple([(seq, one) for seq, one in enumerate(facts, start=1) if _name_of(one) in family]),  # type: ignore[misc]  # what names an order is of its life
        trades=tuple([_counted(one) for one in trades if (one.account, one.instrument, one.trade_id) in wanted.trades]),
    )


def _name_of(fact: Fact) -> OperationId | None:
    return getattr(fact, "operation_id", None)


def _counted(fact: OrderFilled) -> CountedTrade:
    return CountedTrade(
        account=fact.account,
        instrument=fact.instrument,
        trade_id=fact.trade_id,
        strategy_id=fact.strategy_id,
        side=fact.side,
        quantity=fact.quantity,
        price=fact.price,
        fee=fact.fee,
    )
