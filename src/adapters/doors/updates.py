"""From facts to what a strategy wants to hear: which order changed, what it is now, and the trade if it is one.

Facts say what is after them, so nothing is decided here: what a fact does not carry (whose order it is, on which
side) is remembered from the fact that did, or read once.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, TypeGuard

from adapters.doors.cards import Card
from adapters.doors.render import Plain, trade_plain
from ports.facts import FACTS, Fact, OrderFact, OrderFilled, OrderRecorded, decode_fact, kind_of, status_after
from ports.journal import Entry
from ports.projections import Queries, TimelineEvent
from ports.values import OperationId, StrategyId

MAX_CARDS: Final = 20_000  # orders remembered; one that is asked for later is read again
_VERSIONS: Final = {kind.__name__: version for kind, version in FACTS.items()}
_ORDER_FACTS: Final[tuple[type, ...]] = OrderFact.__value__.__args__
type Lives = Mapping[OperationId, Sequence[TimelineEvent]]


@dataclass(frozen=True, slots=True)
class Update:
    """One change of one order. `result` is the order after it; its `fills` hold this change's trade alone."""

    sequence: int
    kind: str
    timestamp_ns: int
    operation_id: OperationId | None  # None: a trade that no order of ours explains
    strategy_id: StrategyId
    result: Plain
    fill: Plain | None


class Translator:
    """Turns journal entries, in their order, into updates; those that change no order's status give none."""

    def __init__(self, queries: Queries) -> None:
        self._queries = queries
        self._cards: OrderedDict[OperationId, Card] = OrderedDict()
        self._head = 0

    async def updates(self, entries: Sequence[Entry]) -> list[Update]:
        """Return what `entries`, without a hole between them, give.

        Raises:
            NotYetVisibleError: the read tables are too far behind to say whose orders they are.
        """
        if entries[0].seq != self._head + 1:
            self._cards.clear()  # what happened in the hole is not known
        lives = await self._lives(entries)
        found = [self._update(entry, lives) for entry in entries]
        self._head = entries[-1].seq
        while len(self._cards) > MAX_CARDS:
            self._cards.popitem(last=False)
        return [update for update in found if update is not None]

    async def _lives(self, entries: Sequence[Entry]) -> Lives:
        """Read the lives of all orders that are not known, at once: one by one, a watcher falls behind.

        An order that begins among the entries is known by the time its other facts are translated, and is not read.
        """
        facts = [entry.fact for entry in entries if _is_of_an_order(entry.fact)]
        begun = {fact.operation_id for fact in facts if isinstance(fact, OrderRecorded)}
        named = dict.fromkeys([fact.operation_id for fact in facts])
        unknown = [each for each in named if each is not None and each not in begun and each not in self._cards]
        return await self._queries.timelines(unknown, entries[-1].seq) if unknown else {}

    def _update(self, entry: Entry, lives: Lives) -> Update | None:
        fact = entry.fact
        if not _is_of_an_order(fact):
            return None
        operation_id = fact.operation_id
        if operation_id is None:
            return _stray_trade(entry, fact) if isinstance(fact, OrderFilled) else None
        card = self._cards.get(operation_id)
        if card is None:
            card = Card.of_new(fact) if isinstance(fact, OrderRecorded) else _lived(lives.get(operation_id, ()), entry)
            if card is None:
                return None  # a tombstone: there is no order
            self._cards[operation_id] = card
        else:
            card.apply(fact)
        if status_after(fact) is None:
            return None
        fill = trade_plain(fact) if isinstance(fact, OrderFilled) else None
        result = card.result(entry.seq, entry.ts_ns, [] if fill is None else [fill])
        return Update(entry.seq, kind_of(fact), entry.ts_ns, operation_id, card.strategy_id, result, fill)


def _lived(events: Sequence[TimelineEvent], entry: Entry) -> Card | None:
    """Return the order as of this entry, from its whole life."""
    life = [decode_fact(event.kind, _VERSIONS[event.kind], event.body) for event in events if event.seq <= entry.seq]
    return Card.of_life([past for past in life if _is_of_an_order(past)])


def _is_of_an_order(fact: Fact) -> TypeGuard[OrderFact]:
    return isinstance(fact, _ORDER_FACTS)


def _stray_trade(entry: Entry, fact: OrderFilled) -> Update:
    trade = trade_plain(fact)
    result: Plain = {
        "strategy_id": fact.strategy_id,
        "instrument_key": str(fact.instrument),
        "venue": fact.instrument.venue,
        "account": fact.account,
        "side": fact.side.value,
        "sequence": entry.seq,
        "updated_at_ns": entry.ts_ns,
        "fills": [trade],
    }
    return Update(entry.seq, kind_of(fact), entry.ts_ns, None, fact.strategy_id, result, trade)
