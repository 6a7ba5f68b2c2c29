"""One primary order under work: its terms, its planner, its children and when to ask again."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal

from nautilus_trader.model.data import QuoteTick
from nautilus_trader.model.identifiers import ClientOrderId, InstrumentId
from nautilus_trader.model.orders import Order

from adapters.nautilus.exec_words import market_of, status_of
from ports.algorithms import (
    Child,
    ChildOrder,
    Market,
    Notice,
    NoticeCode,
    ParentState,
    ParentTerms,
    Planner,
    Progress,
    Watch,
)


@dataclass(slots=True)
class _Spawned:
    asked: ChildOrder
    order: Order
    placed_ns: int
    cancel_asked_ns: int | None = None
    known: Child | None = None  # as it was when it was looked at last

    def look(self) -> Child:
        self.known = Child(
            order=self.asked,
            status=status_of(self.order),
            filled=self.order.filled_qty.as_decimal(),
            placed_ns=self.placed_ns,
            cancel_asked_ns=self.cancel_asked_ns,
        )
        return self.known


@dataclass(slots=True, kw_only=True)
class WorkedParent:
    """What is known of a primary. Its own quantity never changes; what happened is read from its children."""

    primary: Order
    terms: ParentTerms
    planner: Planner
    traded_before: Decimal  # what had traded publicly when it started
    state: ParentState = ParentState.WORKING
    wake_ns: int | None = None
    watch: Watch | None = None
    is_asking: bool = False
    has_news: bool = False
    said: frozenset[NoticeCode] = frozenset()
    _spawned: list[_Spawned] = field(default_factory=list)

    @property
    def id(self) -> ClientOrderId:
        return self.primary.client_order_id

    @property
    def instrument_id(self) -> InstrumentId:
        return self.primary.instrument_id

    def add(self, asked: ChildOrder, order: Order, now_ns: int) -> None:
        """Remember a child before it is submitted."""
        self._spawned.append(_Spawned(asked, order, now_ns))

    def heard_of(self, order: Order) -> None:
        """Look at a child again: something happened to it, perhaps after it had ended (a late fill)."""
        for each in reversed(self._spawned):
            if each.order is order:
                each.look()
                return

    def order_to_cancel(self, number: int, now_ns: int) -> Order:
        """Return the order of a child whose cancel is asked for now."""
        spawned = self._spawned[number - 1]
        spawned.cancel_asked_ns = now_ns
        return spawned.order

    def progress(self) -> Progress:
        """Return every child as Nautilus has it now; one that had ended is as it was, until `heard_of`."""
        children = tuple([
            each.look() if each.known is None or each.known.is_open else each.known for each in self._spawned
        ])  # fmt: skip
        return Progress(
            children=children, filled=sum((child.filled for child in children), Decimal(0)), state=self.state
        )

    def market(self, quote: QuoteTick | None, traded: Decimal | None) -> Market:
        """Return the market as of now, its volume since this parent's start."""
        return market_of(quote, None if traded is None else traded - self.traded_before)

    def news_of(self, notices: tuple[Notice, ...]) -> list[Notice]:
        """Return the notices that were not there at the last step."""
        fresh = [notice for notice in notices if notice.code not in self.said]
        self.said = frozenset(notice.code for notice in notices)
        return fresh

    def newest_closed(self, count: int) -> bool:
        """Say whether one of the newest children is closed already: it was denied or filled while it was submitted."""
        return any(each.order.is_closed for each in self._spawned[len(self._spawned) - count :])
