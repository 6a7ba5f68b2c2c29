"""From facts to what a strategy wants to hear: which order changed, what it is now, and the trade if it is one.

Facts say what is after them, so nothing is decided here: what a fact does not carry (whose order it is, on which
side) is remembered from the fact that did, or read once.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from itertools import batched
from typing import Final, TypeGuard

from adapters.doors.cards import Card
from adapters.doors.render import Plain, trade_plain
from ports.facts import FACTS, Fact, OrderFact, OrderFilled, OrderRecorded, decode_fact, kind_of, status_after
from ports.journal import Entry
from ports.projections import Queries, TimelineEvent
from ports.values import OperationId, StrategyId

MAX_CARDS: Final = 20_000  # orders remembered; one that is asked for later is read again
ENTRIES_AT_ONCE: Final = 256  # looked at, and told, together
MAX_UPDATES: Final = 8_192  # updates remembered, so that watchers at the same place share one translation
_VERSIONS: Final = {kind.__name__: version for kind, version in FACTS.items()}
_ORDER_FACTS: Final[tuple[type, ...]] = OrderFact.__value__.__args__


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
        self._updates: OrderedDict[int, Update | None] = OrderedDict()
        self._ahead: dict[OperationId, tuple[int, Sequence[TimelineEvent]]] = {}  # and how far they were read
        self._turn = asyncio.Lock()
        self._head = 0

    def recall(self, sequence: int) -> tuple[bool, Update | None]:
        """Return whether that entry was translated lately, and what it gave."""
        if sequence in self._updates:
            return True, self._updates[sequence]
        return False, None

    async def read_ahead(self, entries: Sequence[Entry]) -> None:
        """Read the lives of all orders of `entries` that are not known, at once: one by one, a watcher falls behind.

        Raises:
            NotYetVisibleError: the read tables are too far behind to say whose orders they are.
        """
        news = [entry for entry in entries if entry.seq > self._head]
        known = self._cards if news and news[0].seq == self._head + 1 else {}
        named = [each.fact.operation_id for each in news if _is_of_an_order(each.fact) and not _is_new(each.fact)]
        unknown = [each for each in dict.fromkeys(named) if each is not None and each not in known]
        if not unknown:
            return
        if len(self._ahead) > MAX_CARDS:  # read for entries that another watcher was quicker with
            self._ahead.clear()
        reached = entries[-1].seq
        lives = await self._queries.timelines(unknown, reached)
        self._ahead |= {each: (reached, lives.get(each, ())) for each in unknown}

    async def translate(self, entry: Entry) -> tuple[bool, Update | None]:
        """Return what an entry gives; (False, None) where this translator is beyond that entry already.

        Raises:
            NotYetVisibleError: the read tables are too far behind to say whose order it is.
        """
        async with self._turn:  # two watchers at one place: the second finds the work done
            known, update = self.recall(entry.seq)
            if known or entry.seq <= self._head:
                return known, update
            if entry.seq != self._head + 1:
                self._cards.clear()  # what happened in the hole is not known
            update = await self._update(entry)
            self._head = entry.seq
            self._updates[entry.seq] = update
            if len(self._updates) > MAX_UPDATES:
                self._updates.popitem(last=False)
            return True, update

    async def _update(self, entry: Entry) -> Update | None:
        fact = entry.fact
        if not _is_of_an_order(fact):
            return None
        operation_id = fact.operation_id
        if operation_id is None:
            return _stray_trade(entry, fact) if isinstance(fact, OrderFilled) else None
        card = self._cards.get(operation_id)
        if card is None:
            card = await self._read(operation_id, fact, entry.seq)
            if card is None:
                return None  # a tombstone: there is no order
            self._remember(operation_id, card)
        else:
            card.apply(fact)
        if status_after(fact) is None:
            return None
        fill = trade_plain(fact) if isinstance(fact, OrderFilled) else None
        result = card.result(entry.seq, entry.ts_ns, [] if fill is None else [fill])
        return Update(entry.seq, kind_of(fact), entry.ts_ns, operation_id, card.strategy_id, result, fill)

    async def _read(self, operation_id: OperationId, fact: OrderFact, sequence: int) -> Card | None:
        """Return the order as of this fact, from its recording or from its whole life up to here."""
        if isinstance(fact, OrderRecorded):
            return Card.of_new(fact)
        reached, events = self._ahead.pop(operation_id, (0, ()))
        if reached < sequence:
            events = (await self._queries.timelines([operation_id], sequence)).get(operation_id, ())
        life = [decode_fact(event.kind, _VERSIONS[event.kind], event.body) for event in events if event.seq <= sequence]
        if not any(_is_new(past) for past in life):
            return None
        return Card.of_life([past for past in life if _is_of_an_order(past)])

    def _remember(self, operation_id: OperationId, card: Card) -> None:
        self._cards[operation_id] = card
        if len(self._cards) > MAX_CARDS:
            self._cards.popitem(last=False)


class Watch:
    """What all watchers of a door share: translations made once for everybody who is at the journal's end."""

    def __init__(self, queries: Queries) -> None:
        self._queries = queries
        self._shared = Translator(queries)

    async def updates(
        self, batches: AsyncIterator[Sequence[Entry]], strategy_id: str = "", operation_id: str = ""
    ) -> AsyncIterator[tuple[int, list[Update]]]:
        """Yield, batch by batch, the last sequence that is covered and what of it concerns the watcher (often nothing).

        An empty batch yields (0, []): nothing happened for a while. Empty filters do not filter.

        Raises:
            NotYetVisibleError: the read tables are too far behind to go on; ask again from the last sequence.
            JournalUnavailableError: as the feed.
        """
        mine: Translator | None = None  # made only for a watcher that is behind the others
        async for batch in batches:
            if not batch:
                yield 0, []
            for entries in batched(batch, ENTRIES_AT_ONCE):
                await self._shared.read_ahead(entries)
                found: list[Update] = []
                for entry in entries:
                    known, update = self._shared.recall(entry.seq)
                    if not known:
                        known, update = await self._shared.translate(entry)
                    if not known:
                        mine = mine or Translator(self._queries)
                        _, update = await mine.translate(entry)
                    if update is not None and _concerns(update, strategy_id, operation_id):
                        found.append(update)
                yield entries[-1].seq, found


def _concerns(update: Update, strategy_id: str, operation_id: str) -> bool:
    """Say whether a watcher of a strategy or of an order, its children with it, wants to hear an update."""
    if strategy_id and update.strategy_id != strategy_id:
        return False
    return not operation_id or operation_id in (update.operation_id, update.result.get("parent_operation_id"))


def _is_new(fact: Fact) -> bool:
    return isinstance(fact, OrderRecorded)


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
